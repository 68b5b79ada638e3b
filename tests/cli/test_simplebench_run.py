"""SimpleBench from the command line: runs, votes, steps, and predictions graded."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from command import evalrun
from layout_rows import layout_rows, layout_values
from rows import only_run, read_jsonl, write_jsonl
from servers.chat_server import ChatServer

pytest.importorskip("pandas")

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "simplebench"
RUN = ["recipe=simplebench", f"benchmark.data_dir={FIXTURES}"]
RECORDED = [*RUN, "model=recorded", "model.path=replies.jsonl"]


def said(letter: str) -> str:
    return f"I think so.\nFinal Answer: {letter}"


def run(folder: Path, *overrides: str) -> Path:
    done = evalrun(*overrides, cwd=folder)
    assert done.returncode == 0, done.stderr
    return only_run(folder)


def test_five_runs_of_each_question_are_averaged(tmp_path: Path) -> None:
    # Golden: B, E, D; the same reply in each of the five runs, the last one officially unreadable.
    replies = {1: said("B"), 2: said("A"), 7: "**Final Answer:** D"}
    write_jsonl(tmp_path / "replies.jsonl", [{"id": i, "output": o} for i, o in replies.items()])
    folder = run(tmp_path, *RECORDED)
    scores = read_jsonl(folder / "scores.jsonl")
    assert Counter(row["status"] for row in scores) == {"ok": 10, "unparsed": 5}
    third = pytest.approx(1 / 3)
    assert layout_values(folder, "paper") == {"AVG@5": third, "accuracy": third}
    assert evalrun("rescore", str(folder), "scorer.variant=fixed", cwd=tmp_path).returncode == 0
    assert layout_values(folder, "paper")["AVG@5"] == pytest.approx(2 / 3)


def test_readings_of_eag_count_questions_that_are_right_always_or_mostly(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    right = {"Mia": ("B", 5), "Tom": ("E", 4), "candle": ("D", 2)}
    asked: Counter[str] = Counter()

    def reply(messages: list[dict[str, Any]]) -> str:
        (name,) = (name for name in right if name in messages[-1]["content"])
        asked[name] += 1
        golden, times = right[name]
        return said(golden if asked[name] <= times else "C")

    chat_server.reply = reply
    model = ["model=openai-compatible", f"model.api_base={chat_server.api_base}", "model.name=m"]
    folder = run(tmp_path, *RUN, *model)
    assert layout_values(folder, "eag") == {
        "EAG@5 (unverified) / all right": pytest.approx(1 / 3),
        "EAG@5 (unverified) / majority right": pytest.approx(2 / 3),
        "AVG@5": pytest.approx(11 / 15),
    }
    (sent,) = {(b["temperature"], b["top_p"], b["max_tokens"]) for b in chat_server.bodies}
    assert sent == (0.7, 0.95, 2048)


def test_votes_need_a_strict_majority(tmp_path: Path) -> None:
    write_jsonl(
        tmp_path / "predictions.jsonl",
        [
            {"id": 1, "prediction": [said("B"), said("B"), said("A")]},
            {"id": 2, "prediction": [said("E"), said("A")]},
            {"index": 2, "prediction": [said("D"), "no idea", ""]},
        ],
    )
    rows = FIXTURES / "simple_bench_public.json"
    done = evalrun(
        "score",
        "recipe=simplebench",
        f"rows={rows}",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [row["scores"]["accuracy"] for row in graded] == [1.0, 0.0, 1.0]
    assert [row["answer"] for row in graded] == ["B", None, "D"]


def test_steps_are_kept_and_paid_for_and_the_last_reply_is_graded(tmp_path: Path) -> None:
    chain = ["STEP: pour", "ACCEPT", "LAST STEP: so", "ACCEPT", "CONSISTENT"]
    replies = {1: said("B"), 2: said("C"), 7: said("D")}
    write_jsonl(
        tmp_path / "replies.jsonl",
        [{"id": i, "output": [*chain, answer]} for i, answer in replies.items()],
    )
    folder = run(tmp_path, *RECORDED, "protocol=stepwise", "run.epochs=1")
    for row in read_jsonl(folder / "predictions.jsonl"):
        assert [one["output"] for one in row["intermediate"]] == chain
        assert len(row["outputs"]) == 1
    results = json.loads((folder / "results.json").read_text())
    assert results["replies"] == 3 * 6
    (row,) = layout_rows(folder, "paper")
    assert row["keys"]["protocol"] == "stepwise"
    assert row["cells"]["accuracy"]["value"] == pytest.approx(2 / 3)


def test_a_dry_run_counts_the_most_calls_that_steps_may_take(tmp_path: Path) -> None:
    model = ["model=openai", "model.name=gpt-4o-mini", "run.dry=true", "run.epochs=1"]
    done = evalrun(*RUN, *model, "protocol=stepwise", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(3 * 3 * (10 * 5 + 1)) in done.stdout


def test_reported_numbers_are_of_the_private_set_and_stand_beside_no_public_run(
    tmp_path: Path,
) -> None:
    replies = [{"id": i, "output": said("B")} for i in (1, 2, 7)]
    write_jsonl(tmp_path / "replies.jsonl", replies)
    folder = run(tmp_path, *RECORDED, "model.name=gpt-4-turbo")
    done = evalrun("table", str(folder), "--paper", "--layout", "paper", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "split=full (here public)" in done.stdout


@pytest.mark.model
def test_a_small_model_answers_step_by_step(tmp_path: Path) -> None:
    small = ["generation.max_tokens=4", "run.epochs=1", "run.limit=1"]
    steps = ["protocol.max_steps=1", "protocol.max_regenerations=1", "protocol.max_restarts=0"]
    (row,) = read_jsonl(
        run(tmp_path, *RUN, *small, "protocol=stepwise", *steps) / "predictions.jsonl"
    )
    assert 2 <= len(row["intermediate"]) <= 3
    spent = [one["record"]["usage"]["output_tokens"] for one in row["intermediate"]]
    last = row["turns"][0]["usage"]["output_tokens"]
    assert row["usage"]["output_tokens"] == sum(spent) + last
