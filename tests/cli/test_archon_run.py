"""Archon from the command line: known tables, a kill, a dry run, predictions graded, a search."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from command import evalrun, start
from layout_rows import layout_values
from rows import only_run, read_jsonl, write_jsonl
from servers.chat_server import ChatServer

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "archon"
RIGHT = {"Ola": "18", "train": "1,200", r"1-\frac12": r"\frac{1}{2}", "2+2": "4", "7 times 8": "B",
         "even": "C", "primes": "2"}  # fmt: skip
SYSTEMS = {
    "put answers in order": "ranker",
    "review answers": "critic",
    "turn several answers": "fuser",
}


def kind_of(messages: list[dict[str, Any]]) -> str:
    """Return which component asks, by its system message."""
    system = messages[0]["content"]
    return next((kind for said, kind in SYSTEMS.items() if said in system), "generator")


def answer_of(messages: list[dict[str, Any]]) -> str:
    question = messages[-1]["content"]
    return next(right for said, right in RIGHT.items() if said in question)


def helper(messages: list[dict[str, Any]]) -> str:
    """Rank from the last to the first; fuse by repeating what is shown first; else be wrong."""
    shown = messages[-1]["content"]
    match kind_of(messages):
        case "ranker":
            numbers = re.findall(r"^\[(\d+)\] The", shown, re.MULTILINE)
            return "Answer: " + " > ".join(f"[{n}]" for n in reversed(numbers))
        case "fuser":
            found = re.search(r"^1\. (.*)$", shown, re.MULTILINE)
            return found[1] if found else "?"
        case _:
            return "The answer is: 0"


def model(server: ChatServer, name: str = "m", place: str = "model") -> list[str]:
    return [
        f"{place}=openai-compatible", f"{place}.api_base={server.api_base}", f"{place}.name={name}"
    ]  # fmt: skip


def arch(folder: Path, *layers: Any, name: str = "tried") -> str:
    (folder / f"{name}.yaml").write_text(yaml.safe_dump({"name": name, "layers": list(layers)}))
    return f"protocol.arch={name}.yaml"


def part(kind: str, name: str = "m", **settings: Any) -> dict[str, Any]:
    return {"type": kind, "model": name, **settings}


RECIPE = ["recipe=archon", f"benchmark.data_dir={FIXTURES}", "run.cache=false"]
LAYERS = (
    [part("generator", samples=2), part("generator", "big")],
    [part("ranker", top_k=2)],
    [part("fuser")],
)


def test_the_best_model_answers_last_and_is_ranked_first(tmp_path: Path) -> None:
    # `big` is right in gsm8k and mmlu; the ranker puts the last candidate first, the fuser repeats
    # the first. The math solution without braces has no official value.
    def strong(messages: list[dict[str, Any]]) -> str:
        wrong = r"1-\frac12" in messages[-1]["content"]
        return f"The answer is: {'7' if wrong else answer_of(messages)}"

    with ChatServer(helper) as weak, ChatServer(strong) as big:
        roles = ["protocol.models={big: strong}", *model(big, "big", "roles.strong")]
        done = evalrun(*RECIPE, arch(tmp_path, *LAYERS), *roles, *model(weak), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    folder = only_run(tmp_path)
    assert layout_values(folder, "archon") == {"GSM8K": 1.0, "MATH": 0.5, "MMLU": 1.0}
    results = json.loads((folder / "results.json").read_text())
    assert {role: told["replies"] for role, told in results["by_role"].items()} == {
        "model": 28, "strong": 7,
    }  # fmt: skip
    assert "replies by role: model 28" in (folder / "table.md").read_text()
    outcome = read_jsonl(folder / "predictions.jsonl")[0]["outcome"]
    assert (outcome["inference_calls"], outcome["calls"]) == (5, 5)
    status = json.loads((folder / "run.json").read_text())
    assert status["provenance"]["protocol"]["played_by"] == {"m": "model", "big": "strong"}
    assert "the model under test plays m" in "".join(status["notices"])


def test_the_content_of_the_architecture_says_which_folder_a_run_has(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    run = [*RECIPE, "benchmark.task=mmlu", *model(chat_server)]

    def folders(*layers: Any, name: str = "tried") -> int:
        done = evalrun(*run, arch(tmp_path, *layers, name=name), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return len(list(tmp_path.glob("outputs/*/*/*/run.json")))

    assert folders([part("generator")]) == 1
    assert folders([part("generator", samples=2)]) == 2
    # Neither where it lies nor keys that mean nothing make it another.
    (tmp_path / "elsewhere").mkdir()
    moved = yaml.safe_dump({"name": "tried", "layers": [[part("generator", checkpoint="x")]]})
    (tmp_path / "elsewhere" / "arch.yaml").write_text(moved)
    done = evalrun(*run, "protocol.arch=elsewhere/arch.yaml", cwd=tmp_path)
    assert "already complete" in done.stderr


def killed_at(request: int, run: list[str], folder: Path, server: ChatServer) -> None:
    """Start a run and kill it while the server answers a request of this number."""
    process, answering, before = start(run, folder), server.reply, server.requests

    def deadly(messages: list[dict[str, Any]]) -> Any:
        if server.requests - before >= request:
            process.kill()
        return answering(messages)

    server.reply = deadly
    process.wait()
    server.reply = answering


def test_after_a_kill_nothing_is_asked_twice_and_the_play_is_the_undisturbed_one(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    def reply(messages: list[dict[str, Any]]) -> str:
        seed = chat_server.bodies[-1]["seed"]
        return f"The answer is: {seed}" if kind_of(messages) == "generator" else helper(messages)

    chat_server.reply = reply
    run = [*RECIPE, "benchmark.task=mmlu", "run.max_connections=1", *model(chat_server)]
    run.append(arch(tmp_path, *LAYERS).replace("=", f"={tmp_path}/"))
    plays: list[Any] = []
    asked: list[int] = []
    for name in ("undisturbed", "disturbed"):
        folder = tmp_path / name
        folder.mkdir()
        before = chat_server.requests
        if name == "disturbed":
            killed_at(8, run, folder, chat_server)
        assert evalrun(*run, cwd=folder).returncode == 0
        asked.append(chat_server.requests - before)
        rows = read_jsonl(only_run(folder) / "predictions.jsonl")
        told = [(r["id"], r["outputs"], [i["output"] for i in r["intermediate"]]) for r in rows]
        plays.append(sorted(told))
    assert plays[0] == plays[1]
    # Asked again are the request during which it was killed, and the one before if that was not yet
    # on disk.
    assert asked[0] == 10
    assert asked[1] in (11, 12)


def test_a_dry_run_counts_the_calls_of_an_architecture(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    done = evalrun(
        *RECIPE, "benchmark.task=mmlu", "protocol.arch=verified", *model(chat_server),
        "run.dry=true", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # Two questions: five answers, two calls to verify each, one to fuse.
    assert re.search(r"\b32\b", done.stdout)
    assert chat_server.requests == 0


def test_architectures_answer_turn_after_turn_of_other_recipes(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    chat_server.reply = helper
    done = evalrun(
        "recipe=quickstart", "kv=full", "protocol=archon", arch(tmp_path, *LAYERS), "run.limit=1",
        *model(chat_server), cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = read_jsonl(only_run(tmp_path) / "predictions.jsonl")
    assert {len(row["outputs"]) for row in rows} == {3}
    assert {row["outcome"]["inference_calls"] for row in rows} == {15}


@pytest.mark.parametrize(
    ("variant", "scores"), [("official", [1, 0, 1, 0]), ("fixed", [1, 1, 0, 1])]
)
def test_predictions_made_elsewhere_are_graded(
    tmp_path: Path, variant: str, scores: list[int]
) -> None:
    rows = [
        {"question": "?", "answer": "#### 18"}, {"question": "?", "answer": "#### 1,200"},
        {"question": "?", "answer": "#### 5"}, {"question": "?", "answer": "#### 6"},
    ]  # fmt: skip
    replies = ["The answer is: 18", "The answer is: 1200", "The answer is: 150", "the answer is 6"]
    write_jsonl(tmp_path / "rows.jsonl", rows)
    predicted = [{"index": i, "prediction": reply} for i, reply in enumerate(replies)]
    write_jsonl(tmp_path / "mine.jsonl", predicted)
    done = evalrun(
        "score", "recipe=archon", "benchmark.task=gsm8k", f"scorer.variant={variant}",
        "rows=rows.jsonl", "predictions=mine.jsonl", "--out", "graded.jsonl", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [row["scores"]["accuracy"] for row in graded] == scores


SEARCH: dict[str, Any] = {
    "models_available": ["weak", "configs/individual_models/strong.json"],
    "model_top_k_choices": [1, 2],
    "fuser_layer_1_choices": [0, 1],
    "maximum_inference_calls": 4,
    "dataset_sample_for_power_ranking": 0.5,
    "dataset_sample_for_search": 0.5,
    "search_algorithm_choice": "grid_search",
    "number_of_archon_configs_for_final_ranking": 2,
    "benchmark": "arena_hard_auto",
}


def test_a_search_ranks_models_and_architectures_and_goes_on_where_it_was_stopped(
    tmp_path: Path,
) -> None:
    # `strong` is right; alone it is best, and with one model no ranker can spoil that. With two,
    # critics write nothing readable, so those samples have no reply.
    def strong(messages: list[dict[str, Any]]) -> str:
        if kind_of(messages) == "generator":
            return f"The answer is: {answer_of(messages)}"
        return helper(messages)

    (tmp_path / "search.json").write_text(json.dumps(SEARCH))
    with ChatServer(helper) as weak, ChatServer(strong) as other:
        command = [
            "search", *RECIPE, "benchmark.task=mmlu", "search=search.json", *model(weak),
            "protocol.models={strong: other}", *model(other, "strong", "roles.other"),
            "--format", "json",
        ]  # fmt: skip
        done = evalrun(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        asked = weak.requests + other.requests
        again = evalrun(*command, cwd=tmp_path)
        assert weak.requests + other.requests == asked
    assert again.stdout == done.stdout
    found = json.loads(done.stdout)
    assert [row["architecture"] for row in found["power_ranking"]] == [
        "single_strong", "single_weak",
    ]  # fmt: skip
    # Of four points, those with a layer of fusers take 5 and 6 calls.
    assert found["over_budget"] == 2
    best, second = found["final_ranking"]
    assert (best["architecture"], best["score"]) == ("models1_samples1_fusers0-0-0", 1.0)
    assert (best["inference_calls"], best["calls"]) == (2, 2)
    assert second["architecture"] == "models2_samples1_fusers0-0-0"
    assert "benchmark means nothing here" in done.stderr
    winner = yaml.safe_load((tmp_path / found["winner"]).read_text())
    assert [component["model"] for layer in winner["layers"] for component in layer] == [
        "strong", "strong",
    ]  # fmt: skip
    assert (tmp_path / best["run"] / "run.json").is_file()


def test_a_search_that_can_afford_nothing_says_so(tmp_path: Path, chat_server: ChatServer) -> None:
    (tmp_path / "search.json").write_text(json.dumps({**SEARCH, "maximum_inference_calls": 1}))
    done = evalrun(
        "search", *RECIPE, "benchmark.task=mmlu", "search=search.json", *model(chat_server),
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "no point takes at most 1 inference calls" in done.stderr


@pytest.mark.model
def test_a_small_model_plays_in_components(tmp_path: Path) -> None:
    few = {"name": "model", "max_tokens": 6, "temperature": 0.7}
    layers = (
        [part("unit_test_generator", **few)],
        [part("generator", samples=2, **few)],
        [part("ranker", top_k=2, **few)],
        [part("unit_test_evaluator", top_k=2, **few)],
        [part("fuser", length_control=True, **few)],
    )
    done = evalrun(
        *RECIPE, "benchmark.task=mmlu", "run.limit=1", arch(tmp_path, *layers), "model=smollm2",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (row,) = read_jsonl(only_run(tmp_path) / "predictions.jsonl")
    assert row["outcome"]["calls_by_component"] == {
        "fuser": 1, "generator": 2, "ranker": 1, "unit_test_evaluator": 2, "unit_test_generator": 1,
    }  # fmt: skip
    assert row["outputs"][0]
