"""ToolBench from the command line: agents, who answers their calls, and ToolEval's tables."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from command import evalrun, start
from layout_rows import layout_values
from recorded import recorded_run
from rows import only_run, read_jsonl, write_jsonl
from servers.answers import Answer, completion
from servers.chat_server import ChatServer
from servers.tool_server import ToolServer

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "toolllm"
QUERIES = FIXTURES / "queries"
ROWS = {
    f"{path.stem}/{row['query_id']}": row
    for path in sorted(QUERIES.glob("*.json"))
    for row in json.loads(path.read_text())
}
RECIPE = ("recipe=toolllm", f"benchmark.data_dir={QUERIES}")
JUDGED = ("judge=recorded", "judge.path=judge.jsonl", "scorer.asks=json", "scorer.repeats=1")
CACHE = f"protocol.tools.cache={FIXTURES / 'cache'}"
OSLO = 'Thought: I look.\nAction: weather_for_skies\nAction Input: {"city": "Oslo"}'
DONE = (
    "Thought: That is it.\nAction: Finish\n"
    'Action Input: {"return_type": "give_answer", "final_answer": "rain"}'
)
FAILED = '{"answer_status": "Unsolved", "task_status": "Solvable", "index": 0}'
SOLVED = '{"answer_status": "Solved", "task_status": "Solvable", "index": 0}'


def judged(folder: Path, solved: set[str]) -> None:
    """Have the judge find the answers to these questions right, and no others."""
    write_jsonl(
        folder / "judge.jsonl",
        ({"id": name, "output": SOLVED if name in solved else FAILED} for name in ROWS),
    )


def play(folder: Path, *overrides: str) -> Path:
    """Return a run in which every question is answered after one call."""
    replies = {name: [OSLO, DONE] for name in ROWS}
    prompted = ("protocol.calling=prompted", CACHE, *JUDGED)
    return recorded_run(folder, replies, *RECIPE, *prompted, *overrides)


@pytest.mark.parametrize("protocol", ["react", "dfsdt"])
def test_a_run_gives_the_papers_table(tmp_path: Path, protocol: str) -> None:
    pytest.importorskip("pandas")
    solved = {name for name in ROWS if name.startswith("G1")} - {"G1_tool/104"}
    judged(tmp_path, solved)
    folder = play(tmp_path, f"protocol={protocol}")
    paper = layout_values(folder, "pass")
    assert [paper[name] for name in ("I1-Inst.", "I1-Tool", "I1-Cat.")] == [1.0, 0.5, 1.0]
    assert [paper[name] for name in ("I2-Inst.", "I2-Cat.", "I3-Inst.")] == [0.0, 0.0, 0.0]
    assert paper["average"] == pytest.approx(2.5 / 6)
    assert paper["unanswered calls"] == 0.0
    for row in read_jsonl(folder / "predictions.jsonl"):
        assert row["outputs"] == ["rain"]
        offered = {tool["name"] for tool in row["outcome"]["answer_generation"]["function"]}
        asked = "replay" if "weather_for_skies" in offered else "unknown tool"
        assert row["outcome"]["tool_sources"] == {asked: 1, "finish": 1}


def test_the_same_agent_against_itself_neither_wins_nor_loses_by_what_is_said(
    tmp_path: Path,
) -> None:
    """A copy of the answers is the reference: a coin for each question, ties for none."""
    judged(tmp_path, set(ROWS))
    folder = play(tmp_path)
    reference = f"scorer.reference={folder / 'predictions.jsonl'}"
    done = evalrun("rescore", str(folder), reference, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    last = {
        row["sample_id"]: row["scores"]
        for row in read_jsonl(folder / "scores.jsonl")
        if "reference" in row["scorer"]
    }
    assert len(last) == len(ROWS)
    assert {scores["win_rate"] for scores in last.values()} == {0.0, 1.0}
    assert {scores["tie_rate"] for scores in last.values()} == {0.0}


def test_predictions_made_elsewhere_are_answer_files_or_converted_ones(tmp_path: Path) -> None:
    judged(tmp_path, set(ROWS))
    folder = play(tmp_path, "benchmark.task=G1_tool")
    first, second = read_jsonl(folder / "predictions.jsonl")
    write_jsonl(
        tmp_path / "predictions.jsonl",
        [
            {"id": 104, "prediction": first["outcome"], "judge_reply": [SOLVED]},
            {"id": 105, "prediction": second["outcome"], "judge_reply": [FAILED, FAILED]},
        ],
    )
    rows = f"rows={QUERIES / 'G1_tool.json'}"
    done = evalrun(
        "score",
        "recipe=toolllm",
        rows,
        "predictions=predictions.jsonl",
        "scorer.repeats=1",
        "scorer.asks=json",
        "benchmark.task=G1_tool",
        "--out",
        "graded.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert [row["scores"]["pass_rate"] for row in read_jsonl(tmp_path / "graded.jsonl")] == [1, 0]


def test_a_model_may_stand_in_for_tools_and_its_replies_are_kept(tmp_path: Path) -> None:
    judged(tmp_path, set())
    fog = {"id": "G1_tool/104", "output": '{"error": "", "response": "fog"}'}
    write_jsonl(tmp_path / "simulator.jsonl", [fog, {**fog, "id": "G1_tool/105"}])
    folder = play(
        tmp_path,
        "protocol=react",
        "benchmark.task=G1_tool",
        "protocol.tools.sources=[simulated]",
        "roles.simulator=recorded",
        "roles.simulator.path=simulator.jsonl",
    )
    for row in read_jsonl(folder / "predictions.jsonl"):
        assert [reply.get("role", "model") for reply in row["intermediate"]] == [
            "model",
            "simulator",
        ]
        chain = row["outcome"]["trys"][0]["chain"]
        assert json.loads(chain[2]["observation"])["response"] == "fog"
        assert row["outcome"]["tool_sources"] == {"simulated": 1, "finish": 1}


def test_calls_that_nobody_answers_are_counted(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    judged(tmp_path, set())
    folder = play(tmp_path, "protocol.tools.sources=[]", "protocol=react", "benchmark.task=G1_tool")
    assert layout_values(folder, "pass")["unanswered calls"] == 1.0
    for row in read_jsonl(folder / "predictions.jsonl"):
        assert row["outcome"]["tool_sources"] == {"unavailable": 1, "finish": 1}
        assert row["outcome"]["trys"][0]["chain"][2]["observation_code"] == 6


def test_without_stored_responses_a_run_says_what_is_missing(tmp_path: Path) -> None:
    judged(tmp_path, set())
    write_jsonl(tmp_path / "replies.jsonl", [])
    model = ("model=recorded", "model.path=replies.jsonl")
    done = evalrun(*RECIPE, *model, *JUDGED, cwd=tmp_path)
    assert done.returncode == 2
    assert "protocol.tools.cache: it is not said where stored responses" in done.stderr
    assert not (tmp_path / "outputs").exists()


def test_agents_work_on_any_rows_with_tools(tmp_path: Path) -> None:
    tool = {"name": "add", "description": "Adds.", "parameters": {"type": "object"}}
    row = {"id": "sum", "input": "2 and 3?", "target": "5", "tools": [tool]}
    write_jsonl(tmp_path / "rows.jsonl", [row])
    place = {"category": "", "tool": "", "api": "add"}
    five = {"error": "", "response": 5}
    write_jsonl(tmp_path / "cache.jsonl", [{**place, "arguments": {"a": 2}, "response": five}])
    folder = recorded_run(
        tmp_path,
        {
            "sum": [
                'Action: add\nAction Input: {"a": 2}',
                'Action: Finish\nAction Input: {"return_type": "give_answer", "final_answer": "5"}',
            ]
        },
        "recipe=file",
        "benchmark.path=rows.jsonl",
        "protocol=dfsdt",
        "protocol.calling=prompted",
        "protocol.tools.cache=cache.jsonl",
        "scorer=includes",
    )
    (score,) = read_jsonl(folder / "scores.jsonl")
    assert score["scores"] == {"accuracy": 1.0}
    (row,) = read_jsonl(folder / "predictions.jsonl")
    assert row["outcome"]["tree"]["tree"]["children"][0]["children"][0]["children"]


def called(name: str, **arguments: Any) -> Answer:
    """Return a chat completion that calls a tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    calls = [{"id": "c1", "type": "function", "function": function}]
    return completion(None, finish_reason="tool_calls", tool_calls=calls)


