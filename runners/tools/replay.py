"""Responses of tools that were stored earlier, found by the tool and its input."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ...core.errors import ConfigError, DataError
from ...core.hashing import sha256_of, sha256_of_file
from ...core.rows import read_rows, require, where
from ...core.tools import Observation, ToolOrigin, ToolRequest
from .responses import failed, parse_arguments, responded

REPLAY = "replay"

Example = tuple[Any, Any]


class Replay:
    """Stored responses, of a folder as StableToolBench has it or of a JSONL file.

    - A folder: `<category>/<tool>_for_<category>/<api>.json` holds an object whose keys are inputs
      as Python writes dictionaries, and whose values are responses.
    - A file: a line holds `category`, `tool`, `api`, `arguments` (an object) and `response`.

    A response is an object with `error` and `response`. Inputs are equal whatever the order of
    their fields. Of a folder the file of the called tool is read when it is called; of a file all
    responses are held.
    """

    def __init__(self, path: Path) -> None:
        """Read a file; of a folder nothing. Raises ConfigError, DataError."""
        if not path.exists():
            raise ConfigError(
                f"protocol.tools.cache: {path}: no such file or folder; name stored responses, or "
                "other protocol.tools.sources"
            )
        self._folder = path if path.is_dir() else None
        self._stored = {} if path.is_dir() else _read_lines(path)

    async def call(self, request: ToolRequest) -> Observation | None:
        """Return the stored response; None if there is none. Raises DataError naming the file."""
        arguments = parse_arguments(request.arguments)
        if arguments is None:
            return failed(0, "Tool input parse error...\n", REPLAY)
        for stored, response in self._table(request.origin):
            if stored == arguments:
                return responded(response, REPLAY)
        return None

    def examples(self, origin: ToolOrigin, most: int, characters: int) -> list[Example]:
        """Return up to `most` stored (input, response) of a tool, as many as fit, at least one."""
        examples = self._table(origin)[:most]
        while len(examples) > 1 and len(str(examples)) > characters:
            examples.pop()
        return examples

    def _table(self, origin: ToolOrigin) -> list[Example]:
        if self._folder is None:
            return self._stored.get(_place(origin), [])
        path = self._folder.joinpath(*_place(origin)).with_suffix(".json")
        return _read_table(path) if path.is_file() else []


def stored_identity(path: Path) -> str | None:
    """Return what tells stored responses from others; None if there are none.

    It is the hash of a file; of a folder, whose files are many and large, of their names and sizes.
    """
    if path.is_dir():
        files = sorted(path.glob("*/*/*.json"))
        return sha256_of(
            [(file.relative_to(path).as_posix(), file.stat().st_size) for file in files]
        )
    return sha256_of_file(path) if path.is_file() else None


def _place(origin: ToolOrigin) -> tuple[str, str, str]:
    """Return folder, subfolder and file of a tool in StableToolBench's cache."""
    category = _safe(re.sub("_{2,}", "_", re.sub("[ ,/]", "_", origin.category)))
    suffix = f"_for_{category}"
    tool = _safe(origin.tool)
    return category, tool if tool.endswith(suffix) else tool + suffix, _safe(origin.api)


def _safe(name: str) -> str:
    """Return a name that leads to no other folder."""
    return re.sub(r"[/\\\0]|^\.+", "_", name) or "_"


def _read_table(path: Path) -> list[Example]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}; remove it or mend it") from None
    if not isinstance(table, dict):
        raise DataError(f"{path}: should hold an object of inputs and their responses")
    entries = cast("Mapping[str, Any]", table)
    return [(_input(written), response) for written, response in entries.items()]


def _input(written: str) -> Any:
    """Return the input that Python wrote; what is none stands for itself."""
    try:
        return ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return written


def _read_lines(path: Path) -> dict[tuple[str, str, str], list[Example]]:
    stored: dict[tuple[str, str, str], list[Example]] = {}
    for index, row in read_rows(path):
        place = where(path, index)
        names = [require(row, field, str, place) for field in ("category", "tool", "api")]
        response = require(row, "response", dict, place)
        origin = ToolOrigin(*names)
        stored.setdefault(_place(origin), []).append(
            (require(row, "arguments", dict, place), response)
        )
    return stored
