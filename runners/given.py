"""Predictions made elsewhere: lines of a file, found by the row that each is of."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from ..core.errors import ConfigError, DataError
from ..core.exchange import SampleKey
from ..core.hashing import sha256_of
from ..core.prediction import Prediction, prediction_id
from ..core.rows import Row, read_rows, where
from ..core.sample import Sample
from ..core.score import Score

MOST_EPOCHS = 999
# Stands for each reply that is not in the file: a text, for a blank one would be graded as such.
NOT_GIVEN = "[the reply is not given]"

Key = dict[str, str | int]


class GivenLine(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction: `name` is the official id or the row's number, as `key` begins with it.

    `outputs` is None where only the words of a judge are given; `judge_replies` is None without
    any.
    """

    key: Key
    epoch: int
    outputs: tuple[str, ...] | None
    judge_replies: tuple[str, ...] | None

    @property
    def name(self) -> tuple[str, str | int]:
        """Return which row it is of: ("id", its official id) or ("index", its number)."""
        return next(iter(self.key.items()))


class GivenPredictions:
    """The predictions of a file, found by official id or by row number, and epoch."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises DataError naming the line."""
        self._path = path
        self._lines: list[GivenLine] = []
        self._places: dict[tuple[str, str, int], int] = {}
        self._claims: dict[int, tuple[str, str]] = {}
        for index, row in read_rows(path):
            self._add(parse_line(row, where(path, index)))

    @property
    def keys(self) -> list[Key]:
        """How each line says which row it is of."""
        return [line.key for line in self._lines]

    @property
    def epochs(self) -> int:
        """How many epochs there are."""
        return max((line.epoch for line in self._lines), default=0) + 1

    @property
    def has_judge_replies(self) -> bool:
        """Whether any line holds the words of a judge."""
        return any(line.judge_replies is not None for line in self._lines)

    def line(self, place: int) -> GivenLine:
        """Return line number `place`."""
        return self._lines[place]

    def at(self, place: int) -> str:
        """Return how messages name line number `place`."""
        return where(self._path, place)

    def places(self, sample: Sample) -> list[int]:
        """Return the positions of the predictions for `sample`, by epoch."""
        names = (sample.row_id, sample.id)
        places = (self.place(names, sample.row, epoch) for epoch in range(self.epochs))
        return [place for place in places if place is not None]

    def place_of(self, key: SampleKey) -> int | None:
        """Return the position of the prediction for `key`."""
        return self.place((key.row_id, key.sample_id), key.row, key.epoch)

    def has(self, sample: Sample) -> bool:
        """Tell whether `sample` was predicted."""
        return bool(self.places(sample))

    def claim(self, sample: Sample) -> list[int]:
        """Return the positions of the predictions for `sample`, which are its own from now on.

        Of samples of one row that ask for the same, as of a tree drawn in two ways, the first one
        has them. Raises ConfigError where a line may be of several that differ.
        """
        asked = sha256_of([sample.task, [turn.target for turn in sample.turns]])
        own: list[int] = []
        for place in self.places(sample):
            other, asked_before = self._claims.setdefault(place, (sample.id, asked))
            if other == sample.id:
                own.append(place)
            elif asked_before != asked:
                name, value = self._lines[place].name
                raise ConfigError(
                    f"{self.at(place)}: {name} {value!r} is of several samples, {other} and "
                    f"{sample.id}: choose benchmark.task, or what else they differ in, or give the "
                    "sample's own id"
                )
        return own

    def prediction(self, sample: Sample, place: int) -> Prediction:
        """Return prediction number `place` as the prediction of `sample`."""
        line = self._lines[place]
        outputs = (NOT_GIVEN,) * len(sample.turns) if line.outputs is None else line.outputs
        return Prediction(
            id=prediction_id(sample.id, line.epoch),
            sample_id=sample.id,
            epoch=line.epoch,
            task=sample.task,
            group=sample.group,
            outputs=outputs,
        )

    def used(self, verdicts: Iterable[Score]) -> Iterator[Prediction]:
        """Yield a prediction for each verdict."""
        for score in verdicts:
            yield Prediction(
                id=score.id, sample_id=score.sample_id, epoch=score.epoch, task=score.task
            )

    def refuse_unused(self, verdicts: Collection[int]) -> None:
        """Raise DataError naming the first prediction that fits no row."""
        for place, line in enumerate(self._lines):
            if place not in verdicts:
                name, value = line.name
                raise DataError(f"{self.at(place)}: no data row has {name} {value!r}")

    def refuse_unknown_replies(self) -> None:
        """Raise DataError naming the first line without the reply itself."""
        for place, line in enumerate(self._lines):
            if line.outputs is None:
                raise DataError(f"{self.at(place)}: missing field 'prediction'")

    def place(self, names: Iterable[str | int | None], row: int | None, epoch: int) -> int | None:
        """Return the position of the prediction for one of `names`, or else for row `row`."""
        keys = [("id", str(name), epoch) for name in names if name is not None]
        if row is not None:
            keys.append(("index", str(row), epoch))
        return next((self._places[key] for key in keys if key in self._places), None)

    def _add(self, line: GivenLine) -> None:
        place = len(self._lines)
        name, value = line.name
        if self._places.setdefault((name, str(value), line.epoch), place) != place:
            raise DataError(f"{self.at(place)}: a second prediction for {line.key}")
        self._lines.append(line)


def parse_line(row: Row, at: str) -> GivenLine:
    """Return what a line says; messages call it `at`. Raises DataError."""
    judge_replies = _judge_replies(row.get("judge_reply"), at)
    if "prediction" not in row and judge_replies is None:
        raise DataError(f"{at}: missing field 'prediction'")
    epoch = row.get("epoch", 0)
    if not _is_number(epoch) or not 0 <= epoch <= MOST_EPOCHS:
        raise DataError(f"{at}: field 'epoch' should be a number from 0 to {MOST_EPOCHS}")
    repeat: Key = {"epoch": epoch} if "epoch" in row else {}
    return GivenLine(
        key={**_name(row, at), **repeat},
        epoch=epoch,
        outputs=_texts(row["prediction"]) if "prediction" in row else None,
        judge_replies=judge_replies,
    )


def _name(row: Row, at: str) -> Key:
    if row.get("id") is not None:
        if not isinstance(row["id"], str) and not _is_number(row["id"]):
            raise DataError(f"{at}: field 'id' should be an official id: a text or a number")
        return {"id": row["id"]}
    if _is_number(row.get("index")):
        return {"index": row["index"]}
    raise DataError(f"{at}: needs 'id' (official id) or 'index' (row number)")


def _judge_replies(given: Any, at: str) -> tuple[str, ...] | None:
    """Return the words of a judge, one for each question; null is none at all."""
    if given is None:
        return None
    texts: Sequence[Any] = cast("list[Any]", given) if isinstance(given, list) else [given]
    if not all(isinstance(text, str) for text in texts):
        raise DataError(f"{at}: field 'judge_reply' should be a text or a list of texts")
    return tuple(texts)


def _texts(prediction: Any) -> tuple[str, ...]:
    """Return the replies of a prediction: one a turn, or votes."""
    if isinstance(prediction, list):
        return tuple(map(_text, cast("list[Any]", prediction)))
    return (_text(prediction),)


def _text(item: Any) -> str:
    """Return a reply as text: null as none, what has structure as the JSON of a model's."""
    if item is None:
        return ""
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
