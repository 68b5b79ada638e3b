"""Predictions made elsewhere, as those of samples: a line a sample, or a line a row of it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..core.errors import DataError
from ..core.prediction import Prediction
from ..core.sample import Sample, Turn
from ..core.score import Score, TurnScore
from .given import NOT_GIVEN, GivenPredictions


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A prediction of a file, and its `sample` so far as it was predicted.

    `places` are the lines that it is put together from: one, or one for each of `turns`, which
    are then the 0-based turns of the whole sample that are still there.
    """

    sample: Sample
    prediction: Prediction
    places: tuple[int, ...]
    turns: tuple[int, ...] = ()

    def placed(self, score: Score) -> Score:
        """Return `score` with its verdicts where their turns stand in the whole sample."""
        if not self.turns:
            return score
        verdicts = tuple(
            msgspec.structs.replace(verdict, turn=self.turns[verdict.turn])
            for verdict in score.turns
        )
        return msgspec.structs.replace(score, turns=verdicts)

    def lines(self, score: Score) -> Iterator[tuple[int, Score]]:
        """Yield each line with what a placed `score` says of it: of a row, that of its turn."""
        if not self.turns:
            yield self.places[0], score
            return
        by_turn = {verdict.turn: verdict for verdict in score.turns}
        for place, turn in zip(self.places, self.turns, strict=True):
            yield place, _of_turn(score, by_turn[turn])


def found(given: GivenPredictions, sample: Sample) -> Iterator[Found]:
    """Yield the predictions of `sample`, by epoch.

    A sample made of several rows may have a line a row; rows without one are left out of it. Raises
    DataError for a line of a row that does not hold one reply, ConfigError for one that may be of
    several samples.
    """
    if not any(_is_row(turn) for turn in sample.turns):
        for place in given.claim(sample):
            prediction = given.prediction(sample, place)
            yield Found(sample=sample, prediction=prediction, places=(place,))
        return
    for epoch in range(given.epochs):
        whole = given.place((sample.id,), None, epoch)
        if whole is not None:
            prediction = given.prediction(sample, whole)
            yield Found(sample=sample, prediction=prediction, places=(whole,))
            continue
        parts = _by_turn(given, sample, epoch)
        if parts:
            yield _joined(given, sample, parts)


def _is_row(turn: Turn) -> bool:
    return turn.row is not None or turn.row_id is not None


def _by_turn(given: GivenPredictions, sample: Sample, epoch: int) -> dict[int, int]:
    """Return the line of each turn that has one."""
    lines = ((i, given.place((t.row_id,), t.row, epoch)) for i, t in enumerate(sample.turns))
    return {turn: place for turn, place in lines if place is not None}


def _joined(given: GivenPredictions, sample: Sample, parts: dict[int, int]) -> Found:
    there = msgspec.structs.replace(sample, turns=tuple(sample.turns[turn] for turn in parts))
    outputs = tuple(_only_output(given, place) for place in parts.values())
    first, *_ = parts.values()
    prediction = msgspec.structs.replace(given.prediction(there, first), outputs=outputs)
    return Found(
        sample=there,
        prediction=prediction,
        places=tuple(parts.values()),
        turns=tuple(parts),
    )


def _only_output(given: GivenPredictions, place: int) -> str:
    """Return the reply on line `place`. Raises DataError naming it when there are several."""
    outputs = given.line(place).outputs
    if outputs is None:
        return NOT_GIVEN
    if len(outputs) != 1:
        raise DataError(f"{given.at(place)}: {len(outputs)} replies for one row; give one")
    return outputs[0]


def _of_turn(score: Score, verdict: TurnScore) -> Score:
    return msgspec.structs.replace(
        score,
        scores=verdict.scores,
        answer=verdict.answer,
        status=verdict.status,
        turns=(verdict,),
    )
