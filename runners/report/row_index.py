"""Where the rows of a run lie on disk, and what can be counted of them; read as they come."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import Any, TypeVar

import msgspec

from ...core.errors import DataError
from ...core.exchange import Usage
from ...core.prediction import Failure
from ...core.score import Status
from ..folder import RunFolder
from .tail import Line, Tail

T = TypeVar("T")
_NOTHING = Usage()


class _PredictionHead(msgspec.Struct):
    id: str
    task: str
    error: Failure | None = None
    usage: Usage = _NOTHING


class _TurnHead(msgspec.Struct):
    status: Status = "ok"


class _ScoreHead(msgspec.Struct):
    id: str
    scorer: str
    scores: dict[str, Any]
    status: Status
    turns: tuple[_TurnHead, ...] = ()


class Spans:
    """Where lines lie in a file, by the number of their row; 12 bytes each."""

    def __init__(self) -> None:
        self._starts = array("q")
        self._sizes = array("I")

    def __len__(self) -> int:
        return len(self._starts)

    def put(self, number: int, start: int, size: int) -> None:
        """Note where the line of row `number` lies; rows up to it may have none."""
        missing = number + 1 - len(self._starts)
        if missing > 0:
            self._starts.extend([-1] * missing)
            self._sizes.extend([0] * missing)
        self._starts[number], self._sizes[number] = start, size

    def get(self, number: int) -> tuple[int, int] | None:
        """Return the first byte and the size of the line of row `number`; None without one."""
        if number >= len(self._starts) or self._starts[number] < 0:
            return None
        return self._starts[number], self._sizes[number]


class Verdicts:
    """The verdicts of one scorer: where they lie, and how many turns have which status."""

    def __init__(self) -> None:
        self.spans = Spans()
        self.statuses: Counter[str] = Counter()
        self.metrics: dict[str, None] = {}
        self._scorer_errors: dict[int, list[str]] = {}

    def add(self, number: int, head: _ScoreHead, line: Line) -> None:
        """Note a verdict: the last one of a row counts, as a scorer's own failure is mended."""
        self.spans.put(number, line.start, len(line.text))
        self.statuses.subtract(self._scorer_errors.pop(number, ()))
        statuses = [turn.status for turn in head.turns]
        self.statuses.update(statuses)
        if head.status == "scorer_error":
            self._scorer_errors[number] = statuses
        self.metrics.update(dict.fromkeys(head.scores))


class RowIndex:
    """The rows of a run, each (sample, epoch) once, in the order in which they were first asked.

    Of several predictions with one id the last good one counts, else the last. `update` reads what
    is new. Of a row it keeps its id and where its lines lie, never texts. `generation` tells how
    often the files were replaced by others, after which rows have other numbers.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.generation = 0
        self._begin()

    def __len__(self) -> int:
        return len(self.predictions)

    @property
    def failed(self) -> dict[str, int]:
        """How many rows have no reply, by kind of failure."""
        return dict(Counter(self._failures.values()))

    @property
    def predicted(self) -> int:
        """How many rows have a reply."""
        return len(self) - len(self._failures)

    def verdicts(self, scorer: str) -> Verdicts:
        """Return the verdicts of a scorer; there may be none."""
        return self._verdicts.get(scorer) or Verdicts()

    def update(self) -> None:
        """Read what is new. Raises DataError naming the file and line of what is not a row."""
        if self._prediction_lines.is_replaced() or self._score_lines.is_replaced():
            self.generation += 1
            self._begin()
        # A prediction is on disk before its verdict, so no verdict up to here is without one.
        end = self._score_lines.size()
        predictions = msgspec.json.Decoder(_PredictionHead)
        for line in self._prediction_lines.lines():
            self._add_prediction(_decoded(predictions, line, self._prediction_lines), line)
        scores = msgspec.json.Decoder(_ScoreHead)
        for line in self._score_lines.lines(end):
            self._add_verdict(_decoded(scores, line, self._score_lines), line)

    def take_revised(self) -> int | None:
        """Return the lowest number of the rows that changed since the last call, new ones aside."""
        revised, self._revised, self._known = self._revised, None, len(self)
        return revised

    def settle(self) -> None:
        """Let go of the ids, which most of the memory is for: there will be no more updates."""
        self._numbers = {}

    def _begin(self) -> None:
        self.predictions = Spans()
        self.tasks: dict[str, None] = {}
        self.usage = _NOTHING
        self.latest_scorer: str | None = None
        self._prediction_lines = Tail(self.folder.predictions)
        self._score_lines = Tail(self.folder.scores)
        self._numbers: dict[str, int] = {}
        self._failures: dict[int, str] = {}
        self._verdicts: dict[str, Verdicts] = {}
        self._known = 0
        self._revised: int | None = None

    def _add_prediction(self, head: _PredictionHead, line: Line) -> None:
        self.usage += head.usage
        number = self._numbers.setdefault(head.id, len(self._numbers))
        asked_before = number < len(self.predictions)
        if head.error is not None:
            if asked_before and number not in self._failures:
                return
            self._failures[number] = head.error.kind
        else:
            self._failures.pop(number, None)
        self.tasks.setdefault(head.task)
        self.predictions.put(number, line.start, len(line.text))
        self._note_revised(number)

    def _add_verdict(self, head: _ScoreHead, line: Line) -> None:
        self.latest_scorer = head.scorer
        number = self._numbers.get(head.id)
        if number is not None:
            self._verdicts.setdefault(head.scorer, Verdicts()).add(number, head, line)
            self._note_revised(number)

    def _note_revised(self, number: int) -> None:
        if number < self._known:
            self._revised = number if self._revised is None else min(self._revised, number)


def _decoded(decoder: msgspec.json.Decoder[T], line: Line, lines: Tail) -> T:
    try:
        return decoder.decode(line.text)
    except msgspec.DecodeError as error:
        raise DataError(
            f"{lines.path}, line {line.number}: {error}; remove the line and try again"
        ) from None
