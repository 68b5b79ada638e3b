"""What the processes of vLLM print: kept off the terminal, read when something goes wrong."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

# "ValueError: ..." at the end of a traceback, with or without the prefix of a log record.
_ERROR = re.compile(r"(?:^|[\])] )([\w.]*(?:Error|Exception): .+)$", re.MULTILINE)
# "vllm serve: error: argument --dtype: ..." of a command line that is refused.
_USAGE = re.compile(r"^[\w. -]+: error: (.+)$", re.MULTILINE)
# vLLM repeats a failure in every process above the one it happened in, and points back.
_POINTER = re.compile(r"root cause|stack trace \(?above")


class EngineLog:
    """A file that takes the output of the engine's processes."""

    def __init__(self) -> None:
        handle, name = tempfile.mkstemp(prefix="evalrun-vllm-", suffix=".log")
        os.close(handle)
        self.path = Path(name)

    @contextmanager
    def taking_output(self) -> Generator[None]:
        """Send what this process prints to the file, and for good what its new children print.

        The file descriptors are redirected, because children and C++ libraries know no others.
        """
        streams = (sys.stdout, sys.stderr)
        for stream in streams:
            stream.flush()
        saved = [os.dup(number) for number in (1, 2)]
        try:
            with self.path.open("ab") as file:
                for number in (1, 2):
                    os.dup2(file.fileno(), number)
            yield
        finally:
            for stream in streams:
                stream.flush()
            for number, before in zip((1, 2), saved, strict=True):
                os.dup2(before, number)
                os.close(before)

    def last_error(self) -> str | None:
        """Return the last error in the file that says what happened itself."""
        text = self.path.read_text(errors="replace")
        errors: list[str] = _ERROR.findall(text)
        own = [error for error in errors if not _POINTER.search(error)] or _USAGE.findall(text)
        return own[-1] if own else None

    def last_line(self) -> str | None:
        """Return the last line that is not blank."""
        lines = self.path.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), None)

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)
