"""Runs against a real local server that misbehaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import evalrun
from rows import only_run, read_jsonl, write_jsonl
from servers import answers
from servers.chat_server import ChatServer

pytest.importorskip("litellm")

SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz123456"


def run(folder: Path, server: ChatServer, size: int, *overrides: str):
    write_jsonl(
        folder / "rows.jsonl",
        ({"id": i, "input": f"say {i}", "target": "42"} for i in range(size)),
    )
    return evalrun(
        "recipe=file",
        "benchmark.path=rows.jsonl",
        "model=openai-compatible",
        "model.name=mock",
        f"model.api_base={server.api_base}",
        *overrides,
        cwd=folder,
        OPENAI_API_KEY=SECRET,
    )


def results_of(folder: Path) -> dict:
    return json.loads((only_run(folder) / "results.json").read_text())


def test_faults_that_pass_are_asked_again_and_leave_no_trace_in_the_scores(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    chat_server.faults.extend(
        [
            answers.rate_limited("0"),
            answers.server_error(),
            answers.cut_before(),
            answers.cut_inside(),
            answers.garbage(),
        ]
    )
    done = run(tmp_path, chat_server, 8, "run.max_connections=2")
    assert done.returncode == 0, done.stderr
    assert chat_server.requests == 8 + 5
    (task,) = [cell for cell in results_of(tmp_path)["cells"] if cell["level"] == "task"]
    assert (task["value"], task["n"], task["n_missing"]) == (1.0, 8, 0)


def test_a_refused_key_is_said_once_and_stops_the_run(tmp_path: Path) -> None:
    with ChatServer(lambda _: answers.unauthorized()) as server:
        done = run(tmp_path, server, 200, "run.max_connections=8")
        assert server.requests <= 8
    assert done.returncode == 2
    assert done.stderr.count("OPENAI_API_KEY") == 1
    assert read_jsonl(only_run(tmp_path) / "predictions.jsonl") == []


def test_an_unknown_model_is_said_once(tmp_path: Path) -> None:
    with ChatServer(lambda _: answers.unknown_model()) as server:
        done = run(tmp_path, server, 50, "run.max_connections=4")
        assert server.requests <= 4
    assert done.returncode == 2
    assert "mock" in done.stderr


def test_what_concerns_one_sample_is_recorded_and_counted_as_missing(tmp_path: Path) -> None:
    def reply(messages: list[dict]) -> str | answers.Answer:
        odd = {"say 1": answers.context_too_long(), "say 2": answers.bad_request()}
        return odd.get(messages[-1]["content"], "42")

    with ChatServer(reply) as server:
        done = run(tmp_path, server, 5)
    assert done.returncode == 1
    results = results_of(tmp_path)
    assert results["failed"] == {"context_length": 1, "bad_request": 1}
    (task,) = [cell for cell in results["cells"] if cell["level"] == "task"]
    assert (task["value"], task["n"], task["n_missing"]) == (1.0, 3, 2)
    assert "failed samples, counted as missing: 1 bad_request, 1 context_length" in done.stdout


def test_truncated_refused_and_empty_replies_are_outcomes_of_their_own(tmp_path: Path) -> None:
    def reply(messages: list[dict]) -> answers.Answer:
        return {
            "say 0": answers.completion("42", finish_reason="length"),
            "say 1": answers.completion(None, refusal="I must not"),
            "say 2": answers.completion(""),
        }.get(messages[-1]["content"], answers.completion("42"))

    with ChatServer(reply) as server:
        done = run(tmp_path, server, 4)
    assert done.returncode == 0, done.stderr
    assert results_of(tmp_path)["statuses"] == {"truncated": 1, "refused": 1, "empty": 1, "ok": 1}
    assert "of 4 answers: 1 empty, 1 refused, 1 truncated" in done.stdout


def test_a_key_reaches_no_file_and_no_output(tmp_path: Path) -> None:
    with ChatServer(lambda _: answers.failure(400, f"bad key {SECRET}")) as server:
        done = run(tmp_path, server, 2, "run.retries=0")
        assert any(SECRET in header for headers in server.headers for header in headers.values())
    assert SECRET not in done.stdout + done.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_a_slow_server_is_a_timeout_not_a_wrong_answer(tmp_path: Path) -> None:
    with ChatServer(lambda _: answers.slow(5)) as server:
        done = run(tmp_path, server, 2, "run.timeout_s=0.5", "run.retries=0")
    assert done.returncode == 1
    assert results_of(tmp_path)["failed"] == {"timeout": 2}


def test_a_server_that_is_not_there_never_exits_0(tmp_path: Path) -> None:
    with ChatServer() as server:
        pass
    done = run(tmp_path, server, 1, "run.retries=0")
    assert done.returncode == 1
    assert results_of(tmp_path)["failed"] == {"connection": 1}
