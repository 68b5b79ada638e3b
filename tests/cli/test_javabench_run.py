"""JavaBench from the command line: recorded completions, the tables, kills, a real model."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from command import evalrun, start
from java_world import CART, FIXTURES, PRICE, RECEIPT, RIGHT, fence, java_sandbox, solution
from layout_rows import layout_values
from recorded import recorded_run
from rows import only_run, read_jsonl, write_jsonl

pytest.importorskip("tree_sitter_java")

DATA = ("recipe=javabench", f"benchmark.data_dir={FIXTURES}", "benchmark.task=PA22")
ROWS = FIXTURES / "datasets" / "selective-context" / "data-PA22.jsonl"
BROKEN = fence(solution(CART).replace("return sum;", "return summ;"))
LAZY = fence(solution(PRICE).replace("return new Price(cents + other.cents);", "// TODO"))


@pytest.fixture(autouse=True)
def needs_java() -> None:
    java_sandbox()


def test_a_run_gives_the_tables_of_the_paper(tmp_path: Path) -> None:
    """Of five equal samples each: prices right, carts broken, receipts right."""
    pytest.importorskip("pandas")
    folder = recorded_run(tmp_path, {**RIGHT, CART: BROKEN}, *DATA)
    for k in (1, 5):
        values = layout_values(folder, f"at_{k}")
        assert values["Completion / PA22"] == 1
        assert values["Compilation, class-wise / PA22"] == pytest.approx(2 / 3)
        assert values["Pass, class-wise / PA22"] == pytest.approx(2 / 3)
        assert values["Compilation, test-wise / PA22"] == 0.5
        assert values["Pass, test-wise / PA22"] == 0.5
        assert values["Pass, test-wise / PA19"] is None
    cells = json.loads((folder / "results.json").read_text())["cells"]
    of = {(c["subtask"], c["metric"]): c for c in cells if c["level"] == "subtask"}
    assert (of["class", "pass"]["n"], of["class", "pass"]["n_missing"]) == (15, 0)
    assert (of["test", "pass"]["n"], of["test", "pass"]["n_missing"]) == (10, 0)


def score(folder: Path, predictions: list[dict[str, Any]], *overrides: str) -> Any:
    write_jsonl(folder / "predictions.jsonl", predictions)
    return evalrun(
        "score",
        *DATA,
        f"rows={ROWS}",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        *overrides,
        cwd=folder,
    )


def test_official_samples_are_graded_with_their_epochs(tmp_path: Path) -> None:
    """Price: right, lazy; cart: broken, right. A suite needs both of one epoch."""
    pytest.importorskip("pandas")
    samples = {
        PRICE: (RIGHT[PRICE], LAZY),
        CART: (BROKEN, RIGHT[CART]),
        RECEIPT: (RIGHT[RECEIPT],) * 2,
    }
    predictions = [
        {"id": id_, "epoch": epoch, "prediction": reply}
        for id_, replies in samples.items()
        for epoch, reply in enumerate(replies)
    ]
    done = score(tmp_path, predictions, "--format", "json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["layouts"]["at_1"]["rows"]
    cells = {name: cell["value"] for name, cell in row["cells"].items()}
    # Two samples, of which so many are good: pass@1 is their share, by classes and by suites.
    assert cells["Completion / PA22"] == pytest.approx((0.5 + 1 + 1) / 3)
    assert cells["Compilation, class-wise / PA22"] == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert cells["Pass, test-wise / PA22"] == pytest.approx((0.5 + 0) / 2)
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert graded[1]["turns"][0]["answer"]["has_todo"] is True


def test_samples_without_their_epochs_are_refused(tmp_path: Path) -> None:
    done = score(tmp_path, [{"id": PRICE, "prediction": [RIGHT[PRICE], LAZY]}])
    assert done.returncode == 2
    assert "2 replies; a class has one in each epoch" in done.stderr


def test_methods_are_synthesised_one_by_one(tmp_path: Path) -> None:
    of_cart = solution(CART)
    replies: dict[str, object] = {
        # The second method is not in a fence, and stays as it was.
        PRICE: [RIGHT[PRICE], solution(PRICE)],
        CART: [fence(of_cart)] * 3,
        RECEIPT: [RIGHT[RECEIPT]],
    }
    overrides = ("protocol=by_method", "protocol.mode=independent", "run.epochs=1")
    folder = recorded_run(tmp_path, replies, *DATA, *overrides)
    predicted = {row["sample_id"]: row for row in read_jsonl(folder / "predictions.jsonl")}
    calls = {id_: len(one["intermediate"]) for id_, one in predicted.items()}
    assert calls == {PRICE: 2, CART: 3, RECEIPT: 1}
    assert "TODO" not in predicted[CART]["outputs"][0]
    assert "whole units" in predicted[PRICE]["outputs"][0]
    scores = {
        row["sample_id"]: row["turns"][0]["scores"] for row in read_jsonl(folder / "scores.jsonl")
    }
    assert scores[CART] == {"pass": 1, "compilation": 1, "completion": 1}
    assert scores[PRICE] == {"pass": 0, "compilation": 0, "completion": 0}


def test_a_run_that_is_killed_while_tests_run_ends_as_if_nothing_had_happened(
    tmp_path: Path,
) -> None:
    overrides = (*DATA, "run.epochs=1", "model=recorded", "model.path=replies.jsonl")
    folders = [tmp_path / "undisturbed", tmp_path / "killed"]
    for folder in folders:
        folder.mkdir()
        replies = [{"id": i, "output": o} for i, o in {**RIGHT, CART: BROKEN}.items()]
        write_jsonl(folder / "replies.jsonl", replies)
    assert evalrun(*overrides, cwd=folders[0]).returncode == 0
    process = start(overrides, folders[1])
    _wait_for_java(process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not list(folders[1].glob("outputs/*/*/*/results.json"))
    assert evalrun(*overrides, cwd=folders[1]).returncode == 0
    runs = [only_run(folder) for folder in folders]
    kept = [sorted(map(json.dumps, read_jsonl(run / "scores.jsonl"))) for run in runs]
    assert kept[0] == kept[1]
    assert (runs[0] / "table.md").read_text() == (runs[1] / "table.md").read_text()


def _wait_for_java(process: subprocess.Popen[str]) -> None:
    """Wait until a process below evalrun compiles or tests."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if _runs_java(process.pid):
            return
        time.sleep(0.05)
    pytest.fail("no Java was started")


