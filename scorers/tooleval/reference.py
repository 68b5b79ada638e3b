"""The answers that others are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec

from ...core.errors import ConfigError, DataError
from ...core.rows import read_rows, where
from ...core.sample import Sample
from .answers import Answer, MalformedError, parse_answer

_IDS = ("sample_id", "id")
_ANSWERS = ("outcome", "prediction")


class References:
    """Answers of a reference, by query.

    `path` is a folder with a file of converted answers for each test set, `<task>.json`, as
    ToolEval has it; one such file; or a JSONL file with an answer a line: `predictions.jsonl` of a
    run, or predictions as `evalrun score` takes them. A file is read when a query of it is graded.
    """

    def __init__(self, path: Path) -> None:
        """Raise ConfigError when there is nothing at `path`."""
        if not path.exists():
            raise ConfigError(f"scorer.reference: {path}: no such file or folder")
        self._path = path
        self._read: dict[Path, dict[str, Any]] = {}

    def answer(self, sample: Sample, seed: str) -> Answer | None:
        """Return the reference's answer to `sample`; None if it has none.

        Raises DataError naming the file.
        """
        path = self._path / f"{sample.task}.json" if self._path.is_dir() else self._path
        if path not in self._read:
            self._read[path] = dict(_read(path))
        answers = self._read[path]
        names = (sample.id, str(sample.row_id))
        found = next((answers[name] for name in names if name in answers), None)
        if found is None:
            return None
        try:
            return parse_answer(found, seed)
        except MalformedError as error:
            raise DataError(f"{path}: answer to {sample.id}: {error}") from None


def _read(path: Path) -> Iterator[tuple[str, Any]]:
    if path.suffix == ".jsonl":
        yield from _read_lines(path)
        return
    try:
        content = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise DataError(f"{path}: {error}") from None
    if not isinstance(content, dict):
        raise DataError(f"{path}: should hold an object of query ids and their answers")
    yield from cast("dict[str, Any]", content).items()


def _read_lines(path: Path) -> Iterator[tuple[str, Any]]:
    for index, row in read_rows(path):
        name = next((row[field] for field in _IDS if row.get(field) is not None), None)
        answer = next((row[field] for field in _ANSWERS if row.get(field) is not None), None)
        if name is None:
            raise DataError(f"{where(path, index)}: needs 'id' or 'sample_id'")
        if answer is not None:
            yield str(name), answer
