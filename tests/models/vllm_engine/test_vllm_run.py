"""Whole runs on vLLM: what their rows say, and what is left when one is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.vllm, pytest.mark.slow, pytest.mark.timeout(900)]

CONTEXT = "".join(f"The code for lake {number} is {number * 7919}.\n" for number in range(30))
ROWS = 12


@pytest.fixture
def folder(tmp_path: Path, smollm2: Path) -> Path:
    """Return a folder with questions about one context, in which runs take place."""
    rows = [
        {"id": str(lake), "input": f"{CONTEXT}Lake {lake}?", "target": str(lake * 7919)}
        for lake in range(ROWS)
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "rows.jsonl").write_text(text)
    return tmp_path


def evalrun(folder: Path, *overrides: str) -> subprocess.Popen[bytes]:
    """Start a run, one question after another."""
    command = [str(Path(sys.executable).with_name("evalrun")), "recipe=file", "model=smollm2"]
    # A reply that another run has kept would be no work.
    fixed = ["benchmark.path=rows.jsonl", "run.cache=false", "run.max_connections=1"]
    fixed.append("generation.max_tokens=48")
    vllm = ["model.engine=vllm", "model.enforce_eager=true", "model.max_length=1024"]
    with (folder / "output.txt").open("ab") as output:
        return subprocess.Popen(
            [*command, *fixed, *vllm, *overrides], cwd=folder, stdout=output, stderr=output
        )


def predictions(folder: Path) -> list[dict[str, Any]]:
    """Return the whole rows that a run has written so far."""
    files = list(folder.glob("outputs/**/predictions.jsonl"))
    lines = [line for file in files for line in file.read_text().splitlines(keepends=True)]
    return [json.loads(line) for line in lines if line.endswith("\n")]


def finished(folder: Path, run: subprocess.Popen[bytes]) -> None:
    assert run.wait() == 0, (folder / "output.txt").read_text()


def assert_the_context_was_computed(times: int, rows: list[dict[str, Any]]) -> None:
    assert len(rows) == ROWS
    cached = sorted(row["usage"]["cached_tokens"] for row in rows)
    inputs = [row["usage"]["input_tokens"] for row in rows]
    assert cached[times - 1] == 0
    assert cached[times] > min(inputs) - 256


def test_rows_of_a_run_in_process_say_what_was_found_in_the_cache(folder: Path) -> None:
    finished(folder, evalrun(folder))

    assert_the_context_was_computed(1, predictions(folder))


def test_a_killed_run_leaves_no_server_behind_and_is_resumed(folder: Path) -> None:
    import psutil

    run = evalrun(folder, "model.serve=true")
    while not predictions(folder) and run.poll() is None:
        time.sleep(0.05)
    descendants = psutil.Process(run.pid).children(recursive=True)

    # What vLLM said is left for a user to read; here nobody will.
    log = Path(f"/proc/{descendants[0].pid}/fd/1").resolve()

    run.kill()
    run.wait()
    log.unlink()
    _, alive = psutil.wait_procs(descendants, timeout=40)

    assert len(descendants) >= 3
    assert [p.pid for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []
    assert 0 < len(predictions(folder)) < ROWS
    finished(folder, evalrun(folder, "model.serve=true"))
    assert_the_context_was_computed(2, predictions(folder))
