"""`evalrun view`: a real server of real runs, from its address to Ctrl-C."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from command import COMMAND, evalrun, start
from rows import recorded_world


@contextmanager
def viewing(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `evalrun view`, and give the process and the address that it prints."""
    process = subprocess.Popen(
        [COMMAND, "view", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def overview(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(address + "live/overview.json", timeout=20) as reply:
        return json.load(reply)


def eventually(address: str, holds: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """Return the runs once something `holds` of them."""
    for _ in range(600):
        runs = overview(address)["runs"]
        if holds(runs):
            return runs
        time.sleep(0.05)
    raise AssertionError(runs)


def test_a_run_is_followed_from_before_it_begins_to_its_end(tmp_path: Path) -> None:
    overrides = recorded_world(tmp_path, 3000, wrong=range(0, 3000, 3))
    with viewing(tmp_path, "outputs", "--no-open") as (_, address):
        assert overview(address)["runs"] == []
        run = start(overrides, tmp_path)
        (seen,) = eventually(address, lambda runs: bool(runs and runs[0]["rows"]))
        assert (seen["recipe"], seen["planned"]) == ("file", 3000)
        assert run.wait(timeout=60) == 0
        (ended,) = eventually(address, lambda runs: runs[0]["state"] == "complete")
        assert (ended["rows"], ended["predicted"], ended["statuses"]) == (3000, 3000, {"ok": 3000})
        with urllib.request.urlopen(f"{address}pieces/{ended['key']}/rows-0.js") as reply:
            assert reply.read().startswith(b"evalrun.provide('r0/rows-0', '")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told_to_with_code_0(tmp_path: Path, number: int) -> None:
    assert evalrun(*recorded_world(tmp_path, 3), cwd=tmp_path).returncode == 0
    with viewing(tmp_path, "outputs") as (process, address):
        assert overview(address)["runs"][0]["rows"] == 3
        process.send_signal(number)
        out, errors = process.communicate(timeout=20)
        assert (process.returncode, out, errors) == (0, "", "")


def test_it_listens_on_this_machine_alone_at_the_port_it_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with viewing(tmp_path, ".", "--port", str(port)) as (process, address):
        assert address == f"http://127.0.0.1:{port}/"
        assert overview(address)["live"] is True
        listening = Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()
        hexadecimal = f":{port:04X}"
        own = [line.split()[1] for line in listening if line.split()[1].endswith(hexadecimal)]
        assert own
        assert set(own) == {f"0100007F{hexadecimal}"}


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = evalrun("view", ".", "--port", str(port), cwd=tmp_path)
    assert done.returncode == 2
    assert f"cannot listen on port {port}: " in done.stderr
    assert done.stderr.splitlines()[-1].startswith("evalrun: ")
