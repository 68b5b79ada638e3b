"""The queue of jobs of this machine, and the locks that tell who works on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sweep_world import jobs_of, new_sweep, recorded_config, tell

from evalrun.core.errors import StoreError
from evalrun.runners.launch.local.process_lock import ProcessLock
from evalrun.runners.launch.local.queue import Entry, Queue
from evalrun.runners.launch.local.server import Server


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(new_sweep(tmp_path, jobs_of([recorded_config(tmp_path)] * 3)))


def waiting(queue: Queue) -> list[str]:
    return [entry.handle for entry in queue.to_start()]


def add(queue: Queue, *jobs: int) -> dict[int, str]:
    return queue.add(list(queue.sweep.read_whole_jobs(jobs)))


def test_jobs_wait_in_order_under_handles_of_their_own(queue: Queue) -> None:
    assert add(queue, 0, 2) == {0: "local-0", 2: "local-1"}
    assert add(queue, 1) == {1: "local-2"}
    assert waiting(queue) == ["local-0", "local-1", "local-2"]


def test_what_was_started_is_not_started_again(queue: Queue) -> None:
    add(queue, 0, 1)
    tell(queue.sweep, 0, "local-0")
    assert waiting(queue) == ["local-1"]


def test_what_was_queued_anew_waits_once(queue: Queue) -> None:
    add(queue, 0, 1)
    add(queue, 0)
    assert waiting(queue) == ["local-1", "local-2"]


def test_what_was_cancelled_waits_no_more(queue: Queue) -> None:
    add(queue, 0, 1)
    queue.cancel(["local-0"])
    assert waiting(queue) == ["local-1"]
    add(queue, 0)
    assert waiting(queue) == ["local-1", "local-2"]


def test_a_change_of_the_queue_is_seen(queue: Queue) -> None:
    versions = [queue.version()]
    add(queue, 0)
    versions.append(queue.version())
    queue.cancel(["local-0"])
    versions.append(queue.version())
    assert len(set(versions)) == 3


def test_a_job_that_cannot_tell_of_itself_is_started_once(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(queue, 0, 1)

    def full(*_: object) -> None:
        raise StoreError("no space left on device")

    monkeypatch.setattr("evalrun.runners.launch.local.server.note", full)
    started: list[int] = []
    monkeypatch.setattr("evalrun.runners.launch.local.server.work", silent)
    server = Server(queue)
    original = Server._start

    def start(self: Server, entry: Entry) -> None:
        started.append(entry.job)
        original(self, entry)

    monkeypatch.setattr(Server, "_start", start)
    server.work_off()
    assert started == [0, 1]
    assert not server.has_more()


def silent(*_: object) -> None:
    """Do nothing of what a job does."""


def test_a_lock_tells_which_process_holds_it(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "lock")
    assert lock.holder() is None
    descriptor = lock.take()
    assert descriptor is not None
    holder = lock.holder()
    assert holder is not None
    assert (holder.host, holder.pid) == (os.uname().nodename, os.getpid())
    assert lock.take(patience_s=0.05) is None
    os.close(descriptor)
    assert lock.holder() is None


def test_a_lock_outlives_its_taker_in_a_process_that_was_given_it(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "lock")
    descriptor = lock.take()
    assert descriptor is not None
    program = "import sys; print('there', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=(descriptor,),
    ) as heir:
        os.close(descriptor)
        assert heir.stdout is not None
        heir.stdout.readline()
        assert lock.holder() is not None
        heir.kill()
        heir.wait()
        assert lock.holder() is None


def test_a_lock_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot write .*absent"):
        ProcessLock(tmp_path / "absent" / "lock").take()
