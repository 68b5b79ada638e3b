"""LiveBench from the command line: recorded replies run, and predictions graded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command import evalrun
from rows import only_run, read_jsonl, write_jsonl
from servers.chat_server import ChatServer

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


def test_a_question_is_asked_at_the_temperature_that_its_row_requires(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    rows = [
        {**questions("reasoning")[0], "question_id": name, "turns": [name], **fields}
        for name, fields in {"warm": {"required_temperature": 0.7}, "plain": {}}.items()
    ]
    write_jsonl(tmp_path / "rows.jsonl", rows)
    done = evalrun(
        "recipe=livebench",
        "benchmark.path=rows.jsonl",
        "generation.temperature=0.2",
        "model=openai-compatible",
        "model.name=served",
        f"model.api_base={chat_server.api_base}",
        cwd=tmp_path,
        OPENAI_API_KEY="sk-test",
    )
    assert done.returncode == 0, done.stderr
    asked = {body["messages"][0]["content"]: body["temperature"] for body in chat_server.bodies}
    assert asked == {"warm": 0.7, "plain": 0.2}


def test_instructions_of_later_questions_are_checked_in_the_solution(tmp_path: Path) -> None:
    row = questions("instruction_following")[1]
    reply = "I have 4.\n<solution>1, 2 or 3.</solution>"
    write_jsonl(tmp_path / "mine.jsonl", [{"id": row["question_id"], "prediction": reply}])
    write_jsonl(tmp_path / "rows.jsonl", [row])
    scored = ("score", "recipe=livebench", "rows=rows.jsonl", "predictions=mine.jsonl")
    done = evalrun(*scored, "--out", "graded.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (graded,) = read_jsonl(tmp_path / "graded.jsonl")
    assert graded["scores"]["score"] == 1.0


CODE = "a, b = map(int, input().split())\nprint(max(a, b))"


def scored_code(tmp_path: Path, **env: str):
    """Grade the same program as the reply to each question of the fixture."""
    mine = [{"id": row["question_id"], "prediction": CODE} for row in questions("coding")]
    write_jsonl(tmp_path / "mine.jsonl", mine)
    rows = f"rows={FIXTURES / 'coding.jsonl'}"
    given = ("recipe=livebench", rows, "predictions=mine.jsonl", "--out", "graded.jsonl")
    done = evalrun("score", *given, cwd=tmp_path, **env)
    assert done.returncode == 0, done.stderr
    return done


def test_code_is_run_and_that_of_whole_repositories_is_not(tmp_path: Path) -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    scored_code(tmp_path)
    values = [row["scores"]["score"] for row in read_jsonl(tmp_path / "graded.jsonl")]
    # It prints the larger of two numbers, which is what one question asks for.
    assert values == [0.0, 0.0, 1.0, 0.0, None]


def test_without_a_sandbox_code_is_not_graded_and_says_so(tmp_path: Path) -> None:
    done = scored_code(tmp_path, PATH=str(tmp_path))
    assert "5 not_applicable" in done.stdout
    assert {row["status"] for row in read_jsonl(tmp_path / "graded.jsonl")} == {"not_applicable"}


def test_only_a_run_that_asks_for_code_needs_a_sandbox(tmp_path: Path) -> None:
    recorded = ["model=recorded", "model.path=replies.jsonl", "run.limit=1"]
    write_jsonl(tmp_path / "replies.jsonl", [])
    done = evalrun(*RUN, *recorded, cwd=tmp_path, PATH=str(tmp_path))
    assert done.returncode == 2
    assert "install bubblewrap" in done.stderr
    some = ["benchmark.task=spatial"]
    rows = [{"id": row["question_id"], "output": "**5**"} for row in questions("reasoning")]
    write_jsonl(tmp_path / "replies.jsonl", rows)
    done = evalrun(*RUN, *recorded, *some, cwd=tmp_path, PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr


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
