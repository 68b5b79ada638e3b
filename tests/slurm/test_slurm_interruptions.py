"""A job that SLURM stops and starts again goes on where it was, and asks nothing twice."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rows import write_jsonl
from served import asked_of, assert_complete, rows_of
from servers.answers import Answer, echoed
from servers.chat_server import ChatServer
from servers.script import Script
from slurm.cluster import Cluster, until
from slurm.user import User

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(600)]

SIZE = 12
FIRST = 4


class Gate:
    """A server that answers some questions, and holds what comes then until it is opened."""

    def __init__(self) -> None:
        self.script = Script(self._held)
        self.is_open = False

    def _held(self, question: str, attempt: int) -> Answer | None:
        if self.is_open or self.script.answered.total() < FIRST:
            return None
        return Answer(body=echoed(question).body, delay_s=math.inf)

    @property
    def is_reached(self) -> bool:
        """Whether the first questions are answered, and another one waits."""
        return self.script.asked.total() > self.script.answered.total() >= FIRST


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def submitted(user: User, gate: Gate) -> Iterator[Callable[..., User]]:
    """Submit a job whose server holds it up after the first answers."""
    with ChatServer(gate.script, sent=gate.script.sent) as server:

        def submit(*overrides: str) -> User:
            write_jsonl(user.folder / "rows.jsonl", rows_of(range(SIZE)))
            # Two at a time.
            user.submit(*asked_of(server.api_base, "run.max_connections=2", *overrides))
            until(lambda: gate.is_reached, "the job is held up")
            time.sleep(0.5)  # the last answers have reached the disk
            return user

        yield submit


def finish(user: User, gate: Gate) -> None:
    gate.is_open = True
    user.wait_until_complete()
    assert_complete(user.folder, SIZE, gate.script)


def test_a_job_that_an_operator_queues_again_goes_on(
    submitted: Callable[..., User], gate: Gate, cluster: Cluster
) -> None:
    user = submitted()
    cluster.run("scontrol", "requeue", str(user.states()[0].handle))
    until(lambda: user.states()[0].state == "waiting", "the job waits again")
    assert "BeginTime" in str(user.states()[0].reason)
    finish(user, gate)
    assert user.endings(0) == ["interrupted", "complete"]
    assert user.sweep("log", "0").stdout.count("running: ") == 2


def test_a_job_whose_time_is_up_ends_cleanly_is_queued_again_and_goes_on(
    submitted: Callable[..., User], gate: Gate
) -> None:
    user = submitted("launcher.timeout_min=1", "launcher.signal_delay_s=40")
    user.wait_for_start(0, times=2)
    finish(user, gate)
    assert user.endings(0) == ["interrupted", "complete"]


def test_a_preempted_job_gives_way_at_once_and_goes_on_later(
    submitted: Callable[..., User], gate: Gate, cluster: Cluster
) -> None:
    user = submitted()
    began = time.monotonic()
    sleeper = ("--partition=high", "--exclusive", "--output=/dev/null", "--wrap=sleep 1")
    other = cluster.run("sbatch", "--parsable", *sleeper).strip()
    until(lambda: cluster.jobs()[other] == "COMPLETED", "the more urgent job has run")
    assert time.monotonic() - began < 40, "it waited for the whole grace time"
    finish(user, gate)
    assert user.endings(0) == ["interrupted", "complete"]


def test_a_job_whose_node_dies_is_started_again_by_slurm_and_goes_on(
    submitted: Callable[..., User], gate: Gate, cluster: Cluster
) -> None:
    user = submitted()
    cluster.kill_node()
    until(lambda: user.states()[0].state == "waiting", "the controller has missed the node")
    cluster.start_slurmd()
    finish(user, gate)
    assert user.endings(0) == ["complete"]


def test_the_controller_may_go_away_and_come_back(
    submitted: Callable[..., User], gate: Gate, cluster: Cluster
) -> None:
    user = submitted("run.timeout_s=3", "run.retries=20")  # what is held up is asked again
    cluster.stop_controller()
    status = user.sweep("status")
    cluster.start_controller()
    assert status.returncode == 0, status.stderr
    assert "running" in status.stdout
    assert "Unable to contact slurm controller" in status.stdout
    finish(user, gate)


def test_scancel_stops_a_job_cleanly_and_a_retry_goes_on(
    submitted: Callable[..., User], gate: Gate, cluster: Cluster
) -> None:
    user = submitted()
    cluster.run("scancel", str(user.states()[0].handle))
    assert user.sweep("wait", "--poll", "0.2").returncode == 1
    assert user.states()[0].state == "cancelled"
    assert user.endings(0) == ["interrupted"]
    assert user.sweep("retry").returncode == 0
    finish(user, gate)


def test_a_job_whose_process_is_killed_says_so(
    submitted: Callable[..., User], gate: Gate, tmp_path: Path
) -> None:
    user = submitted()
    os.kill(user.wait_for_start(0)["pid"], signal.SIGKILL)
    assert user.sweep("wait", "--poll", "0.2").returncode == 1
    state = user.states()[0]
    assert state.state == "lost"
    assert "SIGKILL" in str(state.reason)
    assert user.sweep("retry").returncode == 0
    finish(user, gate)
