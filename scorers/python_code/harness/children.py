"""A forked child that answers requests, each a JSON object on a line, within a time."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

_CHUNK = 1 << 16

Request = dict[str, Any]
Answer = dict[str, Any]
Ask = Callable[[], Request]
Tell = Callable[[Answer], None]


class ChildError(Exception):
    """The child gave no answer: `end` is `timeout`, or `crash` when it ended or wrote nonsense."""

    def __init__(self, end: str) -> None:
        super().__init__(end)
        self.end = end


class Child:
    """A process that `serve` runs in: its arguments get the next request, and send an answer.

    Its stdin is at its end; what it writes to stdout and stderr is dropped.
    """

    def __init__(self, serve: Callable[[Ask, Tell], None]) -> None:
        requests_out, requests_in = os.pipe()
        answers_out, answers_in = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(requests_in)
            os.close(answers_out)
            _serve(serve, requests_out, answers_in)
        os.close(requests_out)
        os.close(answers_in)
        self._requests = os.fdopen(requests_in, "wb", buffering=0)
        self._answers = answers_out
        self._read = bytearray()

    def ask(self, request: Request, limit_s: float) -> Answer:
        """Return the answer to `request`. Raises ChildError when none comes in `limit_s`."""
        deadline = time.monotonic() + limit_s
        try:
            _write(self._requests, request)
        except OSError:
            raise ChildError("crash") from None
        return _answer(self._line(deadline))

    def _line(self, deadline: float) -> bytes:
        """Return the next line that the child wrote. Raises ChildError."""
        end = self._read.find(b"\n")
        while end < 0:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                raise ChildError("timeout")
            chunk = os.read(self._answers, _CHUNK)
            if not chunk:
                raise ChildError("crash")
            end = chunk.find(b"\n")
            end += len(self._read) if end >= 0 else 0
            self._read += chunk
        line = bytes(self._read[:end])
        del self._read[: end + 1]
        return line

    def end(self) -> None:
        """Kill the child."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _serve(serve: Callable[[Ask, Tell], None], requests: int, answers: int) -> None:
    """Run `serve` with standard streams that lead nowhere; never return to what forked."""
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        source, sink = os.fdopen(requests, "rb"), os.fdopen(answers, "wb", buffering=0)
        serve(lambda: json.loads(source.readline()), lambda answer: _write(sink, answer))
    finally:
        os._exit(1)  # nothing of the parent's may run in the child


def _write(pipe: BinaryIO | Any, message: dict[str, Any]) -> None:
    left = memoryview(json.dumps(message).encode() + b"\n")
    while left:
        left = left[pipe.write(left) :]


def _answer(line: bytes) -> Answer:
    """Return what the child said. Raises ChildError where it is not an answer."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        raise ChildError("crash") from None
    if not isinstance(answer, dict):
        raise ChildError("crash")
    return answer
