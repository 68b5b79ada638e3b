"""`evalrun table`, and the tables at the end of a sweep."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from command import evalrun
from fabricated import cell, results, stored
from rows import only_run, read_jsonl, recorded_world, write_jsonl

from evalrun.runners.results import Measures, Results


def kv_runs(folder: Path) -> None:
    """Leave two runs that differ in the KV method below `folder`."""
    for kv, quality, bytes_ in (("full", 0.9, 8e6), ("snapkv-50%", 0.4, 4e6)):
        turns = [cell("turn", "t", quality, turn=i) for i in range(2)]
        run: Results = results(
            *turns,
            cell("subtask", "t", quality),
            cell("task", "t", quality),
            kv=kv,
            measures=Measures(cache_bytes=bytes_, ttft_later_s=0.5),
        )
        stored(folder / kv, run)


def two_models(folder: Path) -> list[str]:
    """Run the same rows with two recorded models, and return their names."""
    overrides = recorded_world(folder, 4)
    done = evalrun("--multirun", *overrides, "model.name=one,two", cwd=folder)
    assert done.returncode == 0, done.stderr
    return ["one", "two"]


def test_kv_shows_quality_beside_memory_and_latency(tmp_path: Path) -> None:
    kv_runs(tmp_path / "runs")
    done = evalrun("table", "runs", "--kv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "### r: KV methods" in done.stdout
    first = next(line for line in done.stdout.splitlines() if line.startswith("| m "))
    cells = [cell.strip() for cell in first.split("|")[1:-1]]
    assert cells == ["m", "full", "90.0 [80.0, 100.0]", "10", "8.00", "100.0", "0.500", "*"]


def test_kv_comes_as_csv_and_as_json(tmp_path: Path) -> None:
    kv_runs(tmp_path / "runs")
    table = evalrun("table", "runs", "--kv", "--format", "csv", cwd=tmp_path).stdout
    assert [row["of full %"] for row in csv.DictReader(io.StringIO(table))] == ["100.0", "50.0"]
    rows = json.loads(evalrun("table", "runs", "--kv", "--format", "json", cwd=tmp_path).stdout)
    assert [(row["kv"], row["share_of_full"], row["on_front"]) for row in rows] == [
        ("full", 1.0, True),
        ("snapkv-50%", 0.5, True),
    ]


def test_kv_takes_runs_of_which_nothing_was_measured(tmp_path: Path) -> None:
    names = two_models(tmp_path)
    done = evalrun("table", "outputs", "--kv", "--format", "csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["model"] for row in rows] == names
    assert "cache MB" not in rows[0]


def test_plot_writes_pictures_beside_the_table(tmp_path: Path) -> None:
    kv_runs(tmp_path / "runs")
    done = evalrun("table", "runs", "--plot", "plots", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "### r\n" in done.stdout
    assert done.stderr.splitlines() == [
        f"plot: plots/{name}"
        for name in ("kv_pareto.svg", "kv_pareto.png", "turns.svg", "turns.png")
    ]
    assert "snapkv-50%" in (tmp_path / "plots" / "turns.svg").read_text()


def test_plot_draws_needles_of_a_run(tmp_path: Path) -> None:
    ids = [f"needle/{length}/{depth}" for length in (1000, 2000) for depth in (0, 100)]
    write_jsonl(tmp_path / "rows.jsonl", ({"id": i, "input": "?", "target": "x"} for i in ids))
    write_jsonl(tmp_path / "replies.jsonl", ({"id": i, "output": "x"} for i in ids))
    overrides = ["recipe=file", "benchmark.path=rows.jsonl", "model.path=replies.jsonl"]
    assert evalrun(*overrides, "model=recorded", cwd=tmp_path).returncode == 0
    names = [row["sample_id"] for row in read_jsonl(only_run(tmp_path) / "scores.jsonl")]
    assert names == ids
    done = evalrun("table", "outputs", "--plot", "plots", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mean 100.0" in (tmp_path / "plots" / "needle.svg").read_text()


def test_runs_with_nothing_to_plot_are_refused_in_one_line(tmp_path: Path) -> None:
    two_models(tmp_path)
    done = evalrun("table", "outputs", "--plot", "plots", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("evalrun: nothing to plot")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "plots").exists()


def test_a_folder_without_runs_is_refused_in_one_line(tmp_path: Path) -> None:
    done = evalrun("table", ".", "--kv", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "evalrun: no run at or below .\n")


@pytest.mark.parametrize(
    ("columns", "header"),
    [("groups", ["G", "AVG"]), ("tasks", ["rows"]), ("all", ["rows", "G", "AVG"])],
)
def test_columns_act_on_finished_runs_too(tmp_path: Path, columns: str, header: list[str]) -> None:
    sweep = ["--multirun", *recorded_world(tmp_path, 4), "model.name=one,two"]
    grouped = "table.groups={G: [rows]}"
    before = evalrun(*sweep, grouped, cwd=tmp_path)
    assert before.returncode == 0, before.stderr
    again = evalrun(*sweep, grouped, f"table.columns={columns}", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    heading = next(line for line in again.stdout.splitlines() if line.startswith("| model"))
    assert [word.strip() for word in heading.split("|")[3:-1]] == header
    assert sum(len(read_jsonl(path)) for path in tmp_path.glob("outputs/**/predictions.jsonl")) == 8
