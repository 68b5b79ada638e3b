"""`progress.json`: how far a run, or a shard of one, is."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from ..core.exchange import Usage
from .folder import RunFolder

_EVERY_S = 5.0


class Advance(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the `total` (sample, epoch) pairs are done, and how many have failed.

    `asked` and `usage` are of the latest start; failed are those without a reply, or whose scorer
    failed. `updated_at` is in UTC, to the second.
    """

    done: int
    failed: int
    total: int
    asked: int
    usage: Usage
    updated_at: str


class AdvanceFile:
    """Rewrites the file, at most each `_EVERY_S` but for its first and last word.

    It is for watching only: it is not synced, and one that cannot be written stops no run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._due_at = 0.0

    def is_due(self) -> bool:
        """Tell whether it is time to write again."""
        return time.monotonic() >= self._due_at

    def write(self, advance: Advance) -> None:
        """Replace the file."""
        self._due_at = time.monotonic() + _EVERY_S
        part = self._path.with_name(f".{self._path.name}.{os.getpid()}.part")
        with suppress(OSError):
            part.write_bytes(msgspec.json.encode(advance) + b"\n")
            part.replace(self._path)


def read_progress(folder: RunFolder) -> Advance | None:
    """Return how far the run or shard in `folder` is, None when it does not say."""
    try:
        return msgspec.json.decode(folder.progress.read_bytes(), type=Advance)
    except (OSError, msgspec.MsgspecError):
        return None