def steps(messages: list[dict[str, Any]]) -> Answer:
    """Answer by how far the conversation is: four calls, then giving up, then an answer."""
    done = sum(message["role"] == "tool" for message in messages)
    again = messages[-1]["role"] == "user" and len(messages) > 2
    if again:
        return called("Finish", return_type="give_answer", final_answer="rain")
    if done == 3:
        return called("Finish", return_type="give_up_and_restart")
    return called("weather_for_skies", city=f"city {done}")


def test_a_search_that_is_killed_asks_neither_model_nor_tools_twice(tmp_path: Path) -> None:
    outcomes: list[Any] = []
    counts: list[tuple[int, int]] = []
    for kill_at in (None, 4):
        folder = tmp_path / f"killed at {kill_at}"
        folder.mkdir()
        judged(folder, set())
        with ToolServer() as tools, ChatServer(steps) as chat:
            arguments = [
                *RECIPE,
                *JUDGED,
                "model=openai-compatible",
                "model.name=served",
                f"model.api_base={chat.api_base}",
                "benchmark.task=G1_instruction",
                "run.limit=1",
                "run.cache=false",
                "protocol.tools.sources=[live]",
                f"protocol.tools.url={tools.url}",
            ]
            if kill_at is not None:
                _start_and_kill(arguments, folder, chat, kill_at)
                assert chat.requests == kill_at
            done = evalrun(*arguments, cwd=folder)
            assert done.returncode == 0, done.stderr
            counts.append((chat.requests, len(tools.calls)))
        (row,) = read_jsonl(only_run(folder) / "predictions.jsonl")
        outcomes.append(row["outcome"])
        assert json.loads((only_run(folder) / "run.json").read_text())["environment"]["roles"]
    (model_calls, tool_calls), (disturbed, tools_disturbed) = counts
    assert outcomes[0] == outcomes[1]
    # The one request that was under way when the process was killed is made again.
    assert (disturbed, tools_disturbed) == (model_calls + 1, tool_calls)
    assert outcomes[0]["win"]


