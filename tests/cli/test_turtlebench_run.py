"""TurtleBench from the command line: runs, the official columns, and predictions graded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import evalrun
from layout_rows import layout_values
from rows import only_run, read_jsonl, write_jsonl

pytest.importorskip("pandas")

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "turtlebench"
LOG = "logs_GPT_4o_en_shot0_len1532.json"


def test_a_run_gives_the_columns_of_the_official_analysis(tmp_path: Path) -> None:
    # Golden: Correct, Incorrect, Unknown | Incorrect, Correct: TP, FP (Invalid), TN | TN, FN.
    english = ["Correct", "no", "Incorrect", "Unknown", "Incorrect"]
    chinese = ["对", "错", "对", "错", "对"]
    write_jsonl(
        tmp_path / "replies.jsonl",
        [
            {"id": f"{language}/{row}", "output": reply}
            for language, replies in (("en", english), ("zh", chinese))
            for row, reply in enumerate(replies)
        ],
    )
    done = evalrun(
        "recipe=turtlebench",
        f"benchmark.data_dir={FIXTURES}",
        "model=recorded",
        "model.path=replies.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert layout_values(only_run(tmp_path), "english") == {
        "accuracy": pytest.approx(3 / 5),
        "story accuracy": pytest.approx((2 / 3 + 1 / 2) / 2),
        "precision": pytest.approx(1 / 2),
        "recall": pytest.approx(1 / 2),
        "F1": pytest.approx(1 / 2),
        "TP": 1.0,
        "FP": 1.0,
        "TN": 2.0,
        "FN": 1.0,
        "correct": 3.0,
        "judged": 5.0,
    }
    found = layout_values(only_run(tmp_path), "chinese")
    assert [found[name] for name in ("TP", "FP", "TN", "FN")] == [2.0, 1.0, 2.0, 0.0]
    assert (found["precision"], found["recall"]) == (pytest.approx(2 / 3), 1.0)
    assert found["F1"] == pytest.approx(0.8)


def test_nothing_counted_as_correct_has_no_precision_but_zero(tmp_path: Path) -> None:
    replies = [{"id": f"en/{row}", "output": "Unknown"} for row in range(5)]
    write_jsonl(tmp_path / "replies.jsonl", replies)
    done = evalrun(
        "recipe=turtlebench",
        f"benchmark.data_dir={FIXTURES}",
        "benchmark.task=en",
        "model=recorded",
        "model.path=replies.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    found = layout_values(only_run(tmp_path), "english")
    assert (found["precision"], found["recall"], found["F1"]) == (0.0, 0.0, 0.0)


def score(folder: Path, rows: Path, predictions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Grade `predictions` and return what is written of each."""
    write_jsonl(folder / "predictions.jsonl", predictions)
    done = evalrun(
        "score",
        "recipe=turtlebench",
        f"rows={rows}",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    (folder / "table.md").write_text(done.stdout)
    return read_jsonl(folder / "graded.jsonl")


def test_no_reply_has_no_verdict(tmp_path: Path) -> None:
    replies = ["", " ", "错", "不知道"]
    graded = score(
        tmp_path,
        FIXTURES / "zh" / "cases.list",
        [{"index": row, "prediction": reply} for row, reply in enumerate(replies)],
    )
    assert [row["scores"]["accuracy"] for row in graded] == [None, 0.0, 1.0, 1.0]
    assert [row["status"] for row in graded] == ["empty", "unparsed", "ok", "ok"]


def test_the_archived_log_of_gpt_4o_has_the_published_numbers(
    tmp_path: Path, shared_data: Path
) -> None:
    log = shared_data / "turtlebench" / LOG
    cases = json.loads(log.read_text())["cases"]
    graded = score(
        tmp_path,
        log,
        [{"index": i, "prediction": case["model_response"]} for i, case in enumerate(cases)],
    )
    for case, row in zip(cases, graded, strict=True):
        assert row["scores"]["accuracy"] == float(case["is_correct"])
        assert row["answer"] == case["model_judge"]
    table = (tmp_path / "table.md").read_text()
    for number in ("0.795692", "0.794849", "0.901205", "0.578947", "0.704995"):
        assert number in table
    for count in ("374", "41", "845", "272", "1219"):
        assert f"| {count} [" in table


@pytest.mark.model
def test_a_small_model_referees(tmp_path: Path) -> None:
    done = evalrun(
        "recipe=turtlebench", f"benchmark.data_dir={FIXTURES}", "run.limit=1", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    rows = read_jsonl(only_run(tmp_path) / "predictions.jsonl")
    assert len(rows) == 2
    assert all(row["usage"]["output_tokens"] <= 5 for row in rows)
