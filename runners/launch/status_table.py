"""A sweep as people read it: a line of counts, and a table of jobs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..tables.table import MISSING, Table
from .overview import JobView, Overview
from .sweep import SweepFolder

# Of more jobs than this, those that go as they should are only counted.
_FEW = 20
_UNTROUBLED = frozenset({"complete", "waiting"})
_SILENT_S = 60


def summary(overview: Overview) -> str:
    """Return a sweep in a line: jobs by state, samples, dollars."""
    states = ", ".join(f"{n} {_words(state)}" for state, n in overview.states.items())
    parts = [f"jobs: {states}", f"samples: {overview.done:,} of {overview.total:,} done"]
    if overview.cost_usd:
        parts.append(f"${overview.cost_usd:.2f}")
    return "; ".join(parts)


def status_table(overview: Overview, *, every: bool = False, failed: bool = False) -> Table:
    """Return the jobs of a sweep: those worth a look, `every` one, or those that `failed`."""
    shown = _shown(overview.jobs, every=every, failed=failed)
    notes = [summary(overview)]
    if len(shown) < len(overview.jobs) and not failed:
        notes.append(f"{len(overview.jobs) - len(shown)} jobs not shown: --all")
    if overview.trouble:
        notes.append(f"the launcher cannot be asked: {overview.trouble}")
    header = ("job", "run", "state", "done", "failed", "left", "what")
    numeric = (True, False, False, True, True, True, False)
    rows = tuple(map(_row, shown))
    return Table(f"sweep {Path(overview.sweep).name}", header, rows, tuple(notes), numeric=numeric)


def sweeps_table(sweeps: Sequence[SweepFolder]) -> Table:
    """Return what sweeps there are."""
    header = ("folder", "created", "launcher", "jobs", "command")
    rows = tuple(map(_sweep_row, sweeps))
    return Table("sweeps", header, rows, numeric=(False, False, False, True, False))


def duration(seconds: float) -> str:
    """Return seconds as people say them: 42s, 7m, 3h12m, 2d05h."""
    minutes, hours = int(seconds // 60), int(seconds // 3600)
    if not minutes:
        return f"{seconds:.0f}s"
    if not hours:
        return f"{minutes}m"
    days = hours // 24
    return f"{days}d{hours % 24:02}h" if days else f"{hours}h{minutes % 60:02}m"


def _shown(jobs: Sequence[JobView], *, every: bool, failed: bool) -> list[JobView]:
    if failed:
        return [job for job in jobs if job.state not in {*_UNTROUBLED, "running"}]
    if every or len(jobs) <= _FEW:
        return list(jobs)
    return [job for job in jobs if job.state not in _UNTROUBLED]


def _row(job: JobView) -> tuple[str, ...]:
    done = MISSING if job.done is None else f"{job.done}/{job.total}"
    return (
        str(job.index),
        f"{job.name} {job.shard}" if job.shard else job.name,
        _words(job.state),
        done,
        str(job.failed) if job.failed else MISSING,
        duration(job.left_s) if job.left_s is not None else MISSING,
        _what(job),
    )


def _what(job: JobView) -> str:
    """Return why a job waits or ended, or how it goes on; a failure's log is named."""
    words = [job.reason] if job.reason else []
    if job.state == "running":
        if job.per_s is not None:
            words.append(f"{job.per_s:.2g} samples/s" if job.per_s < 10 else f"{job.per_s:.0f}/s")
        if job.silent_s is not None and job.silent_s > _SILENT_S:
            words.append(f"nothing new for {duration(job.silent_s)}")
    elif job.state not in {*_UNTROUBLED, "not_submitted"} and Path(job.log).exists():
        words.append(f"see {os.path.relpath(job.log)}")
    return "; ".join(words) or MISSING


def _words(state: str) -> str:
    return state.replace("_", " ")


def _sweep_row(sweep: SweepFolder) -> tuple[str, ...]:
    head = sweep.read_head()
    command = " ".join(("evalrun", *head.command))
    jobs = sum(1 for _ in sweep.read_jobs())
    return (str(sweep.path), head.created_at, str(head.launcher["name"]), str(jobs), command)
