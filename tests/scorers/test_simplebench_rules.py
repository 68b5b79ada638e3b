"""How SimpleBench reads answers, worked by hand from the published scorer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.sample import Sample, Turn
from evalrun.scorers.simplebench import SimpleBenchOptions, SimpleBenchScorer

OFFICIAL = SimpleBenchScorer(SimpleBenchOptions())
FIXED = SimpleBenchScorer(SimpleBenchOptions(variant="fixed"))
OPTIONS = ("red wine", "water", "ink", "milk", "sand", "air")


@pytest.mark.parametrize(
    ("reply", "official", "fixed"),
    [
        ("Final Answer: B", "B", "B"),
        ("It melts.\nFinal Answer: B\n", "B", "B"),
        ("final answer: b", "B", "B"),
        ("FINAL ANSWER:\n\nB.", "B", "B"),
        ("Final Answer:B", "B", "B"),
        # The first match counts officially, the last one in the mended variant.
        ("Final Answer: A? No. Final Answer: B", "A", "B"),
        # No word ends behind the letter.
        ("Final Answer: Definitely B", "D", "B"),
        ("Final Answer: All", "A", None),
        # Nothing may stand between.
        ("**Final Answer:** B", None, "B"),
        ("Final Answer: (B)", None, "B"),
        ("Final Answer: **B**", None, "B"),
        (r"Final Answer: \boxed{B}", None, "B"),
        ("Final Answer - B", None, "B"),
        ("The answer is B.", None, "B"),
        ("Final Answer: water", None, "B"),
        ("Final Answer: G", None, None),
        ("I do not know", None, None),
        ("B", None, "B"),
    ],
)
def test_answers(grade, reply: str, official: str | None, fixed: str | None) -> None:
    for scorer, answer in ((OFFICIAL, official), (FIXED, fixed)):
        verdict = grade(scorer, reply, "B", choices=OPTIONS)
        assert verdict.answer == answer
        assert verdict.scores == {"accuracy": float(answer == "B")}
        assert verdict.status == ("unparsed" if answer is None else "ok")


@pytest.mark.parametrize("scorer", [OFFICIAL, FIXED], ids=["official", "fixed"])
@pytest.mark.parametrize("reply", ["", " \n "])
def test_blank_replies_are_wrong(grade, scorer: SimpleBenchScorer, reply: str) -> None:
    verdict = grade(scorer, reply, "B")
    assert (verdict.scores, verdict.status) == ({"accuracy": 0.0}, "empty")


@pytest.mark.parametrize(
    ("answers", "value"),
    [
        ("BBA", 1.0),
        ("BA", 0.0),  # half is no majority
        ("BBAC", 0.0),
        ("AAB", 0.0),
        ("B??", 1.0),  # what has no answer does not vote
        ("??", 0.0),
        ("BAC", 0.0),  # most frequent, but not by more than half
    ],
)
def test_the_answer_of_more_than_half_of_the_votes_counts(
    grade_sample, answers: str, value: float
) -> None:
    sample = Sample(id="s", task="simplebench", turns=(Turn(query="?", target="B"),))
    replies = [f"Final Answer: {answer}" for answer in answers]
    assert grade_sample(OFFICIAL, sample, replies).scores == {"accuracy": value}


@given(st.text(alphabet="Final Aswer:bBA*(){}\\ \nI") | st.text())
def test_no_reply_crashes_and_the_official_answer_is_the_first_letter_behind_the_words(
    grade, text: str
) -> None:
    for reply in (text, f"Final Answer: {text}"):
        verdict = grade(OFFICIAL, reply, "B", choices=OPTIONS)
        found = re.search(r"Final Answer:\s*([A-F])", reply, re.IGNORECASE)
        assert verdict.answer == (found[1].upper() if found and reply.strip() else None)
        assert grade(FIXED, reply, "B", choices=OPTIONS).answer in (None, *"ABCDEF")


def test_labels_name_the_variant() -> None:
    assert OFFICIAL.label == "simplebench[variant=official]"
    assert FIXED.label == "simplebench[variant=fixed]"
