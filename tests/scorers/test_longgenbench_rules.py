"""The rules of LongGenBench, worked by hand from the published scripts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.longgenbench import LongGenBenchOptions, LongGenBenchScorer
from evalrun.scorers.longgenbench.pieces import labelled_pieces, official_pieces

OFFICIAL = LongGenBenchScorer(LongGenBenchOptions())
STRICT = LongGenBenchScorer(LongGenBenchOptions(variant="strict"))
FIRST = {"gsm8k": 9, "mmlu": 6, "csqa": 8}


@pytest.fixture
def verdicts(grade_sample):
    """Return a function that gives the score of one reply to a query with these golden answers."""

    def verdicts(scorer, task, output, golden, stop=None):
        turn = Turn(
            query="?",
            target=golden,
            answers=len(golden),
            metadata={"first_label": FIRST[task]},
        )
        sample = Sample(id="s", task=task, turns=(turn,))
        return grade_sample(scorer, sample, [output], [stop] if stop else [])

    return verdicts


@pytest.fixture
def values(verdicts):
    """Return a function that gives the value of each answer in a reply."""

    def values(scorer, task, output, golden):
        score = verdicts(scorer, task, output, golden)
        assert [turn.turn for turn in score.turns] == list(range(len(golden)))
        return [turn.scores["accuracy"] for turn in score.turns]

    return values


def reply(first: int, *answers: str) -> str:
    return "\n\n".join(f"Answer_{first + i}:\n{answer}" for i, answer in enumerate(answers))


# Where the answers stand


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("no label at all", []),
        ("Answer_9:\n18", ["18"]),
        ("Answer_9:\na\nb\n\nAnswer_10:\nc", ["a\nb", "c"]),
        # The split puts a newline where "Answer_" stood: a label on the next line ends an answer.
        ("Answer_9:\na\nAnswer_10:\nb", ["a", "b"]),
        # A label within a line does not.
        ("Answer_9:\na Answer_10:\nb", ["a \n10:\nb"]),
        # A blank line ends an answer, and what follows it is lost.
        ("Answer_9:\na\n\nThe answer is 18.\n\nAnswer_10:\nb", ["a", "b"]),
        # A blank line behind the label is skipped. Two are an empty answer, and another one begins
        # at the same place.
        ("Answer_9:\n\na", ["a"]),
        ("Answer_9:\n\n\na", ["", "a"]),
        ("Answer_9:\n\n\nAnswer_10:\nb", ["", "", "b"]),
        # Any line that ends in a colon begins an answer.
        ("Here they are:\n\nAnswer_9:\na\n\nAnswer_10:\nb", ["", "9:\na", "b"]),
        ("Here they are:\n\n\nAnswer_9:\na", ["", "", "a"]),
        ("Here they are:\nAnswer_9:\na", ["9:\na"]),
        ("Sure:\nof course\n\nAnswer_9:\na", ["of course", "a"]),
        ("Answer_9:\nSteps:\n1 + 1\n\nAnswer_10:\nb", ["Steps:\n1 + 1", "b"]),
        # Not on the line of the label, nor behind a bold one.
        ("Answer_9: 18\n\nAnswer_10: 3", []),
        ("**Answer_9:**\n18", []),
        ("**Answer_9**:\n18", ["18"]),
        ("Answer_9:\r\n18", []),
        ("Answer 9:\n18", ["18"]),
        ("Answer_9: \n18", []),
        ("Answer_9:\n", [""]),
        ("Answer_9:", []),
    ],
)
def test_official_pieces(text, pieces):
    assert official_pieces(text) == pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", {}),
        ("18", {}),
        ("Answer_9:\n18", {9: "18"}),
        ("Answer_9: 18\nAnswer_10: 3", {9: "18", 10: "3"}),
        ("Answer_10:\n3\n\nAnswer_9:\n18", {10: "3", 9: "18"}),
        (
            "Answer_9:\na\n\nThe answer is 18.\n\nAnswer_10:\nb",
            {9: "a\n\nThe answer is 18.", 10: "b"},
        ),
        ("Here they are:\n\nAnswer_9:\na", {9: "a"}),
        ("**Answer_9:**\n18\n### Answer_10\n3", {9: "18", 10: "3"}),
        ("> `Answer_9`: 18", {9: "18"}),
        ("Answer_9:\r\n18\r\n", {9: "18"}),
        # The first of two answers to the same question counts.
        ("Answer_9:\n1\n\nAnswer_9:\n2", {9: "1"}),
        # A label is a label at the begin of a line alone.
        ("As Answer_9: shows", {}),
        ("Answer_9a: 1", {}),
        ("Answer 9:\n18", {}),
        ("Answer_:\n18", {}),
        ("Answer_" + "9" * 5000 + ":\n18", {}),
        ("Answer_9:", {9: ""}),
    ],
)
def test_labelled_pieces(text, pieces):
    assert labelled_pieces(text) == pieces


# GSM8K

SOLVED = reply(9, "6 * 3 = 18.\nThe answer is 18.", "4 + 5 = 9.\nThe answer is 9.")


@pytest.mark.parametrize("scorer", [OFFICIAL, STRICT], ids=lambda scorer: scorer.label)
@pytest.mark.parametrize(
    ("output", "golden", "expected"),
    [
        (SOLVED, ["18", "9"], [1, 1]),
        (SOLVED, ["9", "18"], [0, 0]),
        (SOLVED, ["18", "8"], [1, 0]),
        # The last number counts, whatever stands before it.
        (reply(9, "The answer is 18, not 17."), ["18"], [0]),
        (reply(9, "The answer is $1,200."), ["1200"], [1]),
        # Numbers are compared as strings, and signs are not seen.
        (reply(9, "The answer is 18.0"), ["18"], [0]),
        (reply(9, "The answer is 18.00."), ["18"], [0]),
        (reply(9, "The answer is -18."), ["18"], [1]),
        (reply(9, "The answer is .5"), ["0.5"], [0]),
        (reply(9, "The answer is 3.5"), ["3.5"], [1]),
        # More answers than questions: the others are not read.
        (SOLVED, ["18"], [1]),
    ],
)
def test_rules_of_gsm8k_that_both_variants_share(values, scorer, output, golden, expected):
    assert values(scorer, "gsm8k", output, golden) == expected


@pytest.mark.parametrize(
    ("output", "golden", "official", "strict"),
    [
        # A question without an answer leaves the official denominator.
        (reply(9, "18"), ["18", "9"], [1, None], [1, 0]),
        ("I cannot do that.", ["18", "9"], [None, None], [0, 0]),
        # A piece without number gives the 0-based number of its question, which may be right.
        (reply(9, "I do not know.", "Nor this."), ["0", "9"], [1, 0], [0, 0]),
        (reply(9, "18", "none", "none"), ["18", "1", "2"], [1, 1, 1], [1, 0, 0]),
        # An empty one counts twice.
        (reply(9, "", "9"), ["0", "9"], [1, 0], [0, 1]),
        # Position against label.
        (reply(10, "9", "7"), ["18", "9"], [0, 0], [0, 1]),
        ("Answer_10:\n9\n\nAnswer_9:\n18", ["18", "9"], [0, 0], [1, 1]),
        (reply(1, "18", "9"), ["18", "9"], [1, 1], [0, 0]),
        # A preamble that ends in a colon shifts every answer by one.
        (f"Here are the answers:\n\n{SOLVED}", ["18", "9"], [0, 0], [1, 1]),
        # Bold labels, and answers on the line of the label, extract nothing.
        ("**Answer_9:**\n18\n\n**Answer_10:**\n9", ["18", "9"], [None, None], [1, 1]),
        ("Answer_9: 18\nAnswer_10: 9", ["18", "9"], [None, None], [1, 1]),
        # What follows a blank line is lost.
        (reply(9, "6 * 3 = 16\n\nThe answer is 18."), ["18"], [0], [1]),
        # Of a golden number with a comma the official script compares what follows the comma.
        (reply(9, "The answer is 1,200."), ["1,200"], [0], [1]),
        (reply(9, "The answer is 200."), ["1,200"], [1], [0]),
    ],
)
def test_rules_of_gsm8k_in_which_the_variants_differ(values, output, golden, official, strict):
    assert values(OFFICIAL, "gsm8k", output, golden) == official
    assert values(STRICT, "gsm8k", output, golden) == strict


# MMLU and CSQA


@pytest.mark.parametrize("scorer", [OFFICIAL, STRICT], ids=lambda scorer: scorer.label)
@pytest.mark.parametrize(
    ("task", "output", "golden", "expected"),
    [
        ("mmlu", reply(6, "The answer is (B).", "The answer is (D)."), ["B", "D"], [1, 1]),
        ("mmlu", reply(6, "The answer is (B).", "The answer is (D)."), ["B", "C"], [1, 0]),
        # The last capital among A to D counts, wherever it stands.
        ("mmlu", reply(6, "The answer is (B). Done"), ["B"], [0]),
        ("mmlu", reply(6, "The answer is (B). Done"), ["D"], [1]),
        ("mmlu", reply(6, "(B), as DNA is"), ["A"], [1]),
        ("mmlu", reply(6, "(B), and E"), ["B"], [1]),
        # Small letters are none; E is one in CSQA.
        ("mmlu", reply(6, "the answer is (b)"), ["B"], [0]),
        ("csqa", reply(8, "The answer is (E)."), ["E"], [1]),
        ("csqa", reply(8, "The answer is (B). Enough"), ["E"], [1]),
        # Missing answers count as wrong.
        ("mmlu", reply(6, "(B)"), ["B", "C"], [1, 0]),
        ("csqa", reply(8, "(B)"), ["B", "C"], [1, 0]),
        ("mmlu", "no answers", ["A", "B"], [0, 0]),
    ],
)
def test_rules_of_multiple_choice_that_both_variants_share(
    values, scorer, task, output, golden, expected
):
    assert values(scorer, task, output, golden) == expected


@pytest.mark.parametrize(
    ("task", "output", "golden", "official", "strict"),
    [
        # An answer without letter is read as the A of the header.
        ("mmlu", reply(6, "i do not know", "nor this"), ["A", "B"], [1, 0], [0, 0]),
        ("csqa", reply(8, "i do not know"), ["A"], [1], [0]),
        ("mmlu", "Answer_7:\n(B)\n\nAnswer_6:\n(C)", ["C", "B"], [0, 0], [1, 1]),
        ("mmlu", "Answer_6: (B)", ["B"], [0], [1]),
        ("mmlu", f"Here:\n\n{reply(6, '(B)', '(C)')}", ["B", "C"], [0, 0], [1, 1]),
    ],
)
def test_rules_of_multiple_choice_in_which_the_variants_differ(
    values, task, output, golden, official, strict
):
    assert values(OFFICIAL, task, output, golden) == official
    assert values(STRICT, task, output, golden) == strict


# Statuses and scores


@pytest.mark.parametrize(
    ("scorer", "task", "value"),
    [
        (OFFICIAL, "gsm8k", None),
        (OFFICIAL, "mmlu", 0.0),
        (OFFICIAL, "csqa", 0.0),
        (STRICT, "gsm8k", 0.0),
        (STRICT, "mmlu", 0.0),
    ],
)
def test_a_blank_reply_answers_no_question(verdicts, scorer, task, value):
    score = verdicts(scorer, task, " \n", ["1", "2"] if task == "gsm8k" else ["A", "B"])
    assert score.status == "empty"
    assert [turn.status for turn in score.turns] == ["empty", "empty"]
    assert [turn.scores["accuracy"] for turn in score.turns] == [value, value]
    assert score.scores == {"accuracy": value}


def test_a_score_is_the_ratio_over_the_answers_and_lists_them(verdicts):
    score = verdicts(OFFICIAL, "gsm8k", reply(9, "18", "8"), ["18", "9", "3"])
    assert score.scores == {"accuracy": 0.5}
    assert score.answer == ["18", "8", None]
    assert [turn.status for turn in score.turns] == ["ok", "ok", "unparsed"]
    strict = verdicts(STRICT, "gsm8k", reply(9, "18", "8"), ["18", "9", "3"])
    assert strict.scores == {"accuracy": pytest.approx(1 / 3)}


def test_a_number_of_the_header_is_no_answer_although_it_may_count(verdicts):
    score = verdicts(OFFICIAL, "gsm8k", reply(9, "none"), ["0"])
    assert score.scores == {"accuracy": 1.0}
    assert (score.status, score.answer) == ("unparsed", "0")


def test_a_reply_that_was_cut_off_tells_so_at_the_answers_it_has(verdicts):
    score = verdicts(OFFICIAL, "mmlu", reply(6, "(B)", "(C)"), ["B", "C", "D"], "length")
    assert [turn.status for turn in score.turns] == ["truncated", "truncated", "unparsed"]


@pytest.mark.parametrize(
    ("scorer", "task", "output", "golden", "value"),
    [
        (OFFICIAL, "gsm8k_baseline", "6 * 3 = 18.\n\nThe answer is 18.", "18", 1),
        (OFFICIAL, "gsm8k_baseline", "The answer is 1,200.", "1200", 1),
        (OFFICIAL, "gsm8k_baseline", "The answer is 1,200.", "1,200", 0),
        (STRICT, "gsm8k_baseline", "The answer is 1,200.", "1,200", 1),
        (OFFICIAL, "gsm8k_baseline", "no number", "0", 0),
        (OFFICIAL, "gsm8k_baseline", "", "0", 0),
        (OFFICIAL, "mmlu_baseline", "The answer is (C).", "C", 1),
        (OFFICIAL, "mmlu_baseline", "no letter", "A", 0),
        (STRICT, "csqa_baseline", "The answer is (E).", "E", 1),
    ],
)
def test_the_reply_of_a_baseline_is_one_answer(grade_sample, scorer, task, output, golden, value):
    sample = Sample(id="s", task=task, turns=(Turn(query="?", target=golden),))
    score = grade_sample(scorer, sample, [output])
    assert score.scores == {"accuracy": value}
    assert len(score.turns) == 1


def test_a_task_of_another_benchmark_is_refused(grade_sample):
    sample = Sample(id="s", task="gsm9k", turns=(Turn(query="?", target=["1"]),))
    with pytest.raises(ConfigError, match=r"no rule for 'gsm9k': did you mean 'gsm8k'"):
        grade_sample(OFFICIAL, sample, ["1"])


@pytest.mark.parametrize("target", ["18", ["18"]])
def test_a_target_that_does_not_fit_is_told_and_gives_no_value(grade_sample, target):
    turn = Turn(query="?", target=target, answers=2, metadata={"first_label": 9})
    score = grade_sample(OFFICIAL, Sample(id="s", task="gsm8k", turns=(turn,)), [SOLVED])
    assert score.status == "scorer_error"
    assert "should list 2 answers" in score.turns[0].explanation
    assert [turn.scores for turn in score.turns] == [{"accuracy": None}] * 2


def test_the_variant_is_shown():
    assert OFFICIAL.label == "longgenbench[variant=official]"
    assert STRICT.label == "longgenbench[variant=strict]"


# Any reply

FRAGMENTS = st.lists(
    st.sampled_from(
        ["Answer_", "9", "10", ":", ":\n", "\n", "\n\n", " ", "18", "1,000", ".5", "(B)", "A", "**"]
    )
    | st.text(max_size=5),
    max_size=40,
).map("".join)
ANSWERS = st.lists(st.from_regex(r"[a-z0-9 .+=()]{1,20}", fullmatch=True).map(str.strip))


@given(FRAGMENTS, st.integers(1, 5))
def test_no_reply_stops_either_variant(grade_sample, text, count):
    for task, golden in (("gsm8k", "18"), ("mmlu", "B"), ("csqa", "E")):
        turn = Turn(
            query="?",
            target=[golden] * count,
            answers=count,
            metadata={"first_label": 9},
        )
        for scorer in (OFFICIAL, STRICT):
            score = grade_sample(scorer, Sample(id="s", task=task, turns=(turn,)), [text])
            assert len(score.turns) == count
            assert score.status != "scorer_error"
            assert {turn.scores["accuracy"] for turn in score.turns} <= {0.0, 1.0, None}


@given(FRAGMENTS)
def test_pieces_are_stripped_parts_of_the_reply(text):
    for piece in labelled_pieces(text).values():
        assert piece in text
    for piece in official_pieces(text):
        assert piece == piece.strip()
        assert "Answer_" not in piece
        assert re.sub(r"\s", "", piece) in re.sub(r"\s|Answer_", "", text)


@given(ANSWERS)
def test_both_variants_read_back_what_keeps_to_the_format(answers):
    answers = [answer for answer in answers if answer]
    text = reply(9, *answers)
    assert official_pieces(text) == answers
    assert labelled_pieces(text) == dict(enumerate(answers, start=9))
