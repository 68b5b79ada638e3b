"""LiveBench from the command line: recorded replies run, and predictions graded."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import evalrun
from rows import only_run, read_jsonl, write_jsonl

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "livebench"
RUN = ["recipe=livebench", f"benchmark.data_dir={FIXTURES}"]


def questions(category: str) -> list[dict]:
    return read_jsonl(FIXTURES / f"{category}.jsonl")


def test_a_run_gives_the_mean_over_categories_of_the_mean_over_tasks(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    right = {"web_of_lies_v2", "amc_12a", "imo"}
    rows = [*questions("reasoning"), *questions("math")]
    replies = [
        {
            "id": row["question_id"],
            "output": f"<solution>{row['ground_truth']}</solution>\nAnswer: {row['ground_truth']}"
            if {row["task"], row.get("subtask")} & right
            else "I would rather not.",
        }
        for row in rows
        if row.get("subtask") != "integrals"
    ]
    write_jsonl(tmp_path / "replies.jsonl", replies)
    tasks = "benchmark.task=reasoning,math_comp,olympiad"
    done = evalrun(*RUN, "model=recorded", "model.path=replies.jsonl", tasks, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    # Reasoning: 1, 0, 0. Mathematics: 1/2 of math_comp, 1 of olympiad.
    shown = evalrun("table", str(run), "--layout", "leaderboard", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "54.2" in shown.stdout
    assert "33.3" in shown.stdout
    assert "75.0" in shown.stdout


def test_score_grades_each_question_by_its_id(tmp_path: Path) -> None:
    rows = questions("language")
    predictions = [{"id": row["question_id"], "prediction": row["ground_truth"]} for row in rows]
    write_jsonl(tmp_path / "mine.jsonl", predictions)
    done = evalrun(
        "score",
        "recipe=livebench",
        f"rows={FIXTURES / 'language.jsonl'}",
        "predictions=mine.jsonl",
        "--out",
        "graded.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    values = [row["scores"]["score"] for row in read_jsonl(tmp_path / "graded.jsonl")]
    # The groups stand neither in bold nor between tags.
    assert values == [0.0, 0.0, 1.0, 1.0]


def test_code_is_not_graded_and_says_so(tmp_path: Path) -> None:
    (row,) = questions("coding")
    write_jsonl(tmp_path / "mine.jsonl", [{"id": row["question_id"], "prediction": "x = 1"}])
    rows = f"rows={FIXTURES / 'coding.jsonl'}"
    done = evalrun("score", "recipe=livebench", rows, "predictions=mine.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 not_applicable" in done.stdout


def test_a_judge_decides_what_sympy_does_not(tmp_path: Path) -> None:
    pytest.importorskip("latex2sympy2_extended")
    (row,) = [row for row in questions("math") if row["task"] == "AMPS_Hard"]
    reply = {"id": row["question_id"], "output": r"\boxed{-\frac{x^2}{2}}"}
    write_jsonl(tmp_path / "replies.jsonl", [reply])
    write_jsonl(tmp_path / "judge.jsonl", [{"id": row["question_id"], "output": "Yes, negatives."}])
    task = [*RUN, "model=recorded", "model.path=replies.jsonl", "benchmark.task=AMPS_Hard"]
    judge = ["scorer=livebench_judged", "judge=recorded", "judge.path=judge.jsonl"]
    assert evalrun(*task, cwd=tmp_path).returncode == 0
    scores = only_run(tmp_path) / "scores.jsonl"
    (alone,) = read_jsonl(scores)
    assert alone["scores"]["score"] == 0
    assert alone["turns"][0]["explanation"].startswith("eval_error")
    done = evalrun(*task, *judge, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    judged = [row for row in read_jsonl(scores) if row["scorer"].startswith("livebench_judged")]
    assert [row["scores"]["score"] for row in judged] == [1.0]


@pytest.mark.model
def test_a_small_model_is_asked_and_graded(tmp_path: Path) -> None:
    few = ["benchmark.task=spatial,cta", "generation.max_tokens=16"]
    done = evalrun(*RUN, "model=smollm2", *few, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 of 2 samples" in done.stdout
