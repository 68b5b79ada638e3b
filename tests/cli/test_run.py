"""Runs from the command line: tables, files, exit codes, resuming."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from command import evalrun, start
from rows import only_run, read_jsonl, recorded_world, write_jsonl


def test_a_run_prints_its_table_and_leaves_the_contracted_files(tmp_path: Path) -> None:
    done = evalrun(*recorded_world(tmp_path, 8, wrong=[3, 5]), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "75.0" in done.stdout
    run = only_run(tmp_path)
    assert run.parent.name == "recorded"
    assert run.parent.parent.name == "file"
    names = {path.name for path in run.iterdir() if not path.name.startswith(".")}
    assert names == {
        "config.yaml",
        "run.json",
        "predictions.jsonl",
        "scores.jsonl",
        "results.json",
        "table.md",
        "progress.json",
    }
    assert json.loads((run / "run.json").read_text())["state"] == "complete"
    assert (run / "table.md").read_text() in done.stdout
    first = read_jsonl(run / "scores.jsonl")[0]
    assert {"id", "scorer", "scores", "answer"} <= set(first)
    results = json.loads((run / "results.json").read_text())
    (task,) = [cell for cell in results["cells"] if cell["level"] == "task"]
    assert (task["value"], task["n"], task["n_missing"]) == (0.75, 8, 0)
    assert task["low"] < 0.75 < task["high"]


def test_the_same_command_again_changes_no_row(tmp_path: Path) -> None:
    overrides = recorded_world(tmp_path, 5)
    evalrun(*overrides, cwd=tmp_path)
    run = only_run(tmp_path)
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    again = evalrun(*overrides, cwd=tmp_path)
    assert again.returncode == 0
    assert "already complete" in again.stderr
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_a_missing_reply_is_a_failed_sample_and_exit_code_1_until_it_is_there(
    tmp_path: Path,
) -> None:
    overrides = recorded_world(tmp_path, 4)
    replies = tmp_path / "replies.jsonl"
    write_jsonl(replies, read_jsonl(replies)[:3])
    first = evalrun(*overrides, cwd=tmp_path)
    assert first.returncode == 1
    assert "failed samples, counted as missing: 1 missing_reply" in first.stdout
    (task,) = [
        cell
        for cell in json.loads((only_run(tmp_path) / "results.json").read_text())["cells"]
        if cell["level"] == "task"
    ]
    assert (task["value"], task["n"], task["n_missing"]) == (1.0, 3, 1)


def test_another_scorer_grades_in_the_same_folder_without_asking(tmp_path: Path) -> None:
    overrides = recorded_world(tmp_path, 4)
    evalrun(*overrides, cwd=tmp_path)
    second = evalrun(*overrides, "scorer=includes", cwd=tmp_path)
    assert second.returncode == 0, second.stderr
    run = only_run(tmp_path)
    assert len(read_jsonl(run / "predictions.jsonl")) == 4
    assert [row["scorer"] for row in read_jsonl(run / "scores.jsonl")] == ["exact"] * 4 + [
        "includes"
    ] * 4


def test_rescore_grades_a_finished_run_again(tmp_path: Path) -> None:
    evalrun(*recorded_world(tmp_path, 4), cwd=tmp_path)
    run = only_run(tmp_path)
    started_at = json.loads((run / "run.json").read_text())["started_at"]
    done = evalrun("rescore", str(run), "scorer=includes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "scorer includes" in done.stdout
    assert len(read_jsonl(run / "predictions.jsonl")) == 4
    status = json.loads((run / "run.json").read_text())
    assert status["environment"] == {"recorded_from": "replies.jsonl"}
    assert status["started_at"] == started_at
    refused = evalrun("rescore", str(run), "run.limit=1", cwd=tmp_path)
    assert refused.returncode == 2
    assert "rescoring takes only scorer, judge, sandbox, table" in refused.stderr


def test_multirun_makes_a_run_of_every_combination_and_one_table(tmp_path: Path) -> None:
    overrides = recorded_world(tmp_path, 4)
    done = evalrun("--multirun", *overrides, "run.seed=1,2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("outputs/*/*/*/run.json"))) == 2
    table = evalrun("table", "outputs", cwd=tmp_path)
    assert table.returncode == 0
    assert "recorded" in table.stdout


@pytest.mark.parametrize(("form", "part"), [("csv", "75.0"), ("json", "0.75"), ("md", "75.0")])
def test_tables_come_in_several_formats(tmp_path: Path, form: str, part: str) -> None:
    evalrun(*recorded_world(tmp_path, 4, wrong=[0]), cwd=tmp_path)
    done = evalrun("table", "outputs", "--format", form, cwd=tmp_path)
    assert done.returncode == 0
    assert part in done.stdout


def test_an_interrupted_run_exits_130_and_resumes(tmp_path: Path) -> None:
    overrides = recorded_world(tmp_path, 3000)
    process = start([*overrides, "run.max_connections=1"], tmp_path)
    predictions = _wait_for_rows(tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    kept = len(read_jsonl(predictions))
    assert 0 < kept < 3000
    status = json.loads((predictions.parent / "run.json").read_text())
    assert status["state"] == "interrupted"
    assert status["reason"] == "interrupted by SIGINT; run again to resume"
    assert (predictions.parent / "results.json").exists()
    done = evalrun(*overrides, "run.max_connections=1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = read_jsonl(predictions)
    assert len(rows) == len({row["id"] for row in rows}) == 3000


def test_the_second_process_on_a_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    overrides = [*recorded_world(tmp_path, 30_000), "run.max_connections=1"]
    process = start(overrides, tmp_path)
    _wait_for_rows(tmp_path)
    second = evalrun(*overrides, cwd=tmp_path)
    process.kill()
    process.wait()
    assert second.returncode == 1
    assert f"is held by process {process.pid} on " in second.stderr


def _wait_for_rows(folder: Path) -> Path:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for path in folder.glob("outputs/*/*/*/predictions.jsonl"):
            if path.stat().st_size:
                return path
        time.sleep(0.01)
    raise AssertionError("no row was written")
