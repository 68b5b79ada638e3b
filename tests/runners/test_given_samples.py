"""Predictions made elsewhere of samples that are made of several official rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rows import write_jsonl

from evalrun.core.errors import DataError
from evalrun.core.sample import Sample, Turn
from evalrun.core.score import Score, TurnScore
from evalrun.runners.given import NOT_GIVEN, GivenPredictions
from evalrun.runners.given_samples import Found, found

# Rows 0, 2 and 4 of the file; another sample has the rows between.
CIRCLE = Sample(
    id="t/7",
    task="t",
    row=0,
    row_id=7,
    turns=tuple(
        Turn(query=text, row=2 * k, row_id=7 + k * 100) for k, text in enumerate(("a", "b", "c"))
    ),
)
PLAIN = Sample(id="t/8", task="t", row=1, row_id=8, turns=(Turn(query="d"), Turn(query="e")))


def read(folder: Path, *lines: Any) -> GivenPredictions:
    return GivenPredictions(write_jsonl(folder / "mine.jsonl", lines))


def score_of(one: Found) -> Score:
    """Return a verdict on each turn that is there, numbered as a scorer does."""
    turns = tuple(
        TurnScore(turn=i, scores={"m": float(i)}, answer=output)
        for i, output in enumerate(one.prediction.outputs)
    )
    return Score(
        id=one.prediction.id,
        scorer="s",
        scores={},
        answer=None,
        status="ok",
        sample_id=one.sample.id,
        epoch=one.prediction.epoch,
        task="t",
        group=None,
        turns=turns,
    )


def test_rows_by_id_and_by_number_make_one_prediction(tmp_path: Path) -> None:
    lines = [{"id": 207, "prediction": "C"}, {"index": 2, "prediction": "B"}]
    known = read(tmp_path, *lines, {"id": 7, "prediction": "A"})
    (one,) = found(known, CIRCLE)
    assert one.prediction.outputs == ("A", "B", "C")
    assert one.prediction.id == "t/7#0"
    assert (one.sample, one.places, one.turns) == (CIRCLE, (2, 1, 0), (0, 1, 2))


def test_a_row_without_a_line_is_left_out_of_its_sample(tmp_path: Path) -> None:
    (one,) = found(
        read(tmp_path, {"id": 7, "prediction": "A"}, {"id": 207, "prediction": ""}), CIRCLE
    )
    assert [turn.query for turn in one.sample.turns] == ["a", "c"]
    assert one.prediction.outputs == ("A", "")


def test_verdicts_go_back_to_their_turns_and_lines(tmp_path: Path) -> None:
    (one,) = found(
        read(tmp_path, {"id": 207, "prediction": "C"}, {"id": 7, "prediction": "A"}), CIRCLE
    )
    score = one.placed(score_of(one))
    assert [verdict.turn for verdict in score.turns] == [0, 2]
    lines = dict(one.lines(score))
    assert {place: line.answer for place, line in lines.items()} == {0: "C", 1: "A"}
    assert {place: line.scores for place, line in lines.items()} == {0: {"m": 1.0}, 1: {"m": 0.0}}


def test_a_line_may_hold_the_whole_sample(tmp_path: Path) -> None:
    (one,) = found(read(tmp_path, {"id": "t/7", "prediction": ["A", "B", "C"]}), CIRCLE)
    assert (one.prediction.outputs, one.places, one.turns) == (("A", "B", "C"), (0,), ())
    score = score_of(one)
    assert one.placed(score) is score
    assert list(one.lines(score)) == [(0, score)]


def test_repeats_are_put_together_by_their_epoch(tmp_path: Path) -> None:
    lines = [
        {"id": i, "prediction": f"{i}/{epoch}", "epoch": epoch}
        for epoch in (1, 0)
        for i in (7, 107)
    ]
    both = list(found(read(tmp_path, *lines), CIRCLE))
    assert [one.prediction.outputs for one in both] == [("7/0", "107/0"), ("7/1", "107/1")]
    assert [one.prediction.epoch for one in both] == [0, 1]


def test_a_sample_that_was_not_predicted_yields_nothing(tmp_path: Path) -> None:
    assert list(found(read(tmp_path, {"id": 8, "prediction": ["D", "E"]}), CIRCLE)) == []


def test_other_samples_are_one_line_each(tmp_path: Path) -> None:
    (one,) = found(read(tmp_path, {"id": 8, "prediction": ["D", "E"]}), PLAIN)
    assert (one.sample, one.prediction.outputs, one.places) == (PLAIN, ("D", "E"), (0,))


def test_words_of_a_judge_may_stand_without_the_reply(tmp_path: Path) -> None:
    (one,) = found(read(tmp_path, {"id": 107, "judge_reply": "B"}), CIRCLE)
    assert one.prediction.outputs == (NOT_GIVEN,)


@pytest.mark.parametrize("prediction", [["A", "B"], []])
def test_a_row_has_one_reply(tmp_path: Path, prediction: list[str]) -> None:
    with pytest.raises(DataError, match=r"mine\.jsonl, row 1: \d replies for one row; give one"):
        list(found(read(tmp_path, {"id": 7, "prediction": prediction}), CIRCLE))
