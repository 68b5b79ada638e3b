"""Sweeps on this machine, from the command line, and the processes behind them."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from command import evalrun
from rows import read_jsonl

# The machine may be busy with other tests.
PATIENCE_S = 120.0


class Swept:
    """A folder with one sweep in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def path(self) -> Path:
        """The sweep folder."""
        (path,) = (self.folder / "outputs" / "sweeps").iterdir()
        return path

    def sweep(self, *arguments: str, code: int = 0) -> str:
        """Return what `evalrun sweep ARGUMENTS` prints, which should end with `code`."""
        done = evalrun("sweep", *arguments, cwd=self.folder)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def wait(self, code: int = 0) -> str:
        """Wait for all jobs."""
        return self.sweep("wait", "--poll", "0.2", code=code)

    def overview(self) -> dict[str, Any]:
        done = evalrun("sweep", "status", "--format", "json", cwd=self.folder)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def states(self) -> list[str]:
        return [job["state"] for job in self.overview()["jobs"]]

    def reason(self, job: int) -> str:
        return self.overview()["jobs"][job]["reason"]

    def log(self, job: int) -> Path:
        return self.path / "jobs" / str(job) / "log.txt"

    def pid_of_job(self, job: int) -> int:
        """Return the process that works on a job, waiting until it has finished some samples."""
        rows = self.folder / self.overview()["jobs"][job]["folder"] / "predictions.jsonl"
        self.until(lambda: rows.exists() and rows.stat().st_size > 0)
        return int(json.loads((self.path / "jobs" / str(job) / ".lock").read_text())["pid"])

    def pid_of_server(self) -> int:
        return int(json.loads((self.path / "local" / ".lock").read_text())["pid"])

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    def good_rows(self) -> list[tuple[str, str, int]]:
        """Return (run, sample, epoch) of each good prediction."""
        return [
            (log.parent.name, row["sample_id"], row["epoch"])
            for log in self.folder.glob("outputs/*/*/*/predictions.jsonl")
            for row in read_jsonl(log)
            if row["error"] is None
        ]

    def stop(self) -> None:
        """Leave no process behind."""
        for lock in self.folder.glob("outputs/sweeps/*/**/.lock"):
            with suppress(ValueError, OSError, KeyError):
                process = int(json.loads(lock.read_text())["pid"])
                if b"evalrun" in Path(f"/proc/{process}/cmdline").read_bytes():
                    os.kill(process, signal.SIGKILL)
