"""What a run folder already holds."""

from __future__ import annotations

import msgspec

from ..core.exchange import Usage
from ..core.prediction import Failure, Prediction
from ..core.score import Status
from .folder import RunFolder
from .log import read_log, read_row


class _PredictionHead(msgspec.Struct):
    id: str
    error: Failure | None = None
    usage: Usage = Usage()


class _ScoreHead(msgspec.Struct):
    id: str
    scorer: str
    status: Status


class Ledger:
    """Which (sample, epoch) pairs have a good prediction, and which of those are graded.

    A scorer's own failure is not a grade: it is graded again. `spent_usd` is what all predictions
    so far have cost. Holds ids and offsets, never texts.
    """

    def __init__(self, folder: RunFolder, scorer: str) -> None:
        self._path = folder.predictions
        self.spent_usd = 0.0
        self._offset_of: dict[str, int] = {}
        for offset, head in read_log(folder.predictions, _PredictionHead):
            self.spent_usd += head.usage.cost_usd
            if head.error is None:
                self._offset_of[head.id] = offset
        self._graded = {
            head.id
            for _, head in read_log(folder.scores, _ScoreHead)
            if head.scorer == scorer and head.status != "scorer_error"
        }

    def is_complete(self, id_: str) -> bool:
        """Tell whether nothing is left to do for a (sample, epoch)."""
        return id_ in self._graded and id_ in self._offset_of

    def prediction(self, id_: str) -> Prediction | None:
        """Return the good prediction of a (sample, epoch), read back from disk."""
        offset = self._offset_of.get(id_)
        return None if offset is None else read_row(self._path, offset, Prediction)
