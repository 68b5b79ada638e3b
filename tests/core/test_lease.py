"""Leases among real processes, some of which are killed or stopped while they hold one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalrun.core.lease import Pace, lease
from evalrun.core.once import made_once

# Generous towards a machine on which a process may wait a second for its turn.
QUICK = Pace(beat_s=0.1, expiry_s=3.0, poll_s=0.02, notice_s=0.1)

WORKER = """
import os, sys, time
from pathlib import Path
from evalrun.core.lease import Pace, lease
folder, times, dies = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "dies"
log = (folder / f"log-{os.getpid()}").open("a", buffering=1)
for turn in range(times):
    pace = Pace(beat_s=0.1, expiry_s=5.0, poll_s=0.005)
    with lease(folder / "lease", what="counts", pace=pace, tell=lambda line: None):
        number = int((folder / "counter").read_text())
        log.write(f"began {number}\\n")
        time.sleep(0.002)
        if dies and turn == times - 1:
            os.kill(os.getpid(), 9)
        (folder / "counter").write_text(str(number + 1))
        log.write(f"ended {number}\\n")
"""

HOLDER = """
import sys, time
from pathlib import Path
from evalrun.core.lease import Pace, lease
pace = Pace(beat_s=0.1, expiry_s=3.0, poll_s=0.02)
with lease(Path(sys.argv[1]), what="sleeps", pace=pace) as held:
    print("held", flush=True)
    sys.stdin.readline()
    print("still held" if held.is_held() else "lost", flush=True)
"""


class Holder:
    """A process that holds a lease until it is told to let go."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "held\n"

    def lets_go(self) -> str:
        """Have it release the lease; return whether it still had it."""
        return self.process.communicate("\n", timeout=60)[0].strip()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Holder]:
    held = Holder(tmp_path / "lease")
    yield held
    held.process.kill()
    held.process.wait()


def counted(folder: Path, word: str) -> list[int]:
    lines = [line for log in folder.glob("log-*") for line in log.read_text().splitlines()]
    return sorted(int(line.split()[1]) for line in lines if line.startswith(word))


def work(folder: Path, workers: list[tuple[int, bool]]) -> list[int]:
    """Have processes count, each so many times; return how they ended."""
    (folder / "counter").write_text("0")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(folder), str(times), "dies" if dies else "lives"]
        )
        for times, dies in workers
    ]
    return [process.wait(timeout=300) for process in running]


def test_it_is_gone_after_use_with_everything_that_was_made_for_it(tmp_path: Path) -> None:
    with lease(tmp_path / "deep" / "lease", what="tests", pace=QUICK) as held:
        assert held.is_held()
        assert [p.name for p in (tmp_path / "deep").iterdir()] == ["lease"]
    assert list((tmp_path / "deep").iterdir()) == []


def test_it_is_released_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), lease(tmp_path / "lease", what="tests", pace=QUICK):
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


def test_eight_processes_count_without_losing_a_step(tmp_path: Path) -> None:
    assert work(tmp_path, [(12, False)] * 8) == [0] * 8
    assert (tmp_path / "counter").read_text() == str(8 * 12)
    assert counted(tmp_path, "ended") == list(range(8 * 12))
    assert {p.name for p in tmp_path.iterdir() if not p.name.startswith("log-")} == {"counter"}


@pytest.mark.slow
def test_killed_holders_are_followed_and_never_two_at_once(tmp_path: Path) -> None:
    """The number that a killed one had begun is counted by the next; no other is begun twice."""
    died = work(tmp_path, [(8, False)] * 5 + [(3, True), (5, True), (7, True)])
    assert died == [0] * 5 + [-9] * 3
    ended = counted(tmp_path, "ended")
    assert ended == list(range(5 * 8 + 2 + 4 + 6))
    assert (tmp_path / "counter").read_text() == str(len(ended))
    assert len(counted(tmp_path, "began")) == len(ended) + 3


def test_a_living_holder_keeps_it_for_longer_than_the_expiry(
    tmp_path: Path, holder: Holder
) -> None:
    got = threading.Event()

    def wait() -> None:
        with lease(tmp_path / "lease", what="waits", pace=QUICK, tell=lambda _: None):
            got.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert not got.wait(2 * QUICK.expiry_s)
    assert holder.lets_go() == "still held"
    assert got.wait(10)
    waiter.join()


