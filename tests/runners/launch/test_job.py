"""One job in a process of its own: what it tells of its start and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from servers.chat_server import ChatServer
from sweep_world import jobs_of, new_sweep, recorded_config

from evalrun.core.config import Config
from evalrun.runners.launch.job import perform_job
from evalrun.runners.launch.record import Event, read_record
from evalrun.runners.launch.sweep import SweepFolder

SIZE = 20


def started(sweep: SweepFolder) -> subprocess.Popen[str]:
    """Start job 0 as launchers do."""
    module = "evalrun.runners.launch.job"
    return subprocess.Popen(
        [sys.executable, "-m", module, str(sweep.path), "0", "--handle", "h"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end_of(sweep: SweepFolder) -> Event:
    first, last = read_record(sweep.job_folder(0))
    assert (first.handle, first.ending, last.handle, last.pid) == ("h", None, "h", first.pid)
    return last


def served_config(folder: Path, server: ChatServer) -> Config:
    config = recorded_config(folder, "run.max_connections=1", samples=SIZE)
    section = {"engine": "openai", "name": "m", "api_base": server.api_base}
    return msgspec.structs.replace(config, model=section)


def until(sweep: SweepFolder, folder: Path, pattern: str) -> None:
    """Wait until there is a file at `pattern`."""
    deadline = time.monotonic() + 120
    while not list(folder.glob(pattern)):
        assert time.monotonic() < deadline, read_record(sweep.job_folder(0))
        time.sleep(0.002)


def test_a_run_that_ends_well_is_complete(tmp_path: Path) -> None:
    sweep = new_sweep(tmp_path, jobs_of([recorded_config(tmp_path)]))
    out, err = started(sweep).communicate(timeout=120)
    end = end_of(sweep)
    assert (end.ending, end.exit_code, end.reason) == ("complete", 0, None)
    assert "### file / recorded" in out
    assert "running: outputs/file/recorded/" in err


@pytest.mark.parametrize(
    "place",
    [
        "outputs/sweeps/swept/jobs/0/record.jsonl",  # before the run's own handlers
        "outputs/file/m/*/run.json",
        "outputs/file/m/*/predictions.jsonl",
        "outputs/file/m/*/results.json",  # after them
    ],
)
def test_a_signal_at_any_moment_is_an_interruption_or_comes_too_late(
    tmp_path: Path, chat_server: ChatServer, place: str
) -> None:
    chat_server.delay_s = 0.0 if place.endswith("results.json") else 0.5
    sweep = new_sweep(tmp_path, jobs_of([served_config(tmp_path, chat_server)]))
    process = started(sweep)
    until(sweep, tmp_path, place)
    for _ in range(3):  # schedulers tell a process more than once
        process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    end = end_of(sweep)
    assert "Traceback" not in err
    assert process.returncode == end.exit_code
    if end.ending != "interrupted":
        assert place.endswith("results.json")
        assert end.ending in {"complete", "failed_samples"}
    else:
        assert end.exit_code == 130
        assert end.reason


def test_what_stops_a_job_is_told_in_a_line(tmp_path: Path) -> None:
    config = recorded_config(tmp_path)
    sweep = new_sweep(tmp_path, jobs_of([config]))
    (tmp_path / "rows.jsonl").unlink()
    process = started(sweep)
    _, err = process.communicate(timeout=120)
    end = end_of(sweep)
    assert (process.returncode, end.ending, end.exit_code) == (2, "failed", 2)
    assert end.reason in err
    assert "rows.jsonl" in end.reason


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    sweep = new_sweep(tmp_path, jobs_of([recorded_config(tmp_path)]))
    head = msgspec.structs.replace(sweep.read_head(), cwd=str(tmp_path / "gone"))
    sweep.write_head(head)
    started(sweep).communicate(timeout=120)
    assert end_of(sweep).reason.endswith(
        "gone, where the sweep was submitted: No such file or directory"
    )


def test_what_is_read_is_copied_to_scratch_first(tmp_path: Path) -> None:
    sweep = new_sweep(tmp_path, jobs_of([recorded_config(tmp_path)]))
    head = sweep.read_head()
    launcher = {**head.launcher, "scratch": str(tmp_path / "scratch")}
    sweep.write_head(msgspec.structs.replace(head, launcher=launcher))
    _, err = started(sweep).communicate(timeout=120)
    assert end_of(sweep).ending == "complete", err
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == [f"evalrun-{os.getuid()}"]


def test_secrets_of_the_environment_reach_neither_record_nor_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_ACCESS", "very-secret-word")
    config = recorded_config(tmp_path)
    model = {"engine": "openai", "name": "m", "api_base": "very-secret-word", "api_key_env": ""}
    config = msgspec.structs.replace(config, model={**model, "api_key_env": "LAB_ACCESS"})
    sweep = new_sweep(tmp_path, jobs_of([config]))
    out, err = started(sweep).communicate(timeout=120)
    assert end_of(sweep).ending == "failed"
    assert "very-secret-word" not in (end_of(sweep).reason or "") + out + err


def test_a_fault_of_evalrun_is_an_end_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = new_sweep(tmp_path, jobs_of([recorded_config(tmp_path)]))
    monkeypatch.chdir(tmp_path)

    def broken(*_: object, **__: object) -> int:
        raise ZeroDivisionError("of something")

    monkeypatch.setattr("evalrun.runners.launch.job.run_all", broken)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert perform_job(sweep, 0, "h") == 1
        # The process of a job ends with it, and is not to be stopped on the way.
        assert {signal.getsignal(number) for number in handlers} == {signal.SIG_IGN}
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert end_of(sweep).reason == "a fault of evalrun: ZeroDivisionError: of something"
