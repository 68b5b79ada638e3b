"""Bad input of every kind: one clear line, exit code 2, nothing written that was there before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command import evalrun
from rows import only_run, recorded_world, write_jsonl


def refused(folder: Path, *arguments: str) -> str:
    """Return the one line that a refused command prints."""
    done = evalrun(*arguments, cwd=folder)
    assert done.returncode == 2, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["recipe=scbnch"], ["unknown recipe 'scbnch'", "'scbench'"]),
        (["recipe=file", "model=smolm2"], ["unknown model 'smolm2'", "'smollm2'"]),
        (["recipe=file", "benchmark.pth=x"], ["unknown key 'benchmark.pth'", "'path'"]),
        (["recipe=file", "run.epochs=two"], ["run.epochs", "int"]),
        (["recipe=file", "kv=snapkv", "kv.budget=-4", "benchmark.path=x.jsonl"], ["kv.budget"]),
        (
            ["recipe=file", "kv=tova", "kv.compression_ratio=1.0", "benchmark.path=x.jsonl"],
            ["kv.compression_ratio", "< 1.0"],
        ),
        (
            ["recipe=file", "kv=press", "kv.press=KeyDifPress", "benchmark.path=x.jsonl"],
            ["kv.press", "'KeyDiffPress'"],
        ),
        (["recipe=file", "kv=[snapvk,kivi]"], ["unknown kv 'snapvk'", "'snapkv'"]),
        (["recipe=file", "kv=[snapkv,kivi]", "kv.bist=4"], ["unknown key 'kv.bist'", "'bits'"]),
        (
            ["recipe=file", "kv=[snapkv,tova]", "kv.budget=64"],
            ["kv.budget", "kv.parts.snapkv.budget=VALUE or kv.parts.tova.budget=VALUE"],
        ),
        (
            ["recipe=file", "kv=[snapkv,tova]", "benchmark.path=x.jsonl"],
            ["kv=[snapkv,tova]: both choose which tokens stay", "choose one"],
        ),
        (
            ["recipe=file", "benchmark.path=x.jsonl", "scorer=judge"],
            ["scorer=judge needs a judge"],
        ),
        (["table", "nowhere"], ["no run at or below nowhere"]),
        (["rescore", "nowhere"], ["nowhere holds no run"]),
        (["show", "quickstrt"], ["unknown recipe 'quickstrt'", "'quickstart'"]),
        (["ls", "recipies"], ["unknown kind 'recipies'", "'recipes'"]),
        (["table", "nowhere", "--format", "xlsx"], ["unknown format 'xlsx'"]),
        (["score", "recipe=file"], ["evalrun score needs rows=FILE and predictions=FILE"]),
    ],
)
def test_a_typing_error_is_told_with_the_way_out(
    tmp_path: Path, arguments: list[str], parts: list[str]
) -> None:
    line = refused(tmp_path, *arguments)
    assert all(part in line for part in parts), line


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('{"input": "a", "target": "b"}\n{"inptu": "a"}\n', ["rows.jsonl", "row 2", "'inptu'"]),
        ('{"input": "a"}\n{"input": \n', ["rows.jsonl, line 2", "not valid JSON"]),
        ("", ["rows.jsonl"]),
        ('{"id": 1, "input": "a"}\n{"id": 1, "input": "b"}\n', ["rows.jsonl", "row"]),
    ],
)
def test_a_malformed_row_is_named_by_file_and_row(
    tmp_path: Path, text: str, parts: list[str]
) -> None:
    overrides = recorded_world(tmp_path, 1)
    (tmp_path / "rows.jsonl").write_text(text)
    line = refused(tmp_path, *overrides)
    assert all(part in line for part in parts), line


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    overrides = recorded_world(tmp_path, 1)
    (tmp_path / "rows.jsonl").unlink()
    assert "rows.jsonl" in refused(tmp_path, *overrides)


def test_malformed_yaml_of_the_users_own_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine" / "recipe").mkdir(parents=True)
    (tmp_path / "mine" / "recipe" / "odd.yaml").write_text("recipe: {name: [}\n")
    assert "odd.yaml" in refused(tmp_path, "--recipes", "mine", "recipe=odd")


def test_missing_things_are_said_one_a_line_before_anything_is_loaded(tmp_path: Path) -> None:
    done = evalrun(
        "recipe=scbench", "model=llama3-8b", cwd=tmp_path, EVALRUN_CACHE=str(tmp_path / "cache")
    )
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert any("evalrun fetch scbench" in line for line in lines)
    assert all(line.startswith("evalrun: ") for line in lines)
    assert not (tmp_path / "outputs").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_outputs_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "outputs").mkdir(mode=0o555)
    done = evalrun(*recorded_world(tmp_path, 1), cwd=tmp_path)
    assert done.returncode == 1
    assert "outputs" in done.stderr


def test_an_outputs_path_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    done = evalrun(*recorded_world(tmp_path, 1), "outputs=taken", cwd=tmp_path)
    assert done.returncode == 1
    assert "cannot create taken" in done.stderr
    assert "outputs=DIR" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2  # the second names the run's folder


def test_a_torn_line_in_the_middle_of_a_log_is_named(tmp_path: Path) -> None:
    overrides = recorded_world(tmp_path, 3)
    evalrun(*overrides, cwd=tmp_path)
    log = only_run(tmp_path) / "predictions.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0] + lines[1][:10] + b"\n" + lines[2])
    (only_run(tmp_path) / "run.json").unlink()
    done = evalrun(*overrides, cwd=tmp_path)
    assert done.returncode == 2
    assert "predictions.jsonl, line 2" in done.stderr


def test_a_reply_file_with_a_malformed_line_is_named(tmp_path: Path) -> None:
    overrides = recorded_world(tmp_path, 2)
    (tmp_path / "replies.jsonl").write_text('{"id": "q0", "output": 3}\n')
    done = evalrun(*overrides, cwd=tmp_path)
    assert done.returncode == 2
    assert "replies.jsonl, line 1" in done.stderr


def test_predictions_that_fit_no_row_are_named(tmp_path: Path) -> None:
    recorded_world(tmp_path, 2)
    write_jsonl(tmp_path / "p.jsonl", [{"id": "q9", "prediction": "9"}])
    line = refused(tmp_path, "score", "recipe=file", "rows=rows.jsonl", "predictions=p.jsonl")
    assert "p.jsonl, row 1: no data row has id 'q9'" in line
