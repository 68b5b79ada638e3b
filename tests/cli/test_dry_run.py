"""`run.dry=true`: the command tells what a run would take, and does nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import evalrun
from rows import recorded_world, write_jsonl

SERVED = [
    "recipe=file",
    "benchmark.path=rows.jsonl",
    "model=openai-compatible",
    # Nobody answers there.
    "model.api_base=http://127.0.0.1:9/v1",
    "model.name=some-model",
    "generation.max_tokens=10",
    "run.dry=true",
]


def ask(folder: Path, size: int) -> None:
    write_jsonl(folder / "rows.jsonl", ({"input": f"say {i}", "target": "x"} for i in range(size)))


def row_of(stdout: str, beginning: str = "| file") -> list[str]:
    """Return the cells of the only line that begins so."""
    (line,) = [line for line in stdout.splitlines() if line.startswith(beginning)]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_says_what_is_to_do_and_what_it_costs(tmp_path: Path) -> None:
    ask(tmp_path, 1000)
    prices = ("model.price.input=1", "model.price.output=100")
    done = evalrun(*SERVED, *prices, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    cells = row_of(done.stdout)
    assert cells[:6] == ["file", "some-model", "full", "1,000", "0", "1,000"]
    assert cells[8] == "10,000"
    input_usd = int(cells[6].replace(",", "")) / 1e6
    # 10,000 tokens of output at $100 a million are a dollar; the input comes on top.
    assert float(cells[9]) == pytest.approx(1 + input_usd, abs=0.006)
    assert float(cells[10]) == pytest.approx(input_usd, abs=0.00006)


def test_nothing_is_written(tmp_path: Path) -> None:
    ask(tmp_path, 3)
    evalrun(*SERVED, cwd=tmp_path, EVALRUN_CACHE=str(tmp_path / "cache"))
    assert [path.name for path in tmp_path.rglob("*")] == ["rows.jsonl"]


def test_what_is_missing_of_the_model_is_a_note(tmp_path: Path) -> None:
    ask(tmp_path, 3)
    overrides = [o for o in SERVED if not o.startswith("model")]
    done = evalrun(*overrides, "model=openai", "model.name=m", cwd=tmp_path, OPENAI_API_KEY="")
    assert done.returncode == 0, done.stderr
    assert "OPENAI_API_KEY is not set" in done.stdout


def test_missing_data_is_an_error(tmp_path: Path) -> None:
    done = evalrun(*SERVED, cwd=tmp_path)
    assert done.returncode == 2
    assert "rows.jsonl: no such file" in done.stderr
    assert done.stdout == ""


def test_a_finished_run_has_nothing_left_to_ask(tmp_path: Path) -> None:
    overrides = recorded_world(tmp_path, 5)
    assert evalrun(*overrides, "--quiet", cwd=tmp_path).returncode == 0
    done = evalrun(*overrides, "run.dry=true", cwd=tmp_path)
    assert row_of(done.stdout)[3:6] == ["0", "5", "0"]


def test_a_sweep_is_estimated_as_a_whole(tmp_path: Path) -> None:
    ask(tmp_path, 4)
    done = evalrun("--multirun", *SERVED, "run.epochs=1,2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert row_of(done.stdout, "| total")[3] == "12"
