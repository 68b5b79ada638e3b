"""A sweep on SLURM, disturbed in every way, ends as the table of the same runs here."""

from __future__ import annotations

import csv
import json
import os
import signal
import time
from pathlib import Path

import pytest
from rows import write_jsonl
from slurm.cluster import Cluster
from slurm.user import User

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(900)]

SIZE = 6


@pytest.fixture
def sweep(user: User) -> list[str]:
    """Write two files of rows and two models, and return the arguments of the sweep over them."""
    folder = user.folder
    for name in ("sums", "echoes"):
        write_jsonl(
            folder / f"{name}.jsonl",
            ({"id": f"{name}{n}", "input": f"Say {n}.", "target": str(n)} for n in range(SIZE)),
        )
    write_jsonl(
        folder / "replies.jsonl",
        (
            {"id": f"{name}{n}", "output": str(n if n % 3 else 0)}
            for name in ("sums", "echoes")
            for n in range(SIZE)
        ),
    )
    models = folder / "mine" / "model"
    models.mkdir(parents=True)
    (models / "small.yaml").write_text(
        "defaults: [/model/smollm2@_here_]\nname: small\ndtype: float32\ndevice: cpu\n"
    )
    replies = folder / "replies.jsonl"
    (models / "known.yaml").write_text(f"engine: recorded\nname: known\npath: {replies}\n")
    return [
        "--recipes=mine",
        "recipe=file",
        "benchmark.path=sums.jsonl,echoes.jsonl",
        "model=small,known",
        "run.seed=0,1",
        "scorer=includes",
        "generation.max_tokens=4",
    ]


@pytest.mark.model
def test_a_disturbed_sweep_ends_as_the_table_of_an_undisturbed_one(
    user: User, sweep: list[str], cluster: Cluster
) -> None:
    short = ("launcher.timeout_min=1", "launcher.max_num_timeout=0", "launcher.signal_delay_s=5")
    user.submit(*sweep, *short)
    small = [index for index, state in user.states().items() if _model(user, index) == "small"]
    frozen, cancelled, *_ = small
    # One hangs until its time is up, one is cancelled, and the node's daemon dies meanwhile.
    os.kill(user.wait_for_start(frozen)["pid"], signal.SIGSTOP)
    user.wait_for_start(cancelled)
    cluster.run("scancel", str(user.states()[cancelled].handle))
    cluster.kill_slurmd()
    time.sleep(1)
    cluster.start_slurmd()
    undisturbed = user.evalrun("--multirun", *sweep, "outputs=here", "launcher=basic")
    assert undisturbed.returncode == 0, undisturbed.stderr
    assert user.sweep("wait", "--poll", "1").returncode == 1
    states = user.states()
    assert states[frozen].state == "timeout"
    assert states[cancelled].state == "cancelled"
    known = {one.state for index, one in states.items() if index not in small}
    assert known == {"complete"}
    retried = user.sweep("retry", "launcher.timeout_min=10")
    assert retried.returncode == 0, retried.stderr
    user.wait_until_complete()
    assert {state.state for state in user.states().values()} == {"complete"}
    here = user.evalrun("table", "here", "--format", "csv")
    there = user.sweep("table", "--format", "csv")
    assert _scores(there.stdout) == _scores(here.stdout) != []
    assert _cells(user.folder / "outputs") == _cells(user.folder / "here")


def _model(user: User, index: int) -> str:
    (jobs,) = user.folder.glob("outputs/sweeps/*/jobs.jsonl")
    rows = [json.loads(line) for line in jobs.read_text().splitlines()]
    return next(row["config"]["model"]["name"] for row in rows if row["index"] == index)


def _scores(table: str) -> list[tuple[str, ...]]:
    """Return the rows of a table without what is measured, whose columns stand in any order."""
    rows = csv.DictReader(table.splitlines())
    names = ("model", "kv", "sums", "echoes", "tokens kept")
    return sorted(tuple(row[name] for name in names) for row in rows)


def _cells(outputs: Path) -> dict[str, object]:
    """Return the results of all runs by the end of their paths, which their hash is."""
    return {
        "/".join(path.parts[-4:-1]): json.loads(path.read_text())["cells"]
        for path in outputs.glob("file/*/*/results.json")
    }
