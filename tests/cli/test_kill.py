"""kill -9 at any moment loses nothing and repeats nothing."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from command import evalrun, start
from rows import only_run, read_jsonl, recorded_world

SIZE = 6000


@pytest.mark.slow
def test_after_twenty_kills_every_pair_has_one_good_row_and_the_table_is_the_same(
    tmp_path: Path,
) -> None:
    overrides = ["run.epochs=2", "run.max_connections=2"]
    undisturbed = tmp_path / "undisturbed"
    disturbed = tmp_path / "disturbed"
    for folder in (undisturbed, disturbed):
        folder.mkdir()
        overrides_here = [*recorded_world(folder, SIZE, wrong=range(0, SIZE, 7)), *overrides]
    assert evalrun(*overrides_here, cwd=undisturbed).returncode == 0
    generator = random.Random(20)
    killed = 0
    while killed < 20:
        process = start(overrides_here, disturbed)
        _wait_until_running(disturbed, generator.uniform(0.0, 0.12))
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed += 1
    assert killed >= 5, "the run is too short to be disturbed"
    last = evalrun(*overrides_here, cwd=disturbed)
    assert last.returncode == 0, last.stderr
    run, other = only_run(disturbed), only_run(undisturbed)
    good = Counter(
        (row["sample_id"], row["epoch"])
        for row in read_jsonl(run / "predictions.jsonl")
        if row["error"] is None
    )
    assert len(good) == 2 * SIZE
    assert set(good.values()) == {1}
    scored = Counter(row["id"] for row in read_jsonl(run / "scores.jsonl"))
    assert len(scored) == 2 * SIZE
    assert (run / "table.md").read_text() == (other / "table.md").read_text()
    cells = [json.loads((r / "results.json").read_text())["cells"] for r in (run, other)]
    assert cells[0] == cells[1]


def _wait_until_running(folder: Path, extra_s: float) -> None:
    """Wait until the process holds the folder, and a moment more."""
    started = time.monotonic()
    logs = list(folder.glob("outputs/*/*/*/predictions.jsonl"))
    size = logs[0].stat().st_size if logs else 0
    while time.monotonic() - started < 10:
        logs = list(folder.glob("outputs/*/*/*/predictions.jsonl"))
        if logs and logs[0].stat().st_size > size:
            break
        time.sleep(0.005)
    time.sleep(extra_s)
