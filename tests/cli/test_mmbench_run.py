"""MMBench from the command line: runs with images, predictions made elsewhere, tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import evalrun
from layout_rows import layout_rows, layout_values
from rows import only_run, read_jsonl, write_jsonl
from servers.chat_server import ChatServer

from evalrun.core.rows import read_rows

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "mmbench"
DEV = FIXTURES / "MMBench_DEV_EN.tsv"
COMMON = ["recipe=mmbench", f"benchmark.data_dir={FIXTURES}"]


def rows_of(path: Path) -> list[dict[str, str]]:
    return [row for _, row in read_rows(path)]


def answered(wrong: set[int] = frozenset(), unread: set[int] = frozenset()) -> Callable[..., str]:
    """Return what answers a pass: its letter, but to `wrong` rows Z and to `unread` ones words."""
    rows = {
        (row["question"], row["A"]): row for path in FIXTURES.iterdir() for row in rows_of(path)
    }

    def reply(messages: list[dict[str, Any]]) -> str:
        image, text = messages[0]["content"]
        assert image["image_url"]["url"].startswith("data:image/")
        question = text["text"].partition("Question: ")[2].partition("\nOptions:")[0]
        row = rows[question, text["text"].partition("\nA. ")[2].partition("\n")[0]]
        index = int(row["index"])
        if index in unread:
            return "the one I like best"
        return "Z" if index in wrong else row["answer"]

    return reply


def run(folder: Path, server: ChatServer, *overrides: str) -> Path:
    model = ["model=openai-compatible", f"model.api_base={server.api_base}", "model.name=seer"]
    done = evalrun(*COMMON, *model, *overrides, cwd=folder)
    assert done.returncode == 0, done.stderr
    return only_run(folder)


# Runs


def test_a_question_counts_if_every_pass_is_right(tmp_path: Path, chat_server: ChatServer) -> None:
    pytest.importorskip("pandas")
    chat_server.reply = answered(wrong={2_000_008})
    folder = run(tmp_path, chat_server)
    assert chat_server.requests == 9
    paper = layout_values(folder, "paper")
    assert paper == {
        "Overall": pytest.approx(2 / 3),
        "FP-S": 1.0,
        "LR": 1.0,
        "CP": 0.0,
        **dict.fromkeys(("AR", "RR", "FP-C")),
    }
    assert layout_values(folder, "levels") == {
        "Overall": pytest.approx(2 / 3),
        "Perception": 0.5,
        "Reasoning": 1.0,
    }
    passes = layout_values(folder, "passes")
    assert list(passes.values()) == pytest.approx([1.0, 8 / 9, 2 / 3])


def test_tasks_have_rows_and_ccbench_its_categories(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    pytest.importorskip("pandas")
    chat_server.reply = answered(wrong={1_000_004})
    folder = run(tmp_path, chat_server, "benchmark.task=[dev_en,ccbench]")
    dev, culture = layout_rows(folder, "categories")
    assert dev["cells"]["Overall"]["value"] == 1.0
    assert {name: cell["value"] for name, cell in culture["cells"].items() if cell["n"]} == {
        "Overall": 0.5,
        "scenery_building": 1.0,
        "food_clothes": 0.0,
    }


def test_results_count_a_question_once(tmp_path: Path, chat_server: ChatServer) -> None:
    chat_server.reply = answered()
    results = json.loads((run(tmp_path, chat_server) / "results.json").read_text())
    (task,) = (cell for cell in results["cells"] if cell["level"] == "task")
    assert (task["metric"], task["value"], task["n"], task["n_missing"]) == ("circular", 1.0, 3, 0)


def test_a_broken_image_fails_its_sample_and_no_other(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    text = DEV.read_text(encoding="utf-8")
    (tmp_path / "rows.tsv").write_text(text.replace("iVBORw0KGgo", "broken/////", 1))
    chat_server.reply = answered()
    model = ["model=openai-compatible", f"model.api_base={chat_server.api_base}", "model.name=m"]
    done = evalrun("recipe=mmbench", "benchmark.path=rows.tsv", *model, cwd=tmp_path)
    assert done.returncode == 1
    predictions = read_jsonl(only_run(tmp_path) / "predictions.jsonl")
    errors = {one["sample_id"]: one["error"] for one in predictions}
    assert errors["dev_en/3"]["kind"] == "bad_request"
    assert (
        "an image of this sample is no PNG, JPEG, GIF or WebP image"
        in errors["dev_en/3"]["message"]
    )
    assert errors["dev_en/5"] is None
    assert errors["dev_en/8"] is None


def test_an_extractor_is_asked_what_the_rules_cannot_read(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    read = answered(wrong={1_000_008}, unread={5, 8})
    asked: list[str] = []

    def reply(messages: list[dict[str, Any]]) -> str:
        if isinstance(messages[0]["content"], str):
            asked.append(messages[0]["content"])
            return "A"
        return read(messages)

    chat_server.reply = reply
    judge = ["judge=openai-compatible", f"judge.api_base={chat_server.api_base}", "judge.name=j"]
    folder = run(tmp_path, chat_server, "scorer=mmbench_extracted", *judge)
    # Question 8 is lost by the rules; of question 5 the base row is shown to the extractor.
    assert len(asked) == 1
    assert "What follows in the row" in asked[0]
    scores = {row["sample_id"]: row["scores"] for row in read_jsonl(folder / "scores.jsonl")}
    assert scores == {f"dev_en/{i}": {"circular": float(i != 8)} for i in (3, 5, 8)}


def test_a_model_that_reads_images_is_run_in_the_process(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tiny_vision import save_vision

    save_vision(tmp_path / "weights")
    model = ["model=smolvlm", "model.name=tiny", f"model.weights={tmp_path / 'weights'}"]
    done = evalrun(
        *COMMON, *model, "model.parameters=null", "generation.max_tokens=4", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    predictions = read_jsonl(only_run(tmp_path) / "predictions.jsonl")
    assert [len(one["outputs"]) for one in predictions] == [4, 2, 3]
    assert {turn["usage"]["output_tokens"] for one in predictions for turn in one["turns"]} == {4}


@pytest.mark.model
def test_a_model_of_text_says_that_it_sees_nothing(tmp_path: Path) -> None:
    done = evalrun(*COMMON, "model=smollm2", "run.limit=1", cwd=tmp_path)
    assert done.returncode == 1
    (prediction,) = read_jsonl(only_run(tmp_path) / "predictions.jsonl")
    assert "reads text only, and the sample holds images" in prediction["error"]["message"]


# Predictions made elsewhere


def score(folder: Path, lines: list[Any], *overrides: str, rows: Path = DEV) -> dict[str, Any]:
    write_jsonl(folder / "mine.jsonl", lines)
    files = [f"rows={rows}", "predictions=mine.jsonl"]
    done = evalrun(
        "score",
        "recipe=mmbench",
        *overrides,
        *files,
        *("--out", "graded.jsonl", "--format", "json"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_predictions_by_row_are_put_together(tmp_path: Path) -> None:
    lines = [
        {"id": int(row["index"]), "prediction": row["answer"]}
        if number % 2
        else {"index": number, "prediction": f"({row['answer']})"}
        for number, row in enumerate(rows_of(DEV))
    ]
    lines[4]["prediction"] = "Z"
    results = score(tmp_path, lines)
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [{k: row[k] for k in ("id", "index") if k in row} for row in graded] == [
        {k: line[k] for k in ("id", "index") if k in line} for line in lines
    ]
    assert graded[0]["scores"] == {"circular": 1.0, "vanilla": 1.0, "pass": 1.0}
    assert graded[1]["scores"] == {"circular": 0.0, "vanilla": 1.0, "pass": 1.0}
    assert (graded[4]["scores"], graded[4]["answer"]) == ({"pass": 0.0}, "Z")
    (task,) = (cell for cell in results["cells"] if cell["level"] == "task")
    assert (task["value"], task["n"], task["n_missing"]) == (pytest.approx(2 / 3), 3, 0)


def test_of_incomplete_questions_what_is_there_counts(tmp_path: Path) -> None:
    results = score(tmp_path, [{"id": 3, "prediction": "A"}, {"id": 3_000_003, "prediction": "B"}])
    verdicts = [row["scores"] for row in read_jsonl(tmp_path / "graded.jsonl")]
    assert verdicts == [{"circular": 1.0, "vanilla": 1.0, "pass": 1.0}, {"pass": 1.0}]
    cells = {(c["metric"], c["turn"]): c for c in results["cells"] if c["level"] == "turn"}
    assert (cells["pass", 3]["n"], cells["pass", 3]["n_missing"]) == (1, 0)
    assert (cells["circular", 0]["n"], cells["circular", 0]["n_missing"]) == (1, 2)


def test_the_words_of_an_extractor_stand_beside_its_row(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"id": 5, "prediction": "the next one", "judge_reply": ["hm", "A"]},
        {"id": 1_000_005, "prediction": "B"},
    ]
    score(tmp_path, lines, "scorer=mmbench_extracted")
    first, second = read_jsonl(tmp_path / "graded.jsonl")
    assert (first["scores"], first["answer"]) == ({"circular": 1.0}, "A")
    assert (second["scores"], second["answer"]) == ({}, "B")


def test_a_row_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "mine.jsonl", [{"id": 4, "prediction": "A"}])
    done = evalrun("score", "recipe=mmbench", f"rows={DEV}", "predictions=mine.jsonl", cwd=tmp_path)
    assert done.returncode == 2
    assert "mine.jsonl, row 1: no data row has id 4" in done.stderr


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("mmbench_sample_en", "dev_en"),
        ("mmbench_sample_cn", "dev_cn"),
        ("ccbench_sample", "ccbench"),
    ],
)
def test_the_published_samples_are_graded(
    shared_data: Path, tmp_path: Path, name: str, task: str
) -> None:
    path = shared_data / "mmbench" / f"{name}.tsv"
    rows = rows_of(path)
    lines = [
        {"id": int(row["index"]), "prediction": f"{row['answer']}. {row[row['answer']]}"}
        for row in rows
    ]
    results = score(tmp_path, lines, f"benchmark.task={task}", rows=path)
    (cell,) = (cell for cell in results["cells"] if cell["level"] == "task")
    assert (cell["value"], cell["n_missing"]) == (1.0, 0)
    assert {row["scores"]["pass"] for row in read_jsonl(tmp_path / "graded.jsonl")} == {1.0}
