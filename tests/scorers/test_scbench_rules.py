"""The rules of SCBench, worked by hand from the published scorer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.scbench import SCBenchOptions, SCBenchScorer

OFFICIAL = SCBenchScorer(SCBenchOptions())
FIXED = SCBenchScorer(SCBenchOptions(variant="fixed"))
UUID = "73ab4876-7734-47c1-87fd-e805ec99108d"
TARGETS = {
    "scbench_kv": UUID,
    "scbench_kv_hard": UUID,
    "scbench_kv_compressible": UUID,
    "scbench_hashhop": UUID,
    "scbench_prefix_suffix": "r6hVVXk07",
    "scbench_vt": ["MHPCI", "LYKYD", "WNCUO"],
    "scbench_mf": 987,
    "scbench_choice_eng": ["Captain Nemo", "C"],
    "scbench_qa_eng": ["Brest"],
    "scbench_qa_chn": "灯塔里",
    "scbench_many_shot": "(B)",
    "scbench_summary": "This paper studies masks.",
    "scbench_passkey": "48213",
}
OPTIONS = ("Ahab", "Bligh", "Captain Nemo", "Drake")


@pytest.fixture
def value(grade):
    """Return a function that gives the one value of a reply to a turn of `subtask`."""

    def value(scorer, subtask, output, target=None):
        choices = OPTIONS if subtask == "scbench_choice_eng" else ()
        label = TARGETS[subtask] if target is None else target
        turn = grade(scorer, output, label, subtask=subtask, choices=choices)
        assert turn.status in ("ok", "unparsed", "empty")
        (only,) = turn.scores.values()
        return only

    return value


@pytest.mark.parametrize("scorer", [OFFICIAL, FIXED], ids=lambda scorer: scorer.label)
@pytest.mark.parametrize(
    ("subtask", "output", "target", "expected"),
    [
        ("scbench_kv", f'The value is "{UUID}".', UUID, 1),
        ("scbench_kv", UUID.upper(), UUID, 0),
        ("scbench_kv", UUID[:-1], UUID, 0),
        ("scbench_kv_hard", UUID, UUID, 1),
        ("scbench_hashhop", "x = abc = y", "abc", 1),
        ("scbench_kv_compressible", "abc", "abd", 0),
        ("scbench_prefix_suffix", "'R6HVVXK07'", "r6hVVXk07", 0),
        ("scbench_vt", "mhpci and LYKYD, WNCUO", ["MHPCI", "LYKYD", "WNCUO"], 1),
        ("scbench_vt", "none of them", ["MHPCI", "LYKYD"], 0),
        ("scbench_mf", "987.", 987, 1),
        ("scbench_mf", "987.9", 987, 1),
        ("scbench_mf", "The largest is 987, not 988", 987, 1),
        ("scbench_mf", "Of 3 numbers it is 987", 987, 0),
        ("scbench_mf", "544.5", 544.5, 1),
        ("scbench_mf", "544", 544.5, 0),
        ("scbench_mf", "987", [987, 1], 1),
        ("scbench_mf", "9" * 400, 987, 0),
        ("scbench_choice_eng", "C", ["Captain Nemo", "C"], 1),
        ("scbench_choice_eng", " C. Captain Nemo", ["Captain Nemo", "C"], 1),
        ("scbench_choice_eng", "I say answer: C", ["Captain Nemo", "C"], 1),
        ("scbench_choice_eng", "The answer is Captain Nemo.", ["Captain Nemo", "C"], 1),
        ("scbench_choice_eng", "The answer is B", ["Captain Nemo", "C"], 0),
        ("scbench_choice_eng", "The option is C", ["Captain Nemo", "C"], 1),
        ("scbench_choice_eng", "I would go for C!", ["Captain Nemo", "C"], 1),
        ("scbench_choice_eng", "I do not know", ["Captain Nemo", "C"], 0),
        ("scbench_qa_eng", "he sailed to BREST", ["Brest"], 1),
        ("scbench_qa_eng", "to Paris", ["Brest"], 0),
        ("scbench_qa_eng", "to Paris", ["Brest", "Paris"], 1),
        ("scbench_summary", "This paper studies masks.", "This paper studies masks.", 1),
        ("scbench_summary", "plain words", "This paper studies masks.", 0),
        # 3 words in common of 4 and 3: precision 3/4, recall 1.
        ("scbench_summary", "paper of studies masks", "Paper studies masks", 6 / 7),
        ("scbench_passkey", "The pass key is 48213. Remember it.", "48213", 1),
        ("scbench_passkey", "key 1: 48213", "48213", 0),
        ("scbench_passkey", "048213", "48213", 0),
        ("scbench_passkey", "none", "48213", 0),
    ],
)
def test_rules_that_both_variants_share(value, scorer, subtask, output, target, expected):
    assert value(scorer, subtask, output, target) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("subtask", "output", "target", "official", "fixed"),
    [
        # A third of the variables is rounded to 0.33, two thirds to 0.67.
        ("scbench_vt", "MHPCI", ["MHPCI", "LYKYD", "WNCUO"], 0.33, 1 / 3),
        ("scbench_vt", "MHPCI LYKYD", ["MHPCI", "LYKYD", "WNCUO"], 0.67, 2 / 3),
        # Signs and thousands separators are not seen.
        ("scbench_mf", "-987", 987, 1, 0),
        ("scbench_mf", "-987", -987, 0, 1),
        ("scbench_mf", "1,024", 1024, 0, 1),
        ("scbench_mf", "1,024", 1, 1, 0),
        # The first character is taken for the chosen letter, whatever it begins.
        ("scbench_choice_eng", "Answer: C", ["Captain Nemo", "C"], 0, 1),
        ("scbench_choice_eng", "Answer: C", ["Ahab", "A"], 1, 0),
        ("scbench_choice_eng", "Captain Nemo", ["Captain Nemo", "C"], 1, 1),
        ("scbench_choice_eng", "Drake", ["Captain Nemo", "C"], 0, 0),
        ("scbench_choice_eng", "Bligh, surely Bligh", ["Captain Nemo", "C"], 0, 0),
        # The first prefix of the list is tried, and no other.
        ("scbench_choice_eng", "My answer is: unsure; answer: C", ["Captain Nemo", "C"], 0, 1),
        ("scbench_choice_eng", "the answer is", ["Captain Nemo", "C"], 0, 0),
        ("scbench_choice_eng", "the answer is:C", ["Captain Nemo", "C"], 0, 1),
        ("scbench_choice_eng", "My Answer is (C)", ["Captain Nemo", "C"], 0, 1),
        # "AB" is a part of "ABCD", and stops the search.
        ("scbench_choice_eng", "Not AB but C", ["Captain Nemo", "C"], 0, 1),
        # A bare string is a list of its characters.
        ("scbench_many_shot", "(A)", "(B)", 1, 0),
        ("scbench_many_shot", "The answer is (b).", "(B)", 1, 1),
        ("scbench_many_shot", "none", "(B)", 0, 0),
        ("scbench_qa_chn", "灯塔里", "灯塔里", 0.5, 1),
        ("scbench_qa_chn", "灯塔", "灯塔里", 2 / 3, 0.8),
        ("scbench_qa_chn", "“灯 塔 里”。", "灯塔里", 0.5, 1),
        ("scbench_qa_chn", "XY", "xy", 2 / 3, 1),
        ("scbench_qa_chn", "上海", "灯塔里", 0, 0),
        # The opening bracket of book titles is not deleted, the closing one is.
        ("scbench_qa_chn", "《灯》", "灯", 2 / 3, 1),
    ],
)
def test_what_the_fixed_variant_mends(value, subtask, output, target, official, fixed):
    assert value(OFFICIAL, subtask, output, target) == pytest.approx(official)
    assert value(FIXED, subtask, output, target) == pytest.approx(fixed)


def test_official_recall_is_rounded_exactly(value):
    assert value(OFFICIAL, "scbench_vt", "MHPCI") == 0.33


def test_newlines_separate_the_sentences_of_a_summary(value):
    # As one sequence only half of it would be in order.
    assert value(OFFICIAL, "scbench_summary", "c d\na b", "a b\nc d") == pytest.approx(1)


def test_summaries_are_not_stemmed(value):
    assert value(OFFICIAL, "scbench_summary", "masks", "mask") == 0


@pytest.mark.parametrize("scorer", [OFFICIAL, FIXED], ids=lambda scorer: scorer.label)
@pytest.mark.parametrize("subtask", sorted(TARGETS))
def test_a_blank_reply_counts_zero_in_the_metric_of_its_subtask(grade, scorer, subtask):
    metric = {
        "scbench_vt": "recall",
        "scbench_qa_chn": "char_f1",
        "scbench_summary": "rouge_lsum",
    }.get(subtask, "accuracy")
    turn = grade(scorer, " ", TARGETS[subtask], subtask=subtask)
    assert (turn.status, turn.scores) == ("empty", {metric: 0})


@pytest.mark.parametrize("scorer", [OFFICIAL, FIXED], ids=lambda scorer: scorer.label)
@pytest.mark.parametrize(
    ("subtask", "output"),
    [
        ("scbench_mf", "I cannot tell"),
        ("scbench_passkey", "I cannot tell"),
        ("scbench_choice_eng", "no idea"),
    ],
)
def test_a_reply_without_number_or_letter_is_unparsed(grade, scorer, subtask, output):
    turn = grade(scorer, output, TARGETS[subtask], subtask=subtask, choices=OPTIONS)
    assert (turn.status, turn.scores, turn.answer) == ("unparsed", {"accuracy": 0}, None)


@pytest.mark.parametrize(
    ("subtask", "output", "answer"),
    [
        ("scbench_mf", "It is 987.9!", "987.9"),
        ("scbench_passkey", "key: 48213 48214", "48213"),
        ("scbench_vt", "lykyd", ["LYKYD"]),
        ("scbench_choice_eng", "Answer: C", "A"),
        ("scbench_qa_chn", "灯 塔。", "灯塔"),
    ],
)
def test_the_answer_is_what_was_graded(grade, subtask, output, answer):
    assert grade(OFFICIAL, output, TARGETS[subtask], subtask=subtask).answer == answer


def test_without_option_texts_the_fixed_choice_knows_the_right_one(grade):
    for reply in ("Captain Nemo", "Answer: C"):
        turn = grade(FIXED, reply, ["Captain Nemo", "C"], subtask="scbench_choice_eng")
        assert turn.scores == {"accuracy": 1}


@pytest.mark.parametrize(
    ("subtask", "target"), [("scbench_mf", "987"), ("scbench_choice_eng", "Captain Nemo")]
)
@pytest.mark.parametrize("scorer", [OFFICIAL, FIXED], ids=lambda scorer: scorer.label)
def test_a_label_of_the_wrong_shape_is_a_scorer_error(grade, scorer, subtask, target):
    turn = grade(scorer, "987", target, subtask=subtask)
    assert (turn.status, turn.scores) == ("scorer_error", {"accuracy": None})
    assert "should be" in (turn.explanation or "")


def test_the_task_of_the_sample_stands_in_for_a_subtask(grade_sample):
    sample = Sample(id="s", task="scbench_kv", turns=(Turn(query="?", target="v"),))
    assert grade_sample(OFFICIAL, sample, ["v"]).scores == {"accuracy": 1}


def test_a_task_of_another_benchmark_is_refused_before_the_run():
    sample = Sample(id="s", task="scbench_kw", turns=(Turn(query="?", target="v"),))
    with pytest.raises(ConfigError, match=r"no rule for 'scbench_kw': did you mean 'scbench_kv'"):
        OFFICIAL.prepared([sample])


@pytest.mark.parametrize("scorer", [OFFICIAL, FIXED], ids=lambda scorer: scorer.label)
@pytest.mark.parametrize("subtask", sorted(TARGETS))
@given(output=st.text() | st.text(alphabet="ABCDabcd answeris:().,0123456789灯塔\n"))
def test_any_reply_gets_a_value_between_0_and_1(grade, scorer, subtask, output):
    turn = grade(scorer, output, TARGETS[subtask], subtask=subtask, choices=OPTIONS)
    assert turn.status in ("ok", "unparsed", "empty")
    assert all(0 <= value <= 1 for value in turn.scores.values())


@pytest.mark.parametrize("subtask", sorted(TARGETS))
def test_the_golden_answer_is_right_in_the_fixed_variant(value, subtask):
    label = TARGETS[subtask]
    golden = label[0] if subtask in ("scbench_choice_eng", "scbench_qa_eng") else str(label)
    assert value(FIXED, subtask, golden) == pytest.approx(1)
