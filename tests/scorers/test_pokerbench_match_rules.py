"""Logs of hands, and what is made of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample, Turn
from evalrun.core.score import Score
from evalrun.scorers.pokerbench_match import (
    METRICS,
    PokerBenchMatchOptions,
    PokerBenchMatchScorer,
)


def graded(outcome: Any, row: int = 6, **fields: Any) -> Score:
    sample = Sample(id=f"hand/{row + 1}", task="heads_up", turns=(Turn(query="Q"),), row=row)
    prediction = Prediction(
        id="p#0", sample_id=sample.id, epoch=0, task="heads_up", outcome=outcome, **fields
    )
    scorer = PokerBenchMatchScorer(PokerBenchMatchOptions())
    return asyncio.run(scorer.score(sample, prediction))


def values(score: Score) -> dict[str, float | None]:
    """Return the metrics that are not 0."""
    return {metric: value for metric, value in score.scores.items() if value != 0}


def test_chips_count_for_the_stage_in_which_a_hand_ends() -> None:
    score = graded({"chips": -34, "stage": "river", "ending_chips": [166, 234], "actions": []})
    assert values(score) == {
        "chips": -34.0,
        "big_blinds": -17.0,
        "river_chips": -34.0,
        "river_ended": 1.0,
        "river_hand": 7.0,
    }
    assert (score.status, score.answer) == ("ok", -34)
    assert tuple(score.scores) == METRICS


def test_a_log_may_come_as_the_only_reply() -> None:
    score = graded(None, outputs=(json.dumps({"chips": 1, "stage": "preflop"}),))
    assert values(score) == {
        "chips": 1.0,
        "big_blinds": 0.5,
        "preflop_chips": 1.0,
        "preflop_ended": 1.0,
        "preflop_hand": 7.0,
    }


def test_a_hand_that_loses_or_makes_chips_is_left_out() -> None:
    score = graded({"chips": 3, "stage": "flop", "ending_chips": [203, 200]})
    assert set(score.scores.values()) == {None}
    assert score.turns[0].explanation == "left out: 403 chips after the hand"


@pytest.mark.parametrize(
    "outcome",
    [
        {"chips": 3},
        {"chips": "many", "stage": "flop"},
        {"chips": 3, "stage": "showdown"},
        {"chips": 3, "stage": "flop", "ending_chips": [203]},
        [],
        "fold",
    ],
)
def test_what_is_no_log_has_no_values(outcome: Any) -> None:
    score = graded(outcome)
    assert score.status == "unparsed"
    assert set(score.scores.values()) == {None}


def test_nothing_is_empty() -> None:
    assert graded(None).status == "empty"
    assert graded(None, outputs=("fold",)).status == "unparsed"