def _runs_java(pid: int) -> bool:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            try:
                name = Path(f"/proc/{child}/comm").read_text().strip()
            except OSError:
                continue
            if name in ("java", "javac") or _runs_java(int(child)):
                return True
    return False


def test_fetch_brings_what_a_run_needs_from_a_copy(tmp_path: Path) -> None:
    copy, data = tmp_path / "copy", tmp_path / "data"
    shutil.copytree(FIXTURES, copy)
    files = '["datasets/*-context/data-PA??.jsonl","datasets/testcase/test-PA??.jsonl",'
    files += '"projects/PA??-Solution/src/*","projects/PA??-Solution/labels/*"]'
    done = evalrun(
        "fetch",
        "javabench",
        f"benchmark.data_dir={data}",
        f"benchmark.fetch.files={files}",
        "--from",
        str(copy),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    folder = recorded_run(
        tmp_path,
        RIGHT,
        "recipe=javabench",
        f"benchmark.data_dir={data}",
        "benchmark.task=PA22",
        "run.epochs=1",
    )
    assert {row["scores"]["pass"] for row in read_jsonl(folder / "scores.jsonl")} == {1.0}


@pytest.mark.model
def test_a_real_model_is_asked_by_either_strategy(tmp_path: Path) -> None:
    for protocol in ("single_turn", "by_method"):
        folder = tmp_path / protocol
        folder.mkdir()
        done = evalrun(
            *DATA,
            "model=smollm2",
            f"protocol={protocol}",
            "run.epochs=1",
            "run.limit=2",
            "generation.max_tokens=12",
            cwd=folder,
        )
        assert done.returncode == 0, done.stderr
        scores = read_jsonl(only_run(folder) / "scores.jsonl")
        # So few tokens hold no class; method by method every TODO stays.
        assert [row["turns"][0]["scores"]["pass"] for row in scores] == [0, 0]
