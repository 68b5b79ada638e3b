"""A sweep at one look: how its jobs stand, how far they are, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import msgspec

from ...core.shard import parse_shard
from ..advance import Advance, read_progress
from ..folder import RunFolder
from .states import STATES, JobState, State, read_states
from .sweep import JobHead, SweepFolder


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """A job for people and programs.

    `done`, `failed` and `total` count samples of the job, a repeated one as often as it is asked. A
    running job asks `per_s` of them a second, will take `left_s` more seconds at that pace, and
    told so `silent_s` seconds ago. `log` holds what it prints.
    """

    index: int
    name: str
    state: State
    reason: str | None
    shard: str | None
    handle: str | None
    started_at: str | None
    folder: str
    log: str
    done: int | None = None
    failed: int | None = None
    total: int | None = None
    per_s: float | None = None
    left_s: float | None = None
    silent_s: float | None = None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """A sweep: how many jobs are in each state, samples of all runs, and dollars spent on them.

    `trouble` is why the launcher does not answer, where it does not: then states of jobs that ended
    without a word are guesses.
    """

    sweep: str
    states: dict[State, int]
    done: int
    total: int
    cost_usd: float
    jobs: tuple[JobView, ...]
    trouble: str | None = None


class _Spent(msgspec.Struct, frozen=True):
    cost_usd: float = 0.0


class _Results(msgspec.Struct, frozen=True):
    """What is wanted of `results.json`."""

    planned: int
    predicted: int
    usage: _Spent = _Spent()
    judge_usage: _Spent = _Spent()


def read_overview(sweep: SweepFolder) -> Overview:
    """Return how a sweep stands. Raises ConfigError for a folder that is none, DataError."""
    standings = read_states(sweep)
    cwd = Path(sweep.read_head().cwd)
    told = {state.job.index: _advance(state.job, cwd) for state in standings.jobs}
    counts = Counter(state.state for state in standings.jobs)
    done, usd = _of_runs(standings.jobs, told, cwd)
    return Overview(
        sweep=str(sweep.path),
        states={state: counts[state] for state in STATES if counts[state]},
        done=done,
        total=sum({state.job.folder: state.job.planned for state in standings.jobs}.values()),
        cost_usd=usd,
        jobs=tuple(_view(sweep, state, told[state.job.index]) for state in standings.jobs),
        trouble=standings.trouble,
    )


def _advance(job: JobHead, cwd: Path) -> Advance | None:
    folder = RunFolder(cwd / job.folder)
    return read_progress(folder.of_shard(parse_shard(job.shard)) if job.shard else folder)


def _of_runs(
    jobs: Sequence[JobState], told: dict[int, Advance | None], cwd: Path
) -> tuple[int, float]:
    """Return the samples done and the dollars spent in all runs.

    Results tell of what came before; what runs now is not in them yet.
    """
    done, usd = 0, 0.0
    for folder in {state.job.folder for state in jobs}:
        results = _results(cwd / folder)
        if results is not None:
            done += results.predicted
            usd += results.usage.cost_usd + results.judge_usage.cost_usd
    for state in jobs:
        advance = told[state.job.index]
        if advance is not None and _is_news(state, advance):
            done += advance.asked - advance.failed
            usd += advance.usage.cost_usd
    return done, usd


def _results(run: Path) -> _Results | None:
    try:
        return msgspec.json.decode(RunFolder(run).results.read_bytes(), type=_Results)
    except (OSError, msgspec.MsgspecError):
        return None


def _is_news(state: JobState, advance: Advance) -> bool:
    """Whether a job tells of the start that it is in, not of an earlier one."""
    started = state.started_at
    return state.state == "running" and started is not None and advance.updated_at >= started


def _view(sweep: SweepFolder, state: JobState, advance: Advance | None) -> JobView:
    job = state.job
    view = JobView(
        index=job.index,
        name=job.name,
        state=state.state,
        reason=state.reason,
        shard=job.shard,
        handle=state.handle,
        started_at=state.started_at,
        folder=job.folder,
        log=str(sweep.job_log(job.index)),
    )
    if advance is None:
        return view
    view = msgspec.structs.replace(
        view, done=advance.done, failed=advance.failed, total=advance.total
    )
    return _with_pace(view, advance) if _is_news(state, advance) else view


def _with_pace(view: JobView, advance: Advance) -> JobView:
    updated = datetime.fromisoformat(advance.updated_at)
    took = (updated - datetime.fromisoformat(view.started_at or advance.updated_at)).total_seconds()
    per_s = advance.asked / took if took > 0 and advance.asked else None
    left = max(0, advance.total - advance.done - advance.failed)
    return msgspec.structs.replace(
        view,
        per_s=per_s,
        left_s=left / per_s if per_s else None,
        silent_s=max(0.0, (datetime.now(timezone.utc) - updated).total_seconds()),
    )
