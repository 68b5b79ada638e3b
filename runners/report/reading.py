"""Rows of a run read from disk, any of them, by where they lie."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from ...core.errors import DataError
from ...core.prediction import Prediction
from ...core.score import Score
from .inputs import Questions
from .row_index import RowIndex
from .rows import Stored

T = TypeVar("T")


class Reader:
    """Reads rows by their number, from files that are open."""

    def __init__(
        self, index: RowIndex, scorer: str, questions: Questions | None, files: tuple[int, int]
    ) -> None:
        self._index = index
        self._verdicts = index.verdicts(scorer)
        self._questions = questions
        self._predictions, self._scores = files
        self._of_prediction = msgspec.json.Decoder(Prediction)
        self._of_score = msgspec.json.Decoder(Score)

    def read(self, number: int) -> Stored:
        """Return row `number`. Raises DataError when its line is no longer where it was."""
        folder = self._index.folder
        span = self._index.predictions.get(number)
        prediction = _row(self._predictions, span, self._of_prediction, folder.predictions)
        if prediction is None:
            raise DataError(f"{folder.predictions}: there is no row {number}")
        judged = self._verdicts.spans.get(number)
        score = _row(self._scores, judged, self._of_score, folder.scores)
        known = self._questions.get(prediction.sample_id) if self._questions else None
        asked, asked_size = known or (None, 0)
        return Stored(prediction, score, asked, _size(span) + _size(judged) + asked_size)


@contextmanager
def reading(index: RowIndex, scorer: str, questions: Questions | None) -> Generator[Reader]:
    """Open the files of a run for reading its rows, with the verdicts of `scorer`.

    Raises DataError when there are none.
    """
    folder = index.folder
    with _opened(folder.predictions) as predictions, _opened(folder.scores) as scores:
        yield Reader(index, scorer, questions, (predictions, scores))


@contextmanager
def _opened(path: Path) -> Generator[int]:
    """Open a file; -1 where there is none, as before the first verdict."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield -1
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _size(span: tuple[int, int] | None) -> int:
    return span[1] if span else 0


def _row(
    descriptor: int, span: tuple[int, int] | None, decoder: msgspec.json.Decoder[T], path: Path
) -> T | None:
    if span is None or descriptor < 0:
        return None
    try:
        return decoder.decode(os.pread(descriptor, span[1], span[0]))
    except msgspec.DecodeError as error:
        raise DataError(f"{path}: {error}; the file changed meanwhile, read it again") from None