def test_a_wait_is_told_once_with_who_holds_it(tmp_path: Path, holder: Holder) -> None:
    told: list[str] = []
    release = threading.Timer(1.0, holder.lets_go)
    release.start()
    with lease(tmp_path / "lease", what="waits", pace=QUICK, tell=told.append):
        pass
    release.join()
    (line,) = told
    assert line.startswith(f"waiting for process {holder.process.pid} on ")
    assert line.endswith(f", which sleeps ({tmp_path / 'lease'})")


def test_a_killed_holder_is_taken_over_after_the_expiry(tmp_path: Path, holder: Holder) -> None:
    holder.process.kill()
    holder.process.wait()
    began = time.monotonic()
    with lease(tmp_path / "lease", what="takes over", pace=QUICK, tell=lambda _: None) as held:
        assert QUICK.expiry_s <= time.monotonic() - began < QUICK.expiry_s + 10
        assert held.is_held()
    assert not (tmp_path / "lease").exists()


def test_a_holder_that_stood_still_finds_it_lost_and_leaves_the_new_one_alone(
    tmp_path: Path, holder: Holder
) -> None:
    holder.process.send_signal(signal.SIGSTOP)
    with lease(tmp_path / "lease", what="takes over", pace=QUICK, tell=lambda _: None) as held:
        holder.process.send_signal(signal.SIGCONT)
        assert holder.lets_go() == "lost"
        assert held.is_held()
        time.sleep(5 * QUICK.beat_s)
        (file,) = (tmp_path / "lease").iterdir()
        assert json.loads(file.read_text())["what"] == "takes over"
    assert not (tmp_path / "lease").exists()


def test_a_waiter_that_stood_still_does_not_take_a_living_lease(
    tmp_path: Path, holder: Holder
) -> None:
    """Its clock went on, but it did not look: the time it slept through proves nothing."""
    waiter = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lease")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(1.0)
    waiter.send_signal(signal.SIGSTOP)
    time.sleep(QUICK.expiry_s + 1)
    waiter.send_signal(signal.SIGCONT)
    time.sleep(0.5)
    assert holder.lets_go() == "still held"
    assert waiter.communicate("\n", timeout=60)[0] == "held\nstill held\n"


def test_a_lease_without_a_holder_is_free(tmp_path: Path) -> None:
    """As one is whose holder died between its last two steps."""
    (tmp_path / "lease").mkdir()
    with lease(tmp_path / "lease", what="tests", pace=QUICK) as held:
        assert held.is_held()


def test_threads_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def enter() -> None:
        with lease(tmp_path / "lease", what="tests", pace=QUICK, tell=lambda _: None):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError), lease(tmp_path / "lease", what="tests", pace=QUICK):
        pass


def test_a_path_below_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError), lease(tmp_path / "file" / "lease", what="tests", pace=QUICK):  # noqa: PT011
        pass


# Folders made once

MAKER = """
import sys, time
from pathlib import Path
from evalrun.core.lease import Pace
from evalrun.core.once import made_once
def make(folder):
    with Path(sys.argv[2]).open("a") as log:
        log.write("made\\n")
    (folder / "first").write_text("1")
    time.sleep(0.3)
    (folder / "second").write_text("2")
folder = made_once(Path(sys.argv[1]), make, what="makes it", pace=Pace(0.1, 2.5, 0.02))
assert {p.name for p in folder.iterdir()} == {"first", "second"}
"""


def test_of_many_processes_one_makes_a_folder_and_all_find_it_whole(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", MAKER, str(tmp_path / "at" / "made"), str(tmp_path / "log")]
    makers = [subprocess.Popen(arguments, stderr=subprocess.DEVNULL) for _ in range(6)]
    assert [maker.wait(timeout=120) for maker in makers] == [0] * 6
    assert (tmp_path / "log").read_text() == "made\n"
    assert [p.name for p in (tmp_path / "at").iterdir()] == ["made"]


def test_a_folder_that_could_not_be_made_is_not_there_and_may_be_tried_again(
    tmp_path: Path,
) -> None:
    def fail(folder: Path) -> None:
        (folder / "part").touch()
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        made_once(tmp_path / "made", fail, what="fails", pace=QUICK)
    assert list(tmp_path.iterdir()) == []
    assert made_once(tmp_path / "made", lambda _: None, what="works", pace=QUICK).is_dir()


def test_what_a_killed_process_left_half_made_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".made.part-of-the-dead"
    left.mkdir()
    (left / "big").touch()
    made_once(tmp_path / "made", lambda _: None, what="works", pace=QUICK)
    assert [p.name for p in tmp_path.iterdir()] == ["made"]
