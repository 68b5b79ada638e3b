"""Responses of baseline models, from official files of model outputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from ...core.errors import ConfigError, DataError
from ...core.rows import read_rows, require, where
from .files import OUTPUTS
from .rewards import BASELINES

# A file of the hub's dataset, or one as inference wrote it.
_NAMES = ("{}/train-00000-of-00001.parquet", "{}.parquet", "{}.jsonl", "{}.json")


class BaselineOutputs:
    """The responses of one baseline, `name` or a short name of it, by session id."""

    def __init__(self, folder: Path, name: str) -> None:
        """Read them. Raises ConfigError without a file, DataError naming file and row."""
        self.model = BASELINES.get(name, name)
        names = [pattern.format(self.model) for pattern in _NAMES]
        place = folder / OUTPUTS
        found = next((p for n in names if (p := place / n).is_file()), None)
        if found is None:
            raise ConfigError(
                f"no outputs of {self.model} in {place}; run `evalrun fetch wildbench`, put "
                f"{self.model}.json there, or name the folder above by scorer.data_dir"
            )
        self._path = found
        self._texts = dict(_responses(found))

    def get(self, session: str) -> str | None:
        """Return the response of a session, or None."""
        return self._texts.get(session)

    def of(self, session: str) -> str:
        """Return the response of a session. Raises DataError."""
        text = self.get(session)
        if text is None:
            raise DataError(f"{self._path}: no output of session {session!r}")
        return text


def _responses(path: Path) -> Iterator[tuple[str, str]]:
    for index, row in read_rows(path):
        place = where(path, index)
        output = require(row, "output", (str, list), place)
        yield require(row, "session_id", str, place), _text(output, place)


def _text(output: Any, place: str) -> str:
    """Return an output, which is a text, or the first of a list of them."""
    first = cast("list[Any]", output)[:1] if isinstance(output, list) else [output]
    if not first or not isinstance(first[0], str):
        raise DataError(f"{place}: field 'output' should be a text, or a list that begins with one")
    return first[0]
