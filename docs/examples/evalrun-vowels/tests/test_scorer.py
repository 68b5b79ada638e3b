"""Golden cases of the rule, worked out by hand."""

from __future__ import annotations

import asyncio

import pytest
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample, Turn
from evalrun.core.score import Score

from evalrun_vowels.scorer import CountOptions, CountScorer


def graded(reply: str, target: object = 3, options: CountOptions | None = None) -> Score:
    sample = Sample(id="a", task="t", turns=(Turn(query="?", target=target),))
    prediction = Prediction(id="a#0", sample_id="a", epoch=0, task="t", outputs=(reply,))
    return asyncio.run(CountScorer(options or CountOptions()).score(sample, prediction))


@pytest.mark.parametrize(
    ("reply", "accuracy", "closeness", "status"),
    [
        ("3", 1.0, 1.0, "ok"),
        ("There are three vowels.", 1.0, 1.0, "ok"),
        ("One, two ... so THREE", 1.0, 1.0, "ok"),
        ("There are 5.", 0.0, 1 / 3, "ok"),
        ("I see none.", 0.0, 0.0, "unparsed"),
        ("a3b", 0.0, 0.0, "unparsed"),
        ("\ud800 ٣", 0.0, 0.0, "unparsed"),
        ("9" * 5000, 0.0, 0.0, "unparsed"),
        (" \n", 0.0, 0.0, "empty"),
    ],
)
def test_a_reply_is_graded_by_its_number(
    reply: str, accuracy: float, closeness: float, status: str
) -> None:
    score = graded(reply)
    assert score.scores == {"accuracy": accuracy, "closeness": pytest.approx(closeness)}
    assert score.status == status


def test_the_first_number_may_count_instead_and_the_label_tells() -> None:
    first = CountOptions(take="first")
    assert graded("3, or is it 4?", options=first).scores["accuracy"] == 1.0
    assert graded("3, or is it 4?").scores["accuracy"] == 0.0
    assert CountScorer(first).label == "count[take=first]"


def test_a_row_that_it_cannot_grade_has_no_value() -> None:
    score = graded("3", target="three")
    assert score.status == "scorer_error"
    assert score.scores == {"accuracy": None, "closeness": None}
