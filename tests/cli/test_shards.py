"""One run asked in shards, from the command line: side by side, killed, split anew."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import evalrun, start
from layout_rows import layout_values
from rows import only_run, read_jsonl, write_jsonl
from servers.answers import Answer
from servers.chat_server import ChatServer, Messages

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
SIZE = 300
LONG_S = 800


def reply_to(number: int) -> str:
    return "no" if number % 7 == 0 else str(number)


def rows_of(folder: Path, size: int) -> list[str]:
    """Write rows, every three of which are a group, and return how to ask them."""
    folder.mkdir(exist_ok=True)
    rows = (
        {"id": f"q{i}", "input": f"say {i}", "target": str(i), "group": f"g{i // 3}"}
        for i in range(size)
    )
    write_jsonl(folder / "rows.jsonl", rows)
    return ["recipe=file", "benchmark.path=rows.jsonl"]


def world(folder: Path, size: int = SIZE) -> list[str]:
    """Return how to ask rows of recorded replies."""
    overrides = rows_of(folder, size)
    replies = ({"id": f"q{i}", "output": reply_to(i)} for i in range(size))
    write_jsonl(folder / "replies.jsonl", replies)
    return [*overrides, "model=recorded", "model.path=replies.jsonl"]


def served(folder: Path, size: int, server: ChatServer) -> list[str]:
    """Return how to ask rows of a server, which may be as slow as a test needs it."""
    server.reply = lambda messages: reply_to(asked(messages))
    model = ["model=openai-compatible", "model.name=served", f"model.api_base={server.api_base}"]
    return [*rows_of(folder, size), *model, "run.cache=false", "run.max_connections=2"]


def asked(messages: Messages) -> int:
    return int(messages[-1]["content"].removeprefix("say "))


def ended(process: subprocess.Popen[str]) -> str:
    """Wait for a process that should end well, and return what it told."""
    _, told = process.communicate(timeout=LONG_S)
    assert process.returncode == 0, told
    return told


def shards(overrides: list[str], count: int, cwd: Path) -> list[str]:
    """Run all shards side by side, and return what they told."""
    started = [start([*overrides, f"run.shard={i}/{count}"], cwd) for i in range(1, count + 1)]
    return [ended(process) for process in started]


def status(run: Path) -> dict[str, Any]:
    return json.loads((run / "run.json").read_text())


def content(run: Path) -> tuple[list[dict[str, Any]], str]:
    """Return the cells and the table of a run."""
    results = json.loads((run / "results.json").read_text())
    return results["cells"], (run / "table.md").read_text()


def ids(run: Path, log: str) -> Counter[str]:
    return Counter(row["id"] for row in read_jsonl(run / log) if not row.get("error"))


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG_S
    while not happened():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.01)


def rows_on_disk(folder: Path, log: str) -> int:
    return sum(file.read_bytes().count(b"\n") for file in folder.glob(f"outputs/*/*/*/{log}"))


@pytest.mark.parametrize("count", [2, 3])
def test_shards_side_by_side_give_the_table_of_an_undisturbed_run(
    tmp_path: Path, count: int
) -> None:
    whole, split = tmp_path / "whole", tmp_path / "split"
    for folder in (whole, split):
        overrides = [*world(folder), "run.epochs=2"]
    assert evalrun(*overrides, cwd=whole).returncode == 0
    told = shards(overrides, count, split)
    run = only_run(split)
    assert content(run) == content(only_run(whole))
    assert run.name == only_run(whole).name
    assert status(run)["state"] == "complete"
    assert not (run / "shards").exists()
    for log in ("predictions.jsonl", "scores.jsonl"):
        assert ids(run, log) == ids(only_run(whole), log)
        assert set(ids(run, log).values()) == {1}
    assert sum("so far; the other shards run or are still to be run" in line for line in told) == (
        count - 1
    )
    assert "shard:" not in (run / "config.yaml").read_text().replace("shard: null", "")


def test_a_shard_is_a_partial_run_and_the_last_one_completes_it(tmp_path: Path) -> None:
    overrides = world(tmp_path)
    first = evalrun(*overrides, "run.shard=2/3", cwd=tmp_path)
    assert first.returncode == 0
    assert "shard 2/3 is done: 99 of 300 samples so far" in first.stderr
    run = only_run(tmp_path)
    assert status(run)["state"] == "partial"
    assert status(run)["plan"]["total"] == SIZE
    assert "201 samples not yet asked" in (run / "table.md").read_text()
    advance = json.loads((run / "progress.json").read_text())
    assert (advance["done"], advance["failed"], advance["total"]) == (99, 0, 300)
    asked = {row["group"] for row in read_jsonl(run / "predictions.jsonl")}
    assert len(asked) == 33
    # A whole run asks the rest, and leaves nothing to shards of whatever count.
    assert evalrun(*overrides, cwd=tmp_path).returncode == 0
    assert status(run)["state"] == "complete"
    assert set(ids(run, "predictions.jsonl").values()) == {1}
    before = (run / "predictions.jsonl").read_bytes()
    again = evalrun(*overrides, "run.shard=1/16", cwd=tmp_path)
    assert again.returncode == 0
    assert "already complete" in again.stderr
    assert (run / "predictions.jsonl").read_bytes() == before


def test_several_shards_may_be_run_one_after_another_by_one_command(tmp_path: Path) -> None:
    overrides = world(tmp_path)
    done = evalrun("--multirun", *overrides, "run.shard=1/2,2/2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert status(only_run(tmp_path))["state"] == "complete"


def test_a_shard_that_there_is_none_of_is_refused(tmp_path: Path) -> None:
    done = evalrun(*world(tmp_path), "run.shard=5/4", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("evalrun: run.shard=5/4: should be i/n")
    assert done.stderr.count("\n") == 1


def test_failed_samples_are_those_of_their_shard_until_they_are_asked_again(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    overrides = served(tmp_path, 12, chat_server)
    answer = chat_server.reply
    refused = Answer(status=400, body=b'{"error": {"message": "no"}}')
    chat_server.reply = lambda messages: answer(messages) if asked(messages) else refused
    failing = evalrun(*overrides, "run.shard=1/2", cwd=tmp_path)
    assert failing.returncode == 1
    other = evalrun(*overrides, "run.shard=2/2", cwd=tmp_path)
    assert other.returncode == 0, other.stderr
    run = only_run(tmp_path)
    assert status(run)["state"] == "failed_samples"
    chat_server.reply = answer
    # What failed is asked again by whichever shard has it now.
    shards(overrides, 3, tmp_path)
    assert status(run)["state"] == "complete"
    assert content(run)[0][0]["n_missing"] == 0
    assert chat_server.requests == 13


@pytest.mark.slow
def test_shards_that_are_killed_lose_nothing_and_another_count_goes_on(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    whole, split = tmp_path / "whole", tmp_path / "split"
    for folder in (whole, split):
        overrides = served(folder, 240, chat_server)
    assert evalrun(*overrides, cwd=whole).returncode == 0
    chat_server.delay_s = 0.2
    killed = [start([*overrides, f"run.shard={i}/2"], split) for i in (1, 2)]
    wait_for(lambda: all(rows_on_disk(split, f"shards/{i}-of-2/scores.jsonl") > 9 for i in (1, 2)))
    for process in killed:
        process.send_signal(signal.SIGKILL)
        process.wait()
    run = only_run(split)
    kept = rows_on_disk(split, "shards/*/predictions.jsonl")
    shown = evalrun("table", "outputs", cwd=split)
    assert shown.returncode == 0, shown.stderr
    assert not (run / "shards").exists()
    assert ids(run, "predictions.jsonl").total() == kept
    assert f"{kept} of 240 samples" in shown.stdout
    before = (run / "predictions.jsonl").read_bytes()
    chat_server.delay_s = 0.0
    shards(overrides, 3, split)
    assert (run / "predictions.jsonl").read_bytes().startswith(before)
    assert set(ids(run, "predictions.jsonl").values()) == {1}
    assert content(run)[0] == content(only_run(whole))[0]


@pytest.mark.slow
def test_what_works_beside_a_shard_and_what_a_signal_leaves(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    overrides = served(tmp_path, 900, chat_server)
    chat_server.delay_s = 0.3
    process = start([*overrides, "run.shard=1/2"], tmp_path)
    wait_for(lambda: rows_on_disk(tmp_path, "shards/1-of-2/scores.jsonl") > 5)
    run = only_run(tmp_path)
    for others in (["run.shard=1/2"], ["run.shard=1/3"], []):
        refused = evalrun(*overrides, *others, cwd=tmp_path)
        assert refused.returncode == 1
        (line,) = re.findall("^evalrun: (.*)$", refused.stderr, re.MULTILINE)
        assert f"is held by process {process.pid} on " in line
        assert "shard 1/2" in line
    assert evalrun("table", "outputs", cwd=tmp_path).returncode == 0
    advance = json.loads((run / "shards" / "1-of-2" / "progress.json").read_text())
    assert (advance["total"], advance["failed"]) == (450, 0)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=LONG_S)
    assert process.returncode == 130
    reason = "shard 1/2: interrupted by SIGTERM; run again to resume"
    assert f"evalrun: {reason}" in said
    assert not (run / "shards").exists()
    assert (status(run)["state"], status(run)["reason"]) == ("partial", reason)
    assert 5 < len(ids(run, "predictions.jsonl")) < 450


def fit_world(folder: Path) -> list[str]:
    """Write scores of steps to which a threshold is fitted."""
    folder.mkdir()
    scores = {
        "gsm8k-0": [0.9, 0.3],
        "gsm8k-1": [0.9, 0.8],
        "gsm8k-2": [0.2, 0.9, 0.9],
        "gsm8k-3": [0.85],
        "math-0": [0.9, 0.56],
        "math-1": [0.9, 0.54],
        "olympiadbench-0": [0.1, 0.1],
        "olympiadbench-1": [0.6, 0.6, 0.6],
        "omnimath-0": [0.6, 0.5],
        "omnimath-1": [0.9, 0.9],
    }
    told = [{"id": name, "output": [str(s) for s in of]} for name, of in scores.items()]
    write_jsonl(folder / "replies.jsonl", told)
    return [
        "recipe=processbench",
        f"benchmark.data_dir={FIXTURES / 'processbench'}",
        "benchmark.form=discriminative_prm",
        "protocol=multi_request",
        "scorer.threshold=fit",
        "model=recorded",
        "model.path=replies.jsonl",
    ]


def test_what_is_fitted_to_all_predictions_is_fitted_when_all_shards_are_done(
    tmp_path: Path,
) -> None:
    whole, split = tmp_path / "whole", tmp_path / "split"
    for folder in (whole, split):
        overrides = fit_world(folder)
    assert evalrun(*overrides, cwd=whole).returncode == 0
    for index in (3, 1):
        done = evalrun(*overrides, f"run.shard={index}/3", cwd=split)
        assert done.returncode == 0, done.stderr
        assert not (only_run(split) / "scores.jsonl").exists()
    done = evalrun(*overrides, "run.shard=2/3", cwd=split)
    assert done.returncode == 0, done.stderr
    assert "threshold=0.6,fit_on=gsm8k" in done.stdout
    run = only_run(split)
    assert content(run) == content(only_run(whole))
    assert layout_values(run, "paper") == layout_values(only_run(whole), "paper")
    assert ids(run, "scores.jsonl") == ids(only_run(whole), "scores.jsonl")


def debate_world(folder: Path) -> list[str]:
    """Write debates of one round, in which three roles speak."""
    folder.mkdir()
    samples = [f"{task}/own_{i}" for task in ("No_Helper", "Fallacy_Helper") for i in (1, 2)]
    helped = "{'fallacy': 'f', 'fallacious argument': 'a', 'response': 'You must be very tired.'}"
    said = {
        "model": ["turn"] * 2,
        "persuader": ["turn"] * 2,
        "helper": [helped] * 2,
        "moderator": ["<KEEP-TALKING>", "TRUE"],
    }
    for role, replies in said.items():
        write_jsonl(folder / f"{role}.jsonl", [{"id": s, "output": replies} for s in samples])
    roles = [
        part
        for role in ("persuader", "helper", "moderator")
        for part in (f"roles.{role}=recorded", f"roles.{role}.path={role}.jsonl")
    ]
    return [
        "recipe=logicom",
        f"benchmark.data_dir={FIXTURES / 'logicom'}",
        "benchmark.task=No_Helper,Fallacy_Helper",
        "protocol.moderators=1",
        "protocol.topic_check=false",
        "run.epochs=1",
        "model=recorded",
        "model.path=model.jsonl",
        *roles,
    ]


def calls(run: Path) -> Counter[tuple[str, str, str]]:
    rows = read_jsonl(run / "calls.jsonl")
    return Counter((row["id"], row["role"], row["asked_sha256"]) for row in rows)


@pytest.mark.parametrize("kept", [1, 3, 7])
def test_calls_of_a_shard_that_died_are_not_made_again(tmp_path: Path, kept: int) -> None:
    whole, split = tmp_path / "whole", tmp_path / "split"
    for folder in (whole, split):
        overrides = debate_world(folder)
    done = evalrun(*overrides, cwd=whole)
    assert done.returncode == 0, done.stderr
    wanted = calls(only_run(whole))
    # As it is after a kill: some calls are on disk, and no play is at its end.
    run = split / only_run(whole).relative_to(whole)
    left = run / "shards" / "1-of-2"
    left.mkdir(parents=True)
    lines = (only_run(whole) / "calls.jsonl").read_bytes().splitlines(keepends=True)
    (left / "calls.jsonl").write_bytes(b"".join(lines[:kept]) + b'{"id": "torn')
    shards(overrides, 2, split)
    assert calls(run) == wanted
    assert (run / "calls.jsonl").read_bytes().startswith(b"".join(lines[:kept]))
    assert content(run) == content(only_run(whole))


def died(folder: Path) -> Path:
    """Return a run of 30 samples of which the shard that asked 15 was killed."""
    assert evalrun(*world(folder, 30), "run.shard=1/2", cwd=folder).returncode == 0
    run = only_run(folder)
    left = run / "shards" / "1-of-2"
    left.mkdir(parents=True)
    for log in ("predictions.jsonl", "scores.jsonl"):
        (run / log).rename(left / log)
    return run


@pytest.mark.parametrize(
    "command", [["table", "outputs"], ["report", "outputs", "--out", "page.html"]]
)
def test_whoever_reads_sees_what_shards_left_that_died(tmp_path: Path, command: list[str]) -> None:
    run = died(tmp_path)
    read = evalrun(*command, cwd=tmp_path)
    assert read.returncode == 0, read.stderr
    assert len(ids(run, "predictions.jsonl")) == 15
    assert json.loads((run / "results.json").read_text())["predicted"] == 15
    assert not (run / "shards").exists()


def test_stored_predictions_of_shards_that_died_are_graded_anew(tmp_path: Path) -> None:
    run = died(tmp_path)
    done = evalrun("rescore", str(run), "scorer=includes", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "15 of 30 samples" in done.stdout
    assert status(run)["state"] == "partial"
    scorers = Counter(row["scorer"] for row in read_jsonl(run / "scores.jsonl"))
    assert scorers == {"exact": 15, "includes": 15}


def test_a_folder_that_cannot_be_written_is_read_as_it_is(tmp_path: Path) -> None:
    overrides = world(tmp_path, 30)
    assert evalrun(*overrides, "run.shard=1/2", cwd=tmp_path).returncode == 0
    run = only_run(tmp_path)
    left = run / "shards" / "2-of-2"
    left.mkdir(parents=True)
    # Nobody, root included, can hold what is not a file.
    (run / ".lock").unlink()
    (run / ".lock").mkdir()
    shown = evalrun("table", "outputs", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "15 of 30 samples" in shown.stdout
    assert left.exists()


@pytest.mark.model
@pytest.mark.timeout(900)
def test_shards_of_a_small_model_reply_as_the_whole_run_does(tmp_path: Path) -> None:
    overrides = [
        "recipe=quickstart",
        "protocol=multi_turn",
        "kv=snapkv",
        "kv.compression_ratio=0.5",
        "benchmark.task=codes",
        "benchmark.rows=2",
        "benchmark.lines=4",
        "benchmark.questions=2",
        # In half precision, replies depend on what else is decoded at the same time.
        "model.dtype=float32",
        "generation.max_tokens=8",
    ]
    whole, split = tmp_path / "whole", tmp_path / "split"
    for folder in (whole, split):
        folder.mkdir()
    ended(start(overrides, whole))
    shards(overrides, 2, split)
    one, other = only_run(whole), only_run(split)
    outputs = [
        {row["id"]: row["outputs"] for row in read_jsonl(run / "predictions.jsonl")}
        for run in (one, other)
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == 2
    assert content(one)[0] == content(other)[0]
