"""`evalrun score`: predictions made elsewhere, graded by the benchmark's own rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import evalrun
from rows import read_jsonl, write_jsonl

KV_ROWS = [
    {
        "id": 7,
        "context": 'JSON data:\n{"a": "1111", "b": "2222"}',
        "multi_turns": [{"input": "a?", "answer": "1111"}, {"input": "b?", "answer": "2222"}],
    },
    {
        "id": 9,
        "context": 'JSON data:\n{"c": "3333", "d": "4444"}',
        "multi_turns": [{"input": "c?", "answer": "3333"}, {"input": "d?", "answer": "4444"}],
    },
]


def score(folder: Path, rows: list, predictions: list, *overrides: str):
    write_jsonl(folder / "rows.jsonl", rows)
    write_jsonl(folder / "predictions.jsonl", predictions)
    return evalrun(
        "score",
        "recipe=scbench",
        "rows=rows.jsonl",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        *overrides,
        cwd=folder,
    )


def test_turns_are_graded_one_by_one_in_the_order_of_the_predictions(tmp_path: Path) -> None:
    predictions = [
        {"id": 9, "prediction": ["it is 3333.", "nothing"]},
        {"id": 7, "prediction": ["1111", "2222"]},
    ]
    done = score(tmp_path, KV_ROWS, predictions, "benchmark.task=scbench_kv")
    assert done.returncode == 0, done.stderr
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [line["id"] for line in graded] == [9, 7]
    assert [line["scores"] for line in graded] == [{"accuracy": 0.5}, {"accuracy": 1.0}]
    assert [turn["scores"]["accuracy"] for turn in graded[0]["turns"]] == [1.0, 0.0]
    assert "75.0" in done.stdout


def test_rows_may_be_named_by_their_number(tmp_path: Path) -> None:
    predictions = [{"index": 1, "prediction": ["3333", "4444"]}]
    done = score(tmp_path, KV_ROWS, predictions, "benchmark.task=scbench_kv", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert read_jsonl(tmp_path / "graded.jsonl")[0]["index"] == 1
    (task,) = [cell for cell in json.loads(done.stdout)["cells"] if cell["level"] == "task"]
    assert (task["value"], task["n"], task["n_missing"]) == (1.0, 2, 2)


def test_the_official_and_the_fixed_variant_differ_where_the_official_scorer_errs(
    tmp_path: Path,
) -> None:
    """Official: a bare-string label is tried character by character, so "(A)" matches "(B)"."""
    rows = [
        {
            "id": 0,
            "task": "date_understanding",
            "context": "Question: ...",
            "multi_turns": [{"input": "Q", "answer": "(B)"}],
        }
    ]
    predictions = [{"index": 0, "prediction": "(A)"}]
    task = "benchmark.task=scbench_many_shot"
    assert score(tmp_path, rows, predictions, task).returncode == 0
    assert read_jsonl(tmp_path / "graded.jsonl")[0]["scores"] == {"accuracy": 1.0}
    assert score(tmp_path, rows, predictions, task, "scorer.variant=fixed").returncode == 0
    assert read_jsonl(tmp_path / "graded.jsonl")[0]["scores"] == {"accuracy": 0.0}


TASKS = (
    "kv",
    "prefix_suffix",
    "vt",
    "repoqa",
    "qa_eng",
    "qa_chn",
    "choice_eng",
    "mf",
    "many_shot",
    "summary",
    "summary_with_needles",
    "repoqa_and_kv",
)


@pytest.mark.parametrize("task", TASKS)
def test_golden_answers_score_full_marks_on_every_task(
    tmp_path: Path, shared_data: Path, task: str
) -> None:
    pytest.importorskip("nltk")
    pytest.importorskip("rouge_score")
    rows = shared_data / "scbench" / "synthetic_tiny" / f"scbench_{task}.jsonl"
    predictions = [
        {"index": index, "prediction": [_golden(turn) for turn in row["multi_turns"]]}
        for index, row in enumerate(read_jsonl(rows))
    ]
    done = score(
        tmp_path, read_jsonl(rows), predictions, f"benchmark.task={task}", "scorer.variant=fixed"
    )
    assert done.returncode == 0, done.stderr
    for line in read_jsonl(tmp_path / "graded.jsonl"):
        assert all(value == pytest.approx(1.0) for value in line["scores"].values()), line


def _golden(turn: dict) -> str:
    if "options" in turn:
        return "ABCD"[turn["options"].index(turn["answer"])]
    answer = turn["answer"]
    return " ".join(answer) if isinstance(answer, list) else str(answer)


def test_stock_scorers_grade_outside_predictions_too(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "rows.jsonl", [{"id": "x", "input": "2+2?", "target": "4"}])
    write_jsonl(tmp_path / "predictions.jsonl", [{"id": "x", "prediction": "It is 4."}])
    done = evalrun(
        "score",
        "recipe=file",
        "scorer=numeric",
        "rows=rows.jsonl",
        "predictions=predictions.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "100.0" in done.stdout


def test_repeats_are_told_apart_by_their_epoch_and_the_recipes_tables_are_filled(
    tmp_path: Path,
) -> None:
    predictions = [
        {"id": 7, "epoch": 1, "prediction": ["1111", "2222"]},
        {"id": 7, "epoch": 0, "prediction": ["1111", "none"]},
        {"id": 9, "prediction": ["3333", "4444"]},
    ]
    done = score(tmp_path, KV_ROWS, predictions, "benchmark.task=scbench_kv", "--format", "json")
    assert done.returncode == 0, done.stderr
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [(line["id"], line.get("epoch")) for line in graded] == [(7, 1), (7, 0), (9, None)]
    content = json.loads(done.stdout)
    (task,) = [cell for cell in content["cells"] if cell["level"] == "task"]
    assert (task["n"], task["n_missing"]) == (6, 2)
    rows = [row for grid in content["layouts"].values() for row in grid["rows"]]
    assert any(cell["n"] == 6 for row in rows for cell in row["cells"].values())


@pytest.mark.parametrize("epoch", [-1, 1000, "first", None])
def test_an_epoch_that_is_none_is_refused(tmp_path: Path, epoch: object) -> None:
    predictions = [{"id": 7, "epoch": epoch, "prediction": "1"}]
    done = score(tmp_path, KV_ROWS, predictions, "benchmark.task=scbench_kv")
    assert done.returncode == 2
    assert "row 1: field 'epoch' should be a number from 0 to 999" in done.stderr


def test_a_table_that_does_not_fit_is_left_out_and_the_verdicts_stand(tmp_path: Path) -> None:
    recipe = tmp_path / "mine" / "recipe" / "labelled.yaml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text(
        "# @package _global_\n"
        "defaults:\n  - scbench\n  - _self_\n"
        "recipe: {name: labelled, title: t}\n"
        "table:\n  layouts:\n    easy:\n      title: easy\n"
        "      columns: [{name: easy, where: {label.level: easy}}]\n"
    )
    write_jsonl(tmp_path / "rows.jsonl", KV_ROWS)
    write_jsonl(tmp_path / "mine.jsonl", [{"id": 7, "prediction": ["1111", "2222"]}])
    done = evalrun(
        "score",
        "recipe=labelled",
        "benchmark.task=scbench_kv",
        "rows=rows.jsonl",
        "predictions=mine.jsonl",
        "--recipes",
        "mine",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "100.0" in done.stdout
    assert "table easy is left out: " in done.stdout
