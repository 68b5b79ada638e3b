"""The rules of LongBench, worked by hand from the published scorer."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError, MissingExtraError
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.longbench import LongBenchOptions, LongBenchScorer
from evalrun.scorers.longbench.edits import code_line, percent, similarity_of
from evalrun.scorers.longbench.overlap import rouge

pytest.importorskip("rouge")
pytest.importorskip("rapidfuzz")

OFFICIAL = LongBenchScorer(LongBenchOptions())
FIXED = LongBenchScorer(LongBenchOptions(variant="fixed"))
LEVENSHTEIN = LongBenchScorer(LongBenchOptions(edit_ratio="levenshtein"))
SCORERS = [OFFICIAL, FIXED, LEVENSHTEIN]
QUESTIONS = ["narrativeqa", "qasper", "multifieldqa_en", "hotpotqa", "2wikimqa", "musique"]
SUMMARIES = ["gov_report", "qmsum", "multi_news"]
CODE = ["lcc", "repobench-p"]
METRICS = {
    **dict.fromkeys([*QUESTIONS, "triviaqa"], "f1"),
    **dict.fromkeys([*SUMMARIES, "samsum"], "rouge_l"),
    **dict.fromkeys(["trec", "passage_count", "passage_retrieval_en"], "accuracy"),
    **dict.fromkeys(CODE, "edit_similarity"),
}
GOLDEN = {
    **dict.fromkeys([*QUESTIONS, "triviaqa"], "the old mill"),
    **dict.fromkeys([*SUMMARIES, "samsum"], "The mill was sold. It is a school now."),
    **dict.fromkeys(CODE, "    return price + tax(price)"),
    "trec": "Other number",
    "passage_count": "7",
    "passage_retrieval_en": "Paragraph 7",
}
CLASSES = ["Date", "Number", "Other number", "number"]


@pytest.fixture(scope="session")
def graded(grade):
    """Return a function that grades one reply to a turn of a dataset."""

    def graded(scorer, task, output, target=None, classes=CLASSES):
        answers = GOLDEN[task] if target is None else target
        metadata = {"all_classes": classes} if task == "trec" else {}
        return grade(scorer, output, answers, subtask=task, metadata=metadata)

    return graded


@pytest.fixture
def value(graded):
    """Return a function that gives the one value of a reply."""

    def value(*arguments, **more):
        turn = graded(*arguments, **more)
        assert turn.status in ("ok", "unparsed", "empty")
        (only,) = turn.scores.values()
        return only

    return value


@pytest.mark.parametrize("task", [*QUESTIONS, "triviaqa"])
@pytest.mark.parametrize(
    ("output", "answers", "expected"),
    [
        ("Oak!", ["oak"], 1),
        ("The  oak", ["an oak"], 1),
        # 1 word in common of 4 and 1: precision 1/4, recall 1.
        ("made of old oak", ["oak"], 2 / 5),
        ("oak oak oak", ["oak"], 1 / 2),
        ("oak", ["elm", "oak tree"], 2 / 3),
        ("elm", ["oak"], 0),
        # Both sides normalise to nothing, and nothing is shared.
        ("the", ["a"], 0),
        ("...", ["oak"], 0),
    ],
)
def test_questions_get_the_word_overlap_with_the_nearest_answer(
    value, task, output, answers, expected
):
    assert value(OFFICIAL, task, output, answers) == pytest.approx(expected)


@pytest.mark.parametrize("task", [*SUMMARIES, "samsum"])
@pytest.mark.parametrize(
    ("output", "answers", "expected"),
    [
        ("The mill was sold", ["The mill was sold"], 1),
        # "mill sold" of 3 and 4 words: precision 2/3, recall 1/2.
        ("mill got sold", ["The mill was sold"], 4 / 7),
        ("mill sold", ["nothing here", "mill sold"], 1),
        # Sentences are compared one by one, in any order.
        ("It is a school. The mill burned", ["The mill burned. It is a school"], 1),
        # Without full stops it is one sentence: 4 of 7 words are in order.
        ("It is a school The mill burned", ["The mill burned It is a school"], 4 / 7),
        # A word that comes twice counts once on either side.
        ("mill mill mill", ["mill"], 1),
        # Case and punctuation count.
        ("the Mill", ["The mill"], 0),
        ("sold,", ["sold"], 0),
        # The package fails on a text without words.
        ("...", ["The mill"], 0),
        ("The mill", ["."], 0),
    ],
)
def test_summaries_get_rouge_l_by_sentences(value, task, output, answers, expected):
    # The package adds 1e-8 to a denominator, so that a perfect score is not quite 1.
    assert value(OFFICIAL, task, output, answers) == pytest.approx(expected, abs=1e-7)


def test_a_sentence_too_long_for_the_package_counts_zero(value):
    words = " ".join(f"w{number}" for number in range(1200))
    assert value(OFFICIAL, "gov_report", words, [words]) == 0


@pytest.mark.parametrize(
    ("output", "answer", "official", "fixed"),
    [
        ("Date", "Date", 1, 1),
        ("Type: Date.", "Date", 1, 1),
        ("date", "Date", 0, 0),
        ("It is a Place", "Date", 0, 0),
        # Two classes are named.
        ("Date or Number", "Date", 1 / 2, 1 / 2),
        ("Date or Number", "Other number", 0, 0),
        # "number" is a part of the answer, and is dropped.
        ("Other number", "Other number", 1, 1),
        ("Date, Other number", "Other number", 1 / 2, 1 / 2),
        # The answer is a part of another class that is named.
        ("Other number", "number", 1 / 2, 1 / 2),
    ],
)
def test_trec_shares_the_point_among_the_classes_left(value, output, answer, official, fixed):
    assert value(OFFICIAL, "trec", output, [answer]) == pytest.approx(official)
    assert value(FIXED, "trec", output, [answer]) == pytest.approx(fixed)


@pytest.mark.parametrize(
    ("classes", "official"),
    [
        # Behind "number", which is dropped, "num" is skipped and stays: 1 of 2.
        (["number", "num", "Other number"], 1 / 2),
        # Behind "number" the answer itself is skipped, and stays as it should.
        (["number", "Other number", "num"], 1),
        # Of four parts in a row every second one stays: 1 of 3.
        (["number", "num", "Other", "er", "Other number"], 1 / 3),
    ],
)
def test_the_official_loop_skips_the_class_behind_one_it_removes(value, classes, official):
    reply = ("trec", "Other number", ["Other number"], classes)
    assert value(OFFICIAL, *reply) == pytest.approx(official)
    assert value(FIXED, *reply) == 1


@pytest.mark.parametrize(
    ("task", "answers"), [("passage_count", ["7"]), ("passage_retrieval_en", ["Paragraph 7"])]
)
@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("7", 1),
        ("Paragraph 7", 1),
        ("7 or 8", 1 / 2),
        ("Of 30 paragraphs it is 7, yes: 7.", 2 / 3),
        ("8", 0),
        # Numbers are compared as strings, and a decimal point parts two of them.
        ("07", 0),
        ("7.0", 1 / 2),
        ("77", 0),
    ],
)
def test_the_share_of_right_numbers_counts(value, task, answers, output, expected):
    assert value(OFFICIAL, task, output, answers) == pytest.approx(expected)


def test_the_best_of_several_answers_counts(value):
    assert value(OFFICIAL, "passage_count", "7 8 8", ["7", "8"]) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("    return a\n    return b", "    return a"),
        ("\n\n    return a", "    return a"),
        ("```python\nreturn a\n```", "return a"),
        ("# adds\nreturn a", "return a"),
        ("// adds\nreturn a", "return a"),
        ("return a // 2\nreturn b", "return b"),
        ("\n   \nreturn a", "   "),
        ("# nothing\n`else`", ""),
    ],
)
def test_the_first_line_without_signs_of_comments_is_compared(output, line):
    assert code_line(output) == line


@pytest.mark.parametrize("task", CODE)
@pytest.mark.parametrize(
    ("output", "answers", "difflib", "levenshtein"),
    [
        ("return a", ["return a"], 1, 1),
        # 6 of 8 and 8 characters in common: 2 * 6 / 16.
        ("return a", ["retxxn a"], 0.75, 0.75),
        ("return a", ["other", "return a"], 1, 1),
        ("# comment only", ["return a"], 0, 0),
        # 2 * 2 / 5 = 0.8, in percent; 2 * 1 / 3 is rounded to 0.67.
        ("ab", ["abc"], 0.8, 0.8),
        ("a", ["ab"], 0.67, 0.67),
        # difflib takes the longest block, "abc", which leaves nothing to its left: 2 * 3 / 17. The
        # longest common subsequence is "wxyz": 2 * 4 / 17.
        ("wxyzabc", ["abcw1x2y3z"], 0.35, 0.47),
    ],
)
def test_code_gets_the_similarity_of_lines_in_whole_percent(
    value, task, output, answers, difflib, levenshtein
):
    assert value(OFFICIAL, task, output, answers) == pytest.approx(difflib)
    assert value(LEVENSHTEIN, task, output, answers) == pytest.approx(levenshtein)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_similarity_is_a_percentage_and_symmetric_for_levenshtein(line: str, answer: str):
    for ratio in ("difflib", "levenshtein"):
        value = percent(line, answer, similarity_of(ratio))
        assert isinstance(value, int)
        assert 0 <= value <= 100
        assert percent(line, line, similarity_of(ratio)) == 100
    assert percent(line, answer, similarity_of("levenshtein")) == percent(
        answer, line, similarity_of("levenshtein")
    )


@pytest.mark.parametrize("task", ["trec", "triviaqa", "samsum"])
def test_the_first_line_counts_in_few_shot_datasets(value, task):
    right = GOLDEN[task]
    follow_up = f"{right}\nDate and Number and other words."
    assert value(OFFICIAL, task, f"\n\n{follow_up}") == pytest.approx(1, abs=1e-7)
    assert value(OFFICIAL, task, f"Nothing.\n{right}") == 0


@pytest.mark.parametrize("task", ["qasper", "gov_report"])
def test_all_lines_count_in_the_others(value, task):
    assert value(OFFICIAL, task, f"Nothing.\n{GOLDEN[task]}") > 0


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.label)
@pytest.mark.parametrize("task", METRICS)
def test_an_answer_itself_is_a_perfect_reply(graded, scorer, task):
    turn = graded(scorer, task, GOLDEN[task])
    assert turn.status == "ok"
    assert turn.scores == {METRICS[task]: pytest.approx(1, abs=1e-7)}


@pytest.mark.parametrize("task", METRICS)
@pytest.mark.parametrize("output", ["", " \n"])
def test_a_blank_reply_counts_zero_in_the_metric_of_its_dataset(graded, task, output):
    turn = graded(OFFICIAL, task, output)
    assert (turn.status, turn.scores) == ("empty", {METRICS[task]: 0})


@pytest.mark.parametrize("task", ["trec", "passage_count", "passage_retrieval_en"])
def test_a_reply_without_class_or_number_is_unparsed(graded, task):
    turn = graded(OFFICIAL, task, "I cannot tell")
    assert (turn.status, turn.scores) == ("unparsed", {"accuracy": 0})


@pytest.mark.parametrize(
    ("task", "output", "answer"),
    [
        ("qasper", "The Mill!", "mill"),
        ("trec", "Date or Number\nPlace", ["Date", "Number"]),
        ("passage_count", "7 of 9", ["7", "9"]),
        ("lcc", "# x\n  return a\nb", "  return a"),
        ("samsum", "\nIt was sold.\nMore", "It was sold."),
    ],
)
def test_the_answer_is_what_was_graded(graded, task, output, answer):
    assert graded(OFFICIAL, task, output).answer == answer


@pytest.mark.parametrize(
    ("task", "target", "classes", "reason"),
    [
        ("passage_retrieval_en", ["7"], None, "should say 'Paragraph N'"),
        ("trec", ["Date"], None, "names of its classes"),
        ("trec", ["Date"], [], "names of its classes"),
        ("qasper", {"text": "x"}, None, "a target should be a text"),
    ],
)
def test_a_row_that_the_rule_cannot_use_is_a_scorer_error(graded, task, target, classes, reason):
    turn = graded(OFFICIAL, task, "7", target, classes)
    assert (turn.status, turn.scores) == ("scorer_error", {METRICS[task]: None})
    assert reason in (turn.explanation or "")


def test_a_task_of_another_benchmark_is_refused_before_the_run():
    sample = Sample(id="s", task="hotpot_qa", turns=(Turn(query="?", target="v"),))
    with pytest.raises(ConfigError, match=r"no rule for 'hotpot_qa': did you mean 'hotpotqa'"):
        OFFICIAL.prepared([sample])


@pytest.mark.parametrize(
    ("task", "package", "load"),
    [("gov_report", "rouge", rouge), ("lcc", "rapidfuzz.distance", similarity_of)],
)
def test_a_missing_package_is_said_before_the_run(monkeypatch, task, package, load):
    sample = Sample(id="s", task=task, turns=(Turn(query="?", target="v"),))
    load.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'evalrun\[longbench\]'"):
        LEVENSHTEIN.prepared([sample])


def test_every_dataset_has_a_rule():
    samples = [Sample(id=task, task=task, turns=(Turn(query="?"),)) for task in METRICS]
    assert OFFICIAL.prepared(samples) is OFFICIAL


def test_labels_tell_the_variant_and_an_unusual_ratio():
    assert [scorer.label for scorer in SCORERS] == [
        "longbench[variant=official]",
        "longbench[variant=fixed]",
        "longbench[variant=official,edit_ratio=levenshtein]",
    ]


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.label)
@pytest.mark.parametrize("task", METRICS)
@settings(deadline=None)
@given(output=st.text() | st.text(alphabet="Date Othrnumb7.`#/\n"))
def test_any_reply_gets_a_value_between_0_and_1(graded, scorer, task, output):
    turn = graded(scorer, task, output)
    assert turn.status in ("ok", "unparsed", "empty")
    assert all(0 <= value <= 1 for value in turn.scores.values())
