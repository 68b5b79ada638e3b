"""The state of a job: its own word, then the launcher's, then what both do not say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from sweep_world import jobs_of, new_sweep, recorded_config, tell

from evalrun.core.errors import ConfigError
from evalrun.runners.launch.launcher import Standing
from evalrun.runners.launch.local.queue import Queue
from evalrun.runners.launch.record import End, Event
from evalrun.runners.launch.states import decided, read_states
from evalrun.runners.launch.sweep import JobHead, SweepFolder

JOB = JobHead(index=0, name="run", folder="outputs/run", planned=2)
GONE = 2**22 + 1  # above every process id


def started(handle: str | None = "h") -> Event:
    return Event(at="t", handle=handle, host="node", pid=GONE)


def ended(ending: Any, reason: str | None = None) -> Event:
    return Event(at="t", handle="h", host="node", pid=GONE, ending=ending, reason=reason)


WAITING = Standing("waiting", "Resources")
RUNNING = Standing("running")


@pytest.mark.parametrize(
    ("events", "standing", "state", "reason"),
    [
        ([], WAITING, "waiting", "Resources"),
        ([], RUNNING, "running", None),
        ([], Standing("cancelled"), "cancelled", None),
        ([], None, "lost", "never started"),
        ([], Standing("ended", "exit code 127"), "lost", "exit code 127"),
        ([started()], RUNNING, "running", None),
        ([started()], Standing("timeout", "60 minutes"), "timeout", "60 minutes"),
        ([started()], Standing("out_of_memory"), "out_of_memory", None),
        ([started()], Standing("node_failed", "node7"), "node_failed", "node7"),
        ([started()], None, "lost", f"killed: process {GONE} on node told of no end"),
        ([started(), ended("complete")], None, "complete", None),
        ([started(), ended("failed", "no key")], Standing("ended"), "failed", "no key"),
        ([started(), ended("failed_samples")], None, "failed_samples", None),
    ],
)
def test_the_launcher_tells_of_a_job_what_the_job_does_not(
    events: list[Event], standing: Standing | None, state: str, reason: str | None
) -> None:
    assert decided(JOB, "h", events, standing) == (state, reason)


@pytest.mark.parametrize("ending", ["complete", "failed", "failed_samples"])
@pytest.mark.parametrize("standing", [WAITING, RUNNING, Standing("timeout")])
def test_an_end_that_a_job_told_is_final_while_the_launcher_still_lists_it(
    ending: Any, standing: Standing
) -> None:
    assert decided(JOB, "h", [started(), ended(ending)], standing) == (ending, None)


@pytest.mark.parametrize(
    ("standing", "state", "reason"),
    [
        (None, "interrupted", "SIGTERM"),
        (Standing("ended"), "interrupted", "SIGTERM"),
        (WAITING, "waiting", "Resources"),
        (RUNNING, "running", "SIGTERM"),
        (Standing("timeout", "60 minutes"), "timeout", "60 minutes"),
        (Standing("cancelled"), "cancelled", "SIGTERM"),
    ],
)
def test_an_interruption_is_explained_or_mended_by_the_launcher(
    standing: Standing | None, state: str, reason: str
) -> None:
    events = [started(), ended("interrupted", "SIGTERM")]
    assert decided(JOB, "h", events, standing) == (state, reason)


def test_a_job_that_was_never_given_away_is_not_submitted() -> None:
    assert decided(JOB, None, [], None) == ("not_submitted", None)


def test_a_job_in_the_foreground_runs_as_long_as_its_process_lives() -> None:
    here = Event(at="t", handle=None, host=os.uname().nodename, pid=os.getpid())
    assert decided(JOB, "h", [here], None)[0] == "running"
    assert decided(JOB, "h", [started(None)], None)[0] == "lost"


@pytest.fixture
def sweep(tmp_path: Path) -> SweepFolder:
    return new_sweep(tmp_path, jobs_of([recorded_config(tmp_path)] * 4))


def states(sweep: SweepFolder) -> list[str]:
    return [state.state for state in read_states(sweep).jobs]


def test_what_an_earlier_submission_told_does_not_count(sweep: SweepFolder) -> None:
    tell(sweep, 0, "local-0")
    tell(sweep, 0, "local-0", End("failed", 1, "no memory"))
    sweep.note_submissions({0: "local-0"}, "local", "then")
    assert states(sweep)[0] == "failed"
    sweep.note_submissions({0: "local-1"}, "local", "now")
    assert states(sweep)[0] == "lost"


def test_what_a_terminal_told_counts_beside_any_submission(sweep: SweepFolder) -> None:
    sweep.note_submissions({0: "local-0"}, "local", "then")
    tell(sweep, 0, "local-0")
    tell(sweep, 0, None)
    tell(sweep, 0, None, End("complete", 0))
    assert states(sweep)[0] == "complete"


def test_a_queue_tells_waiting_running_and_lost_jobs_apart(sweep: SweepFolder) -> None:
    queue = Queue(sweep)
    handles = queue.add(list(sweep.read_whole_jobs(range(3))))
    sweep.note_submissions(handles, "local", "now")
    assert states(sweep) == ["lost", "lost", "lost", "not_submitted"]
    server, job = queue.lock.take(), queue.job_lock(0).take()
    assert server is not None
    assert job is not None
    tell(sweep, 0, handles[0])
    tell(sweep, 1, handles[1])
    assert states(sweep) == ["running", "lost", "waiting", "not_submitted"]
    os.close(server)
    assert states(sweep) == ["running", "lost", "lost", "not_submitted"]
    os.close(job)
    assert states(sweep) == ["lost", "lost", "lost", "not_submitted"]


def test_a_launcher_that_does_not_answer_is_told_and_nothing_is_taken_for_lost(
    sweep: SweepFolder,
) -> None:
    handles = Queue(sweep).add(list(sweep.read_whole_jobs(range(2))))
    sweep.note_submissions(handles, "local", "now")
    tell(sweep, 0, handles[0])
    (sweep.path / "local" / "queue.jsonl").write_text("{}\n", encoding="utf-8")
    found = read_states(sweep)
    assert found.trouble is not None
    assert "queue.jsonl, line 1" in found.trouble
    assert [state.state for state in found.jobs[:2]] == ["running", "waiting"]
    assert found.jobs[1].reason == "the launcher does not answer"


def test_a_torn_last_line_of_a_record_is_left_out_and_overwritten(sweep: SweepFolder) -> None:
    tell(sweep, 0, "local-0")
    record = sweep.job_folder(0) / "record.jsonl"
    record.write_bytes(record.read_bytes() + b'{"at":"2026')
    sweep.note_submissions({0: "local-0"}, "local", "now")
    assert states(sweep)[0] == "lost"
    tell(sweep, 0, "local-0", End("complete", 0))
    assert states(sweep)[0] == "complete"


def test_a_record_that_cannot_be_read_hides_no_other_job(sweep: SweepFolder) -> None:
    sweep.note_submissions({0: "local-0", 1: "local-1"}, "local", "now")
    (sweep.job_folder(0) / "record.jsonl").write_text("{}\n", encoding="utf-8")
    tell(sweep, 1, "local-1", End("complete", 0))
    assert states(sweep)[:2] == ["failed", "complete"]
    assert "record.jsonl, line 1" in (read_states(sweep).jobs[0].reason or "")


def test_a_folder_that_is_no_sweep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is not a sweep folder: it has no sweep\.json"):
        read_states(SweepFolder(tmp_path))
