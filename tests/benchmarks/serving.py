"""The fixed server as a process beside what is measured."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

import msgspec

SCRIPT = Path(__file__).parents[1] / "servers" / "fixed_server.py"


class Served(msgspec.Struct, frozen=True):
    """What the server says of a run; times are those of `time.monotonic`."""

    requests: int
    answers: int
    most_running: int
    connections: int
    received_bytes: int
    first_request: float | None
    last_answer: float | None

    @property
    def active_s(self) -> float:
        """From the first request to the last answer."""
        if self.first_request is None or self.last_answer is None:
            return 0.0
        return self.last_answer - self.first_request


class Server:
    """Answers every request `delay_ms` after it has come, on a core of its own."""

    def __init__(self, *, delay_ms: float, core: int | None) -> None:
        command = [sys.executable, SCRIPT, "--delay-ms", str(delay_ms)]
        if core is not None:
            command += ["--core", str(core)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.api_base = self._process.stdout.readline().strip()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def reset(self) -> None:
        self._get("reset")

    def served(self) -> Served:
        """Return what was served since the last reset."""
        return msgspec.json.decode(self._get("stats"), type=Served)

    def _get(self, path: str) -> bytes:
        url = f"{self.api_base.removesuffix('/v1')}/{path}"
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.read()
