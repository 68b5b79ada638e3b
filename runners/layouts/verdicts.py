"""Verdicts of runs as columns of numbers, read without holding a text of them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from ..folder import RunFolder
from ..log import read_log
from .arrays import Places
from .dimensions import LABEL
from .loading import LoadedRun

Column = npt.NDArray[np.generic]
Kind = tuple[str, str | None, str]


class Codes(dict[object, int]):
    """Numbers values in the order in which they are first asked for."""

    def __missing__(self, value: object) -> int:
        self[value] = code = len(self)
        return code


class Vocabulary:
    """The codes of each dimension, the same for all runs."""

    def __init__(self) -> None:
        self._codes: dict[str, Codes] = {}

    def of(self, dimension: str) -> Codes:
        """Return the codes of `dimension`."""
        return self._codes.setdefault(dimension, Codes())


class Verdicts(msgspec.Struct, frozen=True):
    """What the scorer of one run said.

    `frame` has a row a value, with the columns `task`, `subtask`, `metric`, `turn`, `epoch` and
    `label.NAME` (codes), `sample`, `group` and `cluster` (hashes; a cluster is a group or else a
    sample, and tells samples of different benchmarks apart), `headline` (whether the metric
    stands for its task and subtask) and `value`. `kinds` are all (task, subtask, metric) seen, also
    those without a value.
    """

    frame: pd.DataFrame
    kinds: tuple[Kind, ...]


class _TurnRow(msgspec.Struct, gc=False):
    """The part of a `TurnScore` that tables are made of."""

    turn: int
    scores: dict[str, float | None]
    subtask: str | None = None


class _ScoreRow(msgspec.Struct):
    """The part of a `Score` that tables are made of."""

    id: str
    scorer: str
    status: str
    sample_id: str
    epoch: int
    task: str
    group: str | None
    turns: tuple[_TurnRow, ...]
    labels: dict[str, str] = {}


def read_verdicts(run: LoadedRun, labels: Sequence[str], vocabulary: Vocabulary) -> Verdicts:
    """Return the verdicts of a run's own scorer, with the labels called `labels`.

    Raises DataError naming the line of a malformed row.
    """
    reader = _Reader(run.sample_space, labels)
    for row in _valid_rows(run.stored.folder, run.results.scorer):
        reader.add(row)
    return Verdicts(reader.frame(vocabulary), tuple(reader.kinds))


def _valid_rows(folder: RunFolder, scorer: str) -> Iterator[_ScoreRow]:
    """Yield the rows of `scorer`; of those that ended in an error, what no later row mended."""
    errors: dict[str, _ScoreRow] = {}
    for _, row in read_log(folder.scores, _ScoreRow):
        if row.scorer != scorer:
            continue
        if row.status == "scorer_error":
            errors[row.id] = row
            continue
        errors.pop(row.id, None)
        yield row
    yield from errors.values()


class _Reader:
    """Gathers numbers: 16 bytes a value, and 36 a row, whatever its texts."""

    def __init__(self, sample_space: tuple[object, ...], labels: Sequence[str]) -> None:
        self.kinds: dict[Kind, int] = {}
        self._space = sample_space
        self._label_names = labels
        self._labels: dict[tuple[str | None, ...], int] = {}
        self._kinds, self._turns, self._values = array("i"), array("i"), array("d")
        self._by_row = {name: array("i") for name in ("labels", "epoch", "values")}
        self._by_row |= {name: array("q") for name in ("sample", "group", "cluster")}

    def add(self, row: _ScoreRow) -> None:
        before = len(self._values)
        for turn in row.turns:
            for metric, value in turn.scores.items():
                kind = self.kinds.setdefault((row.task, turn.subtask, metric), len(self.kinds))
                if value is not None:
                    self._kinds.append(kind)
                    self._turns.append(turn.turn)
                    self._values.append(value)
        texts = tuple(map(row.labels.get, self._label_names))
        by_row = self._by_row
        by_row["labels"].append(self._labels.setdefault(texts, len(self._labels)))
        by_row["epoch"].append(row.epoch)
        by_row["sample"].append(hash(row.sample_id))
        by_row["group"].append(hash(row.group))
        by_row["cluster"].append(hash((self._space, row.group or row.sample_id)))
        by_row["values"].append(len(self._values) - before)

    def frame(self, vocabulary: Vocabulary) -> pd.DataFrame:
        kind, turn = np.asarray(self._kinds), np.asarray(self._turns)
        times = np.asarray(self._by_row.pop("values"))
        by_row = {name: np.repeat(np.asarray(one), times) for name, one in self._by_row.items()}
        columns: dict[str, Column] = {}
        for position, name in enumerate(("task", "subtask", "metric")):
            codes = vocabulary.of(name)
            columns[name] = _taken([codes[key[position]] for key in self.kinds], kind)
        for position, name in enumerate(self._label_names):
            codes = vocabulary.of(LABEL + name)
            of_texts = [codes[texts[position]] for texts in self._labels]
            columns[LABEL + name] = _taken(of_texts, by_row["labels"])
        for name, numbers in (("turn", turn), ("epoch", by_row["epoch"])):
            codes = vocabulary.of(name)
            seen = range(int(numbers.max(initial=-1)) + 1)
            columns[name] = _taken([codes[number] for number in seen], numbers)
        columns["headline"] = np.isin(kind, self._headlines(kind))
        columns |= {name: by_row[name] for name in ("sample", "group", "cluster")}
        columns["value"] = np.asarray(self._values)
        return pd.DataFrame(columns, copy=False)

    def _headlines(self, kind: Places) -> list[int]:
        """Return the first kind with a value of each task and subtask, as in `results.json`."""
        counts = np.bincount(kind, minlength=len(self.kinds))
        first: dict[tuple[str, str | None], int] = {}
        for (task, subtask, _), code in self.kinds.items():
            if counts[code]:
                first.setdefault((task, subtask), code)
        return list(first.values())


def _taken(codes: Sequence[int], positions: Places) -> Column:
    return np.array(codes, dtype=np.int32)[positions]
