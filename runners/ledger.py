"""What a run folder already holds."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..core.exchange import Usage
from ..core.prediction import Failure, Prediction
from ..core.score import Status
from .folder import RunFolder
from .log import read_log, read_row
from .shards.split import Share


class _TurnHead(msgspec.Struct):
    usage: Usage | None = None
    from_cache: bool = False


class _IntermediateHead(msgspec.Struct):
    record: _TurnHead


class _PredictionHead(msgspec.Struct):
    id: str
    sample_id: str
    error: Failure | None = None
    turns: tuple[_TurnHead, ...] = ()
    intermediate: tuple[_IntermediateHead, ...] = ()


class _VerdictHead(_TurnHead):
    explanation: str | None = None


class _ScoreHead(msgspec.Struct):
    id: str
    sample_id: str
    scorer: str
    status: Status
    turns: tuple[_VerdictHead, ...] = ()

    @property
    def is_grade(self) -> bool:
        """Whether there is nothing to be had from grading again.

        Nothing is not applicable for a reason unless something is wanting, such as a compiler.
        """
        if self.status == "not_applicable":
            return not any(turn.explanation for turn in self.turns)
        return self.status != "scorer_error"


class Ledger:
    """Which (sample, epoch) pairs have a good prediction, and which of those are graded.

    Without a `scorer` none need to be graded. A scorer's own failure is no grade, nor is what it
    could not grade for want of a tool: both are graded again. `spent` is what all replies and
    judgements so far have cost, but for those that came from the reply cache. With a `share`, only
    its samples count. Holds ids and offsets, never texts.
    """

    def __init__(self, folder: RunFolder, scorer: str | None, share: Share | None = None) -> None:
        self._path = folder.predictions
        self._grades = scorer is not None
        self.spent = Usage()
        self._offset_of: dict[str, int] = {}
        self._graded: set[str] = set()
        for offset, head in read_log(folder.predictions, _PredictionHead):
            if share is not None and not share.has(head.sample_id):
                continue
            self._count((*(reply.record for reply in head.intermediate), *head.turns))
            if head.error is None:
                self._offset_of[head.id] = offset
        for _, head in read_log(folder.scores, _ScoreHead):
            if share is not None and not share.has(head.sample_id):
                continue
            self._count(head.turns)
            if head.scorer == scorer and head.is_grade:
                self._graded.add(head.id)

    def is_complete(self, id_: str) -> bool:
        """Tell whether nothing is left to do for a (sample, epoch)."""
        return id_ in self._offset_of and (id_ in self._graded or not self._grades)

    def prediction(self, id_: str) -> Prediction | None:
        """Return the good prediction of a (sample, epoch), read back from disk."""
        offset = self._offset_of.get(id_)
        return None if offset is None else read_row(self._path, offset, Prediction)

    def _count(self, turns: Iterable[_TurnHead]) -> None:
        for turn in turns:
            if turn.usage is not None and not turn.from_cache:
                self.spent += turn.usage
