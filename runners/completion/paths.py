"""Paths at the cursor, a folder at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from .grammar import Candidate


class _State(msgspec.Struct, frozen=True):
    """Of `run.json`, the one field that is shown."""

    state: str = ""


def paths(typed: str) -> Iterator[Candidate]:
    """Yield the files and folders that `typed` may become."""
    for word, path in _entries(typed):
        yield Candidate(f"{word}/" if path.is_dir() else word)


def folders(typed: str) -> Iterator[Candidate]:
    """Yield the folders that `typed` may become."""
    for word, path in _entries(typed):
        if path.is_dir():
            yield Candidate(f"{word}/")


def runs(typed: str) -> Iterator[Candidate]:
    """Yield the folders that `typed` may become: of runs with their state, others to go on in."""
    for word, path in _entries(typed):
        status = path / "run.json"
        if status.is_file():
            yield Candidate(word, _state(status))
        elif path.is_dir():
            yield Candidate(f"{word}/")


def _entries(typed: str) -> Iterator[tuple[str, Path]]:
    """Yield what there is that begins as `typed` does, as it would be written, and its path.

    Hidden entries are left out until their dot is typed.
    """
    folder, name = os.path.split(typed)
    written = typed[: len(typed) - len(name)]
    try:
        found = sorted(os.listdir(os.path.expanduser(folder) or "."))  # noqa: PTH111, PTH208 (Path("~name") raises where there is no such user)
    except OSError:
        return
    for entry in found:
        if entry.startswith(name) and (name or not entry.startswith(".")):
            yield written + entry, Path(os.path.expanduser(written + entry))  # noqa: PTH111 (as above)


def _state(status: Path) -> str:
    try:
        return msgspec.json.decode(status.read_bytes(), type=_State).state
    except (OSError, msgspec.DecodeError):
        return ""
