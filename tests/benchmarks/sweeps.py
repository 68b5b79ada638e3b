"""What a sweep of many jobs costs beside its runs: to submit, to start each job, to ask for status.

    python tests/benchmarks/sweeps.py --jobs 1000

Submits a sweep of small recorded runs to this machine, one job at a time, and then performs the
same runs in one process. Bounds are in terms of what was measured in the same minute: composing one
configuration, starting an interpreter that has evalrun, and the runs themselves.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from statistics import median

import msgspec
from targets import Verdict

COMMAND = Path(sys.executable).with_name("evalrun")
ROWS = 3
ROUNDS = 5
WORLD = ("recipe=file", "benchmark.path=rows.jsonl", "model=recorded", "model.path=replies.jsonl")
COMPOSE = """
import time
from evalrun.runners.compose import Composer
Composer().compose({overrides!r})
started = time.perf_counter()
Composer().compose({overrides!r})
print(time.perf_counter() - started)
"""


class Status(msgspec.Struct, frozen=True):
    """Seconds of the status command: on the clock, and of the processor, which others may share."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f} CPU-s)"


class Cost(msgspec.Struct, frozen=True):
    """Seconds: of all jobs where there are many, and else of one thing done once."""

    submission: float
    jobs: float
    runs: float
    status_at_once: Status
    status_at_the_end: Status
    compose: float
    interpreter: float


def main() -> None:
    """Measure a sweep of so many jobs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    jobs = parser.parse_args().jobs
    with tempfile.TemporaryDirectory() as swept, tempfile.TemporaryDirectory() as here:
        cost = measured(Path(swept), Path(here), jobs)
    per_job = (cost.jobs - cost.runs) / jobs
    print(f"submission: {cost.submission:.1f} s, {cost.submission / jobs * 1e3:.1f} ms a job")
    print(f"jobs: {cost.jobs:.1f} s, {cost.jobs / jobs * 1e3:.1f} ms a job")
    print(f"the same runs in one process: {cost.runs / jobs * 1e3:.1f} ms a run")
    print(f"scheduling: {per_job * 1e3:.1f} ms a job")
    print(f"status: {cost.status_at_once} at once, {cost.status_at_the_end} at the end")
    print(f"composing one: {cost.compose * 1e3:.1f} ms; interpreter: {cost.interpreter:.2f} s")
    for verdict in verdicts(cost, per_job, jobs):
        print(verdict)


def verdicts(cost: Cost, per_job: float, jobs: int) -> Iterator[Verdict]:
    """Yield what should hold, and whether it does."""
    composing = cost.submission / jobs / cost.compose
    yield Verdict("submission of a job, of composing one", composing, 0.5, at_least=False)
    starting = per_job / cost.interpreter
    yield Verdict("scheduling of a job, of an interpreter's start", starting, 0.5, at_least=False)
    yield Verdict("status at once, CPU-s", cost.status_at_once.cpu, 1, at_least=False)
    yield Verdict("status at the end, CPU-s", cost.status_at_the_end.cpu, 1, at_least=False)


def measured(swept: Path, here: Path, jobs: int) -> Cost:
    """Run the same sweep as jobs in `swept` and in one process in `here`."""
    for folder in (swept, here):
        write_world(folder)
    axis = f"run.seed={','.join(map(str, range(jobs)))}"
    submission = seconds(lambda: evalrun(swept, "--multirun", *WORLD, axis, "launcher=local"))
    at_once = status_s(swept)
    evalrun(swept, "sweep", "wait", "--poll", "2")
    return Cost(
        submission=submission,
        jobs=span(swept),
        runs=runs_s(here, axis),
        status_at_once=at_once,
        status_at_the_end=status_s(swept),
        compose=compose_s(here),
        interpreter=median(seconds(interpreter) for _ in range(ROUNDS)),
    )


def write_world(folder: Path) -> None:
    """Write rows and replies."""
    for name, key in (("rows", "input"), ("replies", "output")):
        rows = ({"id": f"q{i}", key: f"{i}", "target": f"{i}"} for i in range(ROWS))
        kept = ({k: v for k, v in row.items() if key == "input" or k != "target"} for row in rows)
        text = "".join(json.dumps(row) + "\n" for row in kept)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def evalrun(folder: Path, *arguments: str) -> str:
    """Return what `evalrun ARGUMENTS` prints; it must end well."""
    done = subprocess.run(
        [COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def status_s(folder: Path) -> Status:
    """Return the median seconds of the status command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = median(seconds(lambda: evalrun(folder, "sweep", "status")) for _ in range(ROUNDS))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Status(wall, cpu / ROUNDS)


def span(folder: Path) -> float:
    """Return the seconds from the submission to the end of the last job."""
    (sweep,) = (folder / "outputs" / "sweeps").iterdir()
    records = list(sweep.glob("jobs/*/record.jsonl"))
    last = [json.loads(record.read_text().splitlines()[-1]) for record in records]
    assert all(event["ending"] == "complete" for event in last)
    ended = max(datetime.fromisoformat(event["at"]) for event in last).timestamp()
    return ended - (sweep / "submissions.jsonl").stat().st_mtime


def runs_s(folder: Path, axis: str) -> float:
    """Return the seconds that the runs take in one process, from the first to the last."""
    evalrun(folder, "--multirun", *WORLD, axis, "--quiet")
    times = [run.stat().st_mtime for run in folder.glob("outputs/*/*/*/results.json")]
    between = max(times) - min(times)
    return between * len(times) / (len(times) - 1)


def compose_s(folder: Path) -> float:
    """Return the seconds that composing one configuration takes, Hydra being imported."""
    program = COMPOSE.format(overrides=[*WORLD, "run.seed=1"])
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def interpreter() -> None:
    """Start Python, with all that a job needs, once."""
    module = [sys.executable, "-m", "evalrun.runners.launch.job", "--help"]
    subprocess.run(module, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main()
