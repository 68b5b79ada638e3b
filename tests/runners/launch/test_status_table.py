"""A sweep as people read it: how far jobs are, and which of many are shown."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sweep_world import jobs_of, new_sweep, recorded_config, tell

from evalrun.runners.launch.local.queue import Queue
from evalrun.runners.launch.overview import JobView, Overview, read_overview
from evalrun.runners.launch.record import End, Event, note
from evalrun.runners.launch.status_table import duration, status_table, summary
from evalrun.runners.launch.sweep import SweepFolder


def view(index: int, state: Any, **changes: Any) -> JobView:
    return JobView(
        index=index,
        name=f"run {index}",
        state=state,
        reason=changes.pop("reason", None),
        shard=changes.pop("shard", None),
        handle="h",
        started_at=None,
        folder="outputs/run",
        log=changes.pop("log", "absent"),
        **changes,
    )


def overview(*jobs: JobView, **changes: Any) -> Overview:
    states = dict.fromkeys((job.state for job in jobs), 0)
    for job in jobs:
        states[job.state] += 1
    defaults = {"sweep": "outputs/sweeps/s", "done": 3, "total": 1200, "cost_usd": 0.0}
    return Overview(jobs=jobs, states=states, **{**defaults, **changes})


def test_the_summary_counts_jobs_samples_and_dollars() -> None:
    jobs = [view(0, "complete"), view(1, "failed_samples"), view(2, "complete")]
    assert summary(overview(*jobs)) == (
        "jobs: 2 complete, 1 failed samples; samples: 3 of 1,200 done"
    )
    assert summary(overview(view(0, "running"), cost_usd=1.5)).endswith("; $1.50")


def test_of_many_jobs_those_that_go_as_they_should_are_counted_alone() -> None:
    jobs = [view(n, "complete" if n % 2 else "waiting") for n in range(40)]
    jobs[7] = view(7, "failed")
    jobs[8] = view(8, "running")
    many = overview(*jobs)
    assert [row[0] for row in status_table(many).rows] == ["7", "8"]
    assert "38 jobs not shown: --all" in status_table(many).notes
    assert len(status_table(many, every=True).rows) == 40
    assert [row[0] for row in status_table(many, failed=True).rows] == ["7"]
    assert len(status_table(overview(*jobs[:20])).rows) == 20


def test_a_running_job_tells_its_pace_and_its_silence() -> None:
    job = view(0, "running", shard="2/3", done=5, failed=1, total=50, per_s=2.5, left_s=4000)
    (row,) = status_table(overview(job)).rows
    assert row == ("0", "run 0 2/3", "running", "5/50", "1", "1h06m", "2.5 samples/s")
    silent = msgspec.structs.replace(job, silent_s=300.0)
    (row,) = status_table(overview(silent)).rows
    assert row[-1] == "2.5 samples/s; nothing new for 5m"


def test_a_failure_tells_its_reason_and_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.touch()
    jobs = view(0, "failed", reason="no key", log=str(log)), view(1, "lost", reason="gone")
    rows = status_table(overview(*jobs)).rows
    assert rows[0][-1] == f"no key; see {os.path.relpath(log)}"
    assert rows[1][-1] == "gone"


def test_a_launcher_that_does_not_answer_is_a_note() -> None:
    table = status_table(overview(view(0, "waiting"), trouble="squeue: no controller"))
    assert "the launcher cannot be asked: squeue: no controller" in table.notes


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h00m"), (190000, "2d04h")],
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def stamp(seconds_ago: float) -> str:
    at = datetime.now(timezone.utc) - timedelta(seconds=seconds_ago)
    return at.isoformat(timespec="seconds")


def progress(folder: Path, **counts: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    usage = {"cost_usd": counts.pop("cost_usd", 0.0)}
    (folder / "progress.json").write_text(json.dumps({**counts, "usage": usage}))


def running(sweep: SweepFolder, job: int, handle: str, seconds_ago: float) -> None:
    event = Event(at=stamp(seconds_ago), handle=handle, host="here", pid=1)
    note(sweep.job_folder(job), event)
    assert Queue(sweep).job_lock(job).take() is not None


def test_progress_of_a_running_job_becomes_pace_and_time_left(tmp_path: Path) -> None:
    sweep = new_sweep(tmp_path, jobs_of([recorded_config(tmp_path)], planned=100))
    handles = Queue(sweep).add(list(sweep.read_whole_jobs([0])))
    sweep.note_submissions(handles, "local", "now")
    running(sweep, 0, "local-0", 120)
    folder = tmp_path / "outputs" / "run-0"
    counts = {"done": 60, "failed": 10, "total": 100, "asked": 40, "cost_usd": 0.5}
    progress(folder, **counts, updated_at=stamp(20))
    found = read_overview(sweep)
    (job,) = found.jobs
    assert (job.done, job.failed, job.total) == (60, 10, 100)
    assert job.per_s == pytest.approx(0.4)
    assert job.left_s == pytest.approx(75)
    assert job.silent_s == pytest.approx(20, abs=2)
    assert (found.done, found.total, found.cost_usd) == (30, 100, 0.5)


def test_progress_of_an_earlier_start_has_no_pace(tmp_path: Path) -> None:
    sweep = new_sweep(tmp_path, jobs_of([recorded_config(tmp_path)]))
    handles = Queue(sweep).add(list(sweep.read_whole_jobs([0])))
    sweep.note_submissions(handles, "local", "now")
    running(sweep, 0, "local-0", 10)
    counts = {"done": 1, "failed": 0, "total": 2, "asked": 1}
    progress(tmp_path / "outputs" / "run-0", **counts, updated_at=stamp(500))
    (job,) = read_overview(sweep).jobs
    assert (job.done, job.per_s, job.left_s, job.silent_s) == (1, None, None, None)


def test_shards_of_a_run_are_planned_and_paid_for_once(tmp_path: Path) -> None:
    config = recorded_config(tmp_path)
    jobs = [
        msgspec.structs.replace(job, folder="outputs/run", shard=f"{job.index + 1}/2", planned=10)
        for job in jobs_of([config, config])
    ]
    sweep = new_sweep(tmp_path, jobs)
    handles = Queue(sweep).add(jobs)
    sweep.note_submissions(handles, "local", "now")
    tell(sweep, 0, "local-0")
    tell(sweep, 0, "local-0", End("complete", 0))
    running(sweep, 1, "local-1", 60)
    run = tmp_path / "outputs" / "run"
    counts = {"done": 3, "failed": 0, "total": 5, "asked": 3, "cost_usd": 0.25}
    progress(run / "shards" / "2-of-2", **counts, updated_at=stamp(1))
    results = {"planned": 10, "predicted": 5, "usage": {"cost_usd": 1.0}, "judge_usage": {}}
    (run / "results.json").write_text(json.dumps(results))
    found = read_overview(sweep)
    assert (found.done, found.total, found.cost_usd) == (8, 10, 1.25)
    assert (found.jobs[1].done, found.jobs[1].total) == (3, 5)
