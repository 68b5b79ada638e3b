"""Somebody at a terminal of the cluster, and what they find in their folder."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from command import COMMAND
from rows import read_jsonl
from served import KEY
from slurm.cluster import Cluster, until

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
# So short that jobs of several tests share the machine, and every job may run at once.
SMALL = ("launcher.cpus_per_task=1", "launcher.mem_gb=1")


class State(NamedTuple):
    """How a job stands by `evalrun sweep status`."""

    state: str
    reason: str | None
    handle: str | None


class User:
    """Runs `evalrun` in `folder`, where SLURM is that of `cluster`."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        no_proxy = {name: "" for upper in _PROXIES for name in (upper, upper.lower())}
        self._environment = {**os.environ, **cluster.environment, **no_proxy, "OPENAI_API_KEY": KEY}
        self._environment |= {"OMP_NUM_THREADS": "1"}

    def evalrun(self, *arguments: str, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def submit(self, *arguments: str) -> None:
        """Submit a sweep of small jobs."""
        done = self.evalrun("--multirun", "launcher=slurm", *SMALL, *arguments)
        assert done.returncode == 0, done.stderr

    def sweep(self, *arguments: str, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
        """Run `evalrun sweep ...` on the latest sweep."""
        return self.evalrun("sweep", *arguments, timeout_s=timeout_s)

    def states(self) -> dict[int, State]:
        """Return how the jobs of the latest sweep stand."""
        done = self.sweep("status", "--all", "--format", "json")
        assert done.returncode == 0, done.stderr
        jobs: list[dict[str, Any]] = json.loads(done.stdout)["jobs"]
        return {job["index"]: State(job["state"], job["reason"], job["handle"]) for job in jobs}

    def wait_until_complete(self) -> None:
        done = self.sweep("wait", "--poll", "0.5", "--timeout", "200")
        assert done.returncode == 0, f"{done.stderr}\n{self.logs()}"

    def record(self, index: int) -> list[dict[str, Any]]:
        """Return what a job told of its starts and ends."""
        (sweep,) = self.folder.glob("outputs/sweeps/*")
        path = sweep / "jobs" / str(index) / "record.jsonl"
        return read_jsonl(path) if path.exists() else []

    def wait_for_start(self, index: int, times: int = 1) -> dict[str, Any]:
        """Wait until a job has begun so many times, and return what it tells of the last."""

        def starts() -> list[dict[str, Any]]:
            return [event for event in self.record(index) if event["ending"] is None]

        until(lambda: len(starts()) >= times, f"job {index} has begun {times} times")
        return starts()[-1]

    def endings(self, index: int) -> list[str]:
        return [event["ending"] for event in self.record(index) if event["ending"] is not None]

    def logs(self) -> str:
        paths = sorted(self.folder.glob("outputs/sweeps/*/*/**/*log*"))
        return "\n".join(f"== {path}\n{path.read_text()}" for path in paths if path.is_file())
