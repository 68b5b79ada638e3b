"""Runs that are killed in the middle of a play, and brought to their end."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from command import evalrun, start
from rows import only_run, read_jsonl

# Which play, which role, and the hash of what was said before.
Call = tuple[str, str, str]


class Killed(NamedTuple):
    """The calls on disk at the kill and at the end, those of an undisturbed run, and the outcomes.

    `outcomes` are those of the undisturbed and of the disturbed run, by prediction.
    """

    before: list[Call]
    after: list[Call]
    whole: list[Call]
    outcomes: tuple[dict[str, Any], dict[str, Any]]


def killed_after(calls: int, arguments: Sequence[str], folder: Path) -> Killed:
    """Run undisturbed, and again with kill -9 when so many `calls` are on disk, then to the end."""
    undisturbed, disturbed = folder / "undisturbed", folder / "disturbed"
    for place in (undisturbed, disturbed):
        place.mkdir()
    _finish(arguments, undisturbed)
    process = start([*arguments], disturbed)
    _wait_for_calls(disturbed, calls)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = calls_in(disturbed)
    _finish(arguments, disturbed)
    outcomes = _outcomes(undisturbed), _outcomes(disturbed)
    return Killed(before, calls_in(disturbed), calls_in(undisturbed), outcomes)


def calls_in(folder: Path) -> list[Call]:
    """Return what was asked in the only run below `folder`, as far as it is on disk."""
    logs = list(folder.glob("outputs/*/*/*/calls.jsonl"))
    lines = logs[0].read_bytes().splitlines(keepends=True) if logs else []
    rows = [json.loads(line) for line in lines if line.endswith(b"\n")]
    return [(row["id"], row["role"], row["asked_sha256"]) for row in rows]


def _finish(arguments: Sequence[str], folder: Path) -> None:
    done = evalrun(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr


def _wait_for_calls(folder: Path, number: int) -> None:
    deadline = time.monotonic() + 120
    while len(calls_in(folder)) < number and time.monotonic() < deadline:
        time.sleep(0.005)


def _outcomes(folder: Path) -> dict[str, Any]:
    rows = read_jsonl(only_run(folder) / "predictions.jsonl")
    return {row["id"]: (row["outcome"], row["outputs"]) for row in rows}
