"""One program, run once against the fixed server, and checked to have done its work."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import msgspec
from metering import Cost, measure
from serving import Served, Server
from subjects import Job, Launch, Subject


class FaultError(Exception):
    """A program did not do what it was measured at."""


class Trial(msgspec.Struct, frozen=True):
    """What one run cost, what the server saw of it, and the seconds of its resume, if it had one.

    The time while active runs from the first request to the last answer.
    """

    requests: int
    cost: Cost
    served: Served
    resume_s: float | None = None

    @property
    def active_rate(self) -> float:
        return self.requests / self.served.active_s

    @property
    def wall_rate(self) -> float:
        return self.requests / self.cost.wall_s

    @property
    def cpu_s_per_1000(self) -> float:
        return self.cost.cpu_s / self.requests * 1000

    @property
    def start_s(self) -> float:
        """From launch to the first request."""
        assert self.served.first_request is not None
        return self.served.first_request - self.cost.started

    @property
    def tail_s(self) -> float:
        """From the last answer to the end."""
        assert self.served.last_answer is not None
        return self.cost.ended - self.served.last_answer


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Medians over `runs` trials of one program in one case."""

    runs: int
    active_rate: float
    wall_rate: float
    cpu_s_per_1000: float
    peak_mb: float
    start_s: float
    tail_s: float
    resume_s: float | None


def summary(trials: Sequence[Trial]) -> Summary:
    resumes = [trial.resume_s for trial in trials if trial.resume_s is not None]
    return Summary(
        runs=len(trials),
        active_rate=median(trial.active_rate for trial in trials),
        wall_rate=median(trial.wall_rate for trial in trials),
        cpu_s_per_1000=median(trial.cpu_s_per_1000 for trial in trials),
        peak_mb=median(trial.cost.peak_mb for trial in trials),
        start_s=median(trial.start_s for trial in trials),
        tail_s=median(trial.tail_s for trial in trials),
        resume_s=median(resumes) if resumes else None,
    )


def try_once(
    subject: Subject, rows: Path, requests: int, server: Server, connections: int, core: int | None
) -> Trial:
    """Run `subject` in an empty folder, and again if that is a resume. Raises FaultError."""
    with tempfile.TemporaryDirectory() as name:
        job = Job(rows, server.api_base, connections, Path(name))
        launch = subject.launch(job)
        trial = asked(launch, requests, server, job.folder, core)
        answers = subject.answers(job.folder)
        if answers.count != requests or answers.score not in (None, 0.5):
            raise FaultError(f"{requests} questions, half of them answered rightly: {answers}")
        if not subject.resumes:
            return trial
        return msgspec.structs.replace(trial, resume_s=_resume_s(launch, server, job.folder, core))


def asked(launch: Launch, requests: int, server: Server, folder: Path, core: int | None) -> Trial:
    """Run a command that should make `requests` requests. Raises FaultError."""
    server.reset()
    cost = measure(launch.command, folder=folder, environment=launch.environment, core=core)
    served = server.served()
    if cost.exit_code:
        raise FaultError(f"exit code {cost.exit_code}; it ends with:\n{cost.output}")
    if (served.requests, served.answers) != (requests, requests):
        raise FaultError(f"{served} where {requests} requests were due; output:\n{cost.output}")
    return Trial(requests, cost, served)


def _resume_s(launch: Launch, server: Server, folder: Path, core: int | None) -> float:
    server.reset()
    again = measure(launch.command, folder=folder, environment=launch.environment, core=core)
    asked_again = server.served().requests
    if again.exit_code or asked_again:
        raise FaultError(f"the resume asked {asked_again} times; output:\n{again.output}")
    return again.wall_s
