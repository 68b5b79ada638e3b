"""A shell at a terminal of its own, typed into as a user does."""

from __future__ import annotations

import os
import pty
import re
import select
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>]|\][^\x07]*\x07)")
_LIMIT_S = 60.0
_CLEAR_LINE = "\x15"
_BELL = "\x07"


class Terminal:
    """What is typed into a shell, and what it shows."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def type(self, text: str) -> None:
        """Send `text` as it stands: it is not ended with a return."""
        os.write(self._descriptor, text.encode())

    def shown(self, wanted: str) -> str:
        """Return what is shown until `wanted` is; fail when it does not come."""
        text, end = "", time.monotonic() + _LIMIT_S
        while wanted not in text:
            if not select.select([self._descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"{wanted!r} is not shown: {text!r}")
            text += os.read(self._descriptor, 65536).decode(errors="replace")
            text = _ESCAPES.sub("", text).replace("\r", "").replace(_BELL, "")
        return text

    def completed(self, typed: str, wanted: str) -> None:
        """Type `typed` and TAB, see `wanted` on the line, and take the line back."""
        self.type(typed + "\t")
        self.shown(wanted)
        self.type(_CLEAR_LINE)


@contextmanager
def terminal(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Iterator[Terminal]:
    """Run `command` at a terminal 200 columns wide."""
    child, descriptor = pty.fork()
    if child == 0:
        os.chdir(cwd)
        os.execvpe(command[0], command, {**env, "TERM": "dumb", "COLUMNS": "200"})
    try:
        yield Terminal(descriptor)
    finally:
        os.close(descriptor)  # the shell is told that its terminal has gone
        os.waitpid(child, 0)
