"""Sweeps as jobs on this machine: submitted, watched, killed, retried, and ended as one table."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest
from command import COMMAND, evalrun, start
from rows import recorded_world, write_jsonl
from servers.chat_server import ChatServer
from swept import Swept

# Two at a time, a second each: long enough for whatever a test does to it, until it hurries.
SIZE = 60
DELAY_S = 1.0


class Slow:
    """A sweep of two jobs, one at a time, of a server that takes its time."""

    def __init__(self, swept: Swept, server: ChatServer) -> None:
        self._server = server
        server.delay_s = DELAY_S
        server.reply = lambda messages: messages[-1]["content"].removeprefix("say ")
        recorded_world(swept.folder, SIZE)
        model = ["model=openai-compatible", "model.name=m", f"model.api_base={server.api_base}"]
        self.overrides = ["recipe=file", "benchmark.path=rows.jsonl", *model, "run.cache=false"]
        self.overrides += ["run.max_connections=2", "generation.temperature=0,1"]
        self._swept = swept
        self.submit()

    def submit(self) -> None:
        """Submit the sweep, or another one of the same runs."""
        called = ["--multirun", *self.overrides, "launcher=local"]
        done = evalrun(*called, cwd=self._swept.folder)
        assert done.returncode == 0, done.stderr

    def hurry(self) -> None:
        """Have the rest done at once."""
        self._server.delay_s = 0.0


@pytest.fixture
def slow(swept: Swept, chat_server: ChatServer) -> Slow:
    return Slow(swept, chat_server)


def submit(swept: Swept, size: int, *overrides: str, wrong: tuple[int, ...] = (1,)) -> str:
    """Submit a sweep over two temperatures, and return what the command printed."""
    world = recorded_world(swept.folder, size, wrong)
    axis = "generation.temperature=0,1"
    done = evalrun("--multirun", *world, axis, "launcher=local", *overrides, cwd=swept.folder)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_sweep_ends_as_the_table_that_one_process_would_print(
    swept: Swept, tmp_path_factory: pytest.TempPathFactory
) -> None:
    printed = submit(swept, 5, "launcher.parallel=2")
    assert f"sweep: {swept.path}" in printed
    assert "2 of 2 jobs submitted" in printed
    assert f"evalrun sweep status outputs/sweeps/{swept.path.name}" in printed
    assert "jobs: 2 complete; samples: 10 of 10 done" in swept.wait()
    here = tmp_path_factory.mktemp("here")
    world = recorded_world(here, 5, [1])
    basic = evalrun("--multirun", *world, "generation.temperature=0,1", cwd=here)
    assert basic.returncode == 0, basic.stderr
    table = evalrun("sweep", "table", cwd=swept.folder)
    assert table.stdout.strip() == basic.stdout.strip()
    assert evalrun("sweep", "table", str(swept.path), cwd=here).stdout == table.stdout


def test_what_is_complete_is_not_submitted_again(swept: Swept, tmp_path: Path) -> None:
    submit(swept, 3)
    swept.wait()
    first = swept.path
    assert "nothing to submit again" in swept.sweep("retry")
    assert "no job runs or waits" in swept.sweep("cancel")
    assert "0 of 2 jobs submitted, 2 complete already" in submit(swept, 3)
    (second,) = set((tmp_path / "outputs" / "sweeps").iterdir()) - {first}
    assert "jobs: 2 complete" in swept.sweep("wait", str(second))
    listed = evalrun("ls", "sweeps", cwd=swept.folder).stdout
    assert first.name in listed
    assert second.name in listed


def test_a_run_is_a_sweep_of_one_job_and_its_shards_of_several(
    swept: Swept, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = recorded_world(swept.folder, 40, range(0, 40, 7))
    done = evalrun(*world, "launcher=local", "launcher.shards=3", cwd=swept.folder)
    assert "3 of 3 jobs submitted" in done.stderr
    swept.wait()
    assert [job["shard"] for job in swept.overview()["jobs"]] == ["1/3", "2/3", "3/3"]
    here = tmp_path_factory.mktemp("here")
    undisturbed = evalrun(*recorded_world(here, 40, range(0, 40, 7)), cwd=here)
    assert evalrun("sweep", "table", cwd=swept.folder).stdout.strip() == undisturbed.stdout.strip()


def test_a_killed_job_stops_no_other_and_a_retry_repeats_nothing(swept: Swept, slow: Slow) -> None:
    os.kill(swept.pid_of_job(0), signal.SIGKILL)
    slow.hurry()
    summary = swept.wait(code=1)
    assert "1 complete" in summary
    assert "1 failed" in summary
    assert swept.reason(0) == "killed by SIGKILL, as the system does when memory runs out"
    table = evalrun("sweep", "table", cwd=swept.folder)
    assert "no results so far: file m generation.temperature=0" in table.stderr
    shown = swept.sweep("status", "--failed")
    assert f"see outputs/sweeps/{swept.path.name}/jobs/0/log.txt" in shown
    assert "submitted again: " in swept.sweep("retry")
    swept.wait()
    rows = swept.good_rows()
    assert len(rows) == len(set(rows)) == 2 * SIZE


def test_jobs_of_a_killed_background_process_are_lost_until_a_retry(
    swept: Swept, slow: Slow
) -> None:
    orphan = swept.pid_of_job(0)
    os.kill(swept.pid_of_server(), signal.SIGKILL)
    assert swept.states() == ["running", "lost"]
    assert swept.reason(1) == "never started"
    assert "submitted again: 1" in swept.sweep("retry")
    assert swept.pid_of_server() != orphan
    slow.hurry()
    swept.wait()
    rows = swept.good_rows()
    assert len(rows) == len(set(rows)) == 2 * SIZE


def test_a_background_process_that_is_told_to_stop_ends_its_jobs_cleanly(
    swept: Swept, slow: Slow
) -> None:
    swept.pid_of_job(0)
    os.kill(swept.pid_of_server(), signal.SIGTERM)
    swept.wait(code=1)
    assert swept.states() == ["interrupted", "lost"]
    swept.sweep("retry")
    slow.hurry()
    swept.wait()


def test_cancelled_jobs_keep_their_rows_and_are_resumed_by_a_retry(
    swept: Swept, slow: Slow
) -> None:
    swept.pid_of_job(0)
    assert "cancelled: 1" in swept.sweep("cancel", "--jobs", "1")
    assert swept.states()[1] == "cancelled"
    assert "cancelled: 0" in swept.sweep("cancel")
    swept.wait(code=1)
    assert swept.states() == ["cancelled", "cancelled"]
    kept = set(swept.good_rows())
    assert 0 < len(kept) < SIZE
    assert "submitted again: 0-1" in swept.sweep("retry", "launcher.parallel=2")
    slow.hurry()
    swept.wait()
    rows = swept.good_rows()
    assert kept < set(rows)
    assert len(rows) == len(set(rows)) == 2 * SIZE


def test_a_retry_while_jobs_run_adds_to_the_queue(swept: Swept, slow: Slow) -> None:
    swept.pid_of_job(0)
    server = swept.pid_of_server()
    swept.sweep("cancel", "--jobs", "1")
    swept.sweep("retry")
    assert swept.pid_of_server() == server
    assert swept.states() == ["running", "waiting"]
    slow.hurry()
    swept.wait()


def test_two_sweeps_on_the_same_runs_ask_nothing_twice(
    swept: Swept, slow: Slow, tmp_path: Path
) -> None:
    first = swept.path
    swept.pid_of_job(0)
    slow.submit()
    (second,) = set((tmp_path / "outputs" / "sweeps").iterdir()) - {first}
    swept.until(lambda: bool(list(second.glob("jobs/0/record.jsonl"))))
    slow.hurry()
    swept.sweep("wait", str(second), "--poll", "0.2", code=1)
    assert "is held by process" in swept.sweep("status", str(second), "--failed")
    # Whichever came to the second run first, the other one had to leave it alone.
    evalrun("sweep", "wait", str(first), "--poll", "0.2", cwd=swept.folder)
    for path in (first, second):
        swept.sweep("retry", str(path))
        swept.sweep("wait", str(path), "--poll", "0.2")
    rows = swept.good_rows()
    assert len(rows) == len(set(rows)) == 2 * SIZE


def test_failed_samples_are_told_and_asked_again(swept: Swept) -> None:
    recorded_world(swept.folder, 4)
    replies = [{"id": f"q{n}", "output": str(n)} for n in range(3)]
    write_jsonl(swept.folder / "replies.jsonl", replies)
    world = ["recipe=file", "benchmark.path=rows.jsonl", "model=recorded"]
    path = "model.path=replies.jsonl"
    evalrun(*world, path, "launcher=local", cwd=swept.folder)
    assert "jobs: 1 failed samples; samples: 3 of 4 done" in swept.wait(code=1)
    assert swept.overview()["jobs"][0]["failed"] == 1
    assert "submitted again: " in swept.sweep("retry")


def test_a_job_that_fails_says_why_in_a_line_and_can_be_run_here(swept: Swept, slow: Slow) -> None:
    swept.pid_of_job(0)
    rows = swept.folder / "rows.jsonl"
    content = rows.read_text()
    rows.unlink()
    slow.hurry()
    swept.wait(code=1)
    assert swept.states() == ["complete", "failed"]
    assert "rows.jsonl" in swept.reason(1)
    assert "\n" not in swept.reason(1)
    assert "rows.jsonl" in swept.sweep("log", "1")
    assert "rows.jsonl" in swept.sweep("run", "1", code=2)
    rows.write_text(content)
    assert "running: outputs/file/m/" in swept.sweep("run", str(swept.path), "1")
    assert swept.states() == ["complete", "complete"]


def test_a_log_that_cannot_be_written_stops_no_job(swept: Swept, slow: Slow) -> None:
    swept.pid_of_job(0)
    swept.log(1).mkdir()
    slow.hurry()
    swept.wait()
    assert "jobs/1/log.txt" in (swept.path / "local" / "log.txt").read_text()


def test_a_record_that_cannot_be_written_ends_one_job(swept: Swept, slow: Slow) -> None:
    swept.pid_of_job(0)
    (swept.path / "jobs" / "1" / "record.jsonl").mkdir()
    slow.hurry()
    assert "1 complete, 1 failed" in swept.wait(code=1)
    assert "record.jsonl: Is a directory" in swept.reason(1)
    swept.until(lambda: "record.jsonl" in (swept.path / "local" / "log.txt").read_text())
    assert "cannot write" in swept.log(1).read_text()
    (swept.path / "jobs" / "1" / "record.jsonl").rmdir()
    swept.sweep("retry")
    swept.wait()


def test_waiting_ends_with_its_time_or_ctrl_c_and_the_jobs_go_on(swept: Swept, slow: Slow) -> None:
    swept.pid_of_job(0)
    assert "1 running, 1 waiting" in swept.sweep("wait", "--timeout", "0.1", code=1)
    assert "job 0 is running" in swept.sweep("run", "0", code=2)
    process = start(["sweep", "wait", "--poll", "60"], swept.folder)
    command = Path(f"/proc/{process.pid}/syscall")
    swept.until(lambda: command.read_text().startswith("230 "))  # it sleeps
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the jobs go on" in told
    slow.hurry()
    swept.wait()


def test_waiting_at_a_terminal_shows_samples_and_jobs(swept: Swept, slow: Slow) -> None:
    slow.hurry()
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 150, 0, 0))
    called = [COMMAND, "sweep", "wait", "--poll", "0.2"]
    with subprocess.Popen(called, cwd=swept.folder, stdout=inside, stderr=inside) as process:
        os.close(inside)
        shown = ""
        with suppress(OSError):  # the end of a terminal
            while read := os.read(terminal, 65536):
                shown += read.decode(errors="replace")
    os.close(terminal)
    assert process.returncode == 0, shown
    assert "samples: 100%" in shown
    assert "2 complete" in shown


def test_a_dry_run_submits_nothing(swept: Swept) -> None:
    world = recorded_world(swept.folder, 3)
    done = evalrun(*world, "launcher=local", "run.dry=true", cwd=swept.folder)
    assert done.returncode == 0, done.stderr
    assert not (swept.folder / "outputs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["launcher=slum"], "unknown launcher 'slum': did you mean 'slurm'?"),
        (["launcher.name=slum"], "unknown launcher 'slum': did you mean 'slurm'?"),
        (["launcher=local", "launcher.paralel=2"], "did you mean 'parallel'?"),
        (["launcher.parallel=2"], "jobs need launcher=NAME, which may be local or slurm"),
        (["launcher=local", "model.api_key=sk-abcdefghijklmnopqrstuvwx"], "model.api_key_env=NAME"),
        (["launcher=local", "benchmark.path=absent.jsonl"], "absent.jsonl"),
    ],
)
def test_what_cannot_be_submitted_is_refused_before_anything_is_written(
    swept: Swept, arguments: list[str], message: str
) -> None:
    world = recorded_world(swept.folder, 3)
    done = evalrun(*world, *arguments, cwd=swept.folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert "sk-abc" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (swept.folder / "outputs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["status"], "no sweep below outputs/sweeps"),
        (["status", "elsewhere"], "elsewhere is not a sweep folder: it has no sweep.json"),
        (["table", "--outputs", "there"], "no sweep below there/sweeps"),
        (["log", "nine"], "should be [DIR] JOB"),
        (["retry", "a", "b"], "one sweep at a time"),
    ],
)
def test_a_sweep_that_is_not_there_is_said_in_a_line(
    swept: Swept, arguments: list[str], message: str
) -> None:
    assert message in swept.sweep(*arguments, code=2)


def test_before_the_first_result_there_is_no_table(swept: Swept, slow: Slow) -> None:
    assert "has results so far" in swept.sweep("table", code=2)
    assert "has printed nothing so far" in swept.sweep("log", "1", code=2)
    assert "has no job 9" in swept.sweep("log", "9", code=2)
    assert "has no job 9" in swept.sweep("run", "9", code=2)
    swept.sweep("cancel")


def test_status_is_told_to_programs(swept: Swept) -> None:
    submit(swept, 3)
    swept.wait()
    overview = swept.overview()
    assert overview["states"] == {"complete": 2}
    assert (overview["done"], overview["total"], overview["cost_usd"]) == (6, 6, 0)
    job = overview["jobs"][1]
    assert (job["index"], job["state"], job["done"], job["total"]) == (1, "complete", 3, 3)
    record = [json.loads(line) for line in (swept.path / "jobs/1/record.jsonl").open()]
    assert [event["ending"] for event in record] == [None, "complete"]
    assert {event["handle"] for event in record} == {job["handle"]}


def test_asking_for_status_composes_nothing(swept: Swept) -> None:
    submit(swept, 3)
    swept.wait()
    program = "from evalrun.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program, "sweep", "status"],
        cwd=swept.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "evalrun.runners.launch.overview" in imported
    assert not imported & {"hydra", "omegaconf", "numpy", "torch", "evalrun.runners.build"}