def _start_and_kill(arguments: list[str], folder: Path, chat: ChatServer, kill_at: int) -> None:
    """Start a run, and kill it the moment it makes request number `kill_at`."""
    process = start(arguments, folder)

    def reply(messages: list[dict[str, Any]]) -> Answer:
        if chat.requests == kill_at:
            os.kill(process.pid, signal.SIGKILL)
        return steps(messages)

    chat.reply = reply
    process.wait(timeout=60)
    assert process.returncode == -signal.SIGKILL
    chat.reply = steps


@pytest.mark.model
def test_a_real_model_plays_with_tools_in_text(tmp_path: Path) -> None:
    judged(tmp_path, set())
    done = evalrun(
        *RECIPE,
        *JUDGED,
        CACHE,
        "model=smollm2",
        "protocol=dfsdt",
        "protocol.calling=prompted",
        "protocol.depth=4",
        "protocol.calls=6",
        "generation.max_tokens=24",
        "generation.temperature=0",
        "benchmark.task=G1_instruction",
        "run.limit=1",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    (row,) = read_jsonl(only_run(tmp_path) / "predictions.jsonl")
    outcome = row["outcome"]
    assert 2 <= outcome["answer_generation"]["query_count"] <= 6
    assert outcome["tree"]["size"] > 2
    assert outcome["answer_generation"]["total_tokens"] > 0
    (score,) = read_jsonl(only_run(tmp_path) / "scores.jsonl")
    assert score["scores"]["pass_rate"] in (0.0, 1.0)
