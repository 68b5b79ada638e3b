"""A KV method that shortens prompts, in front of a model that gives nothing of its cache."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from command import evalrun
from rows import only_run, read_jsonl
from servers.chat_server import ChatServer
from tiny_classifier import save_classifier, tiktoken_files

if not all(map(find_spec, ("llmlingua", "litellm"))):
    pytest.skip("llmlingua or litellm is not installed", allow_module_level=True)

ROWS = Path(__file__).parents[1] / "fixtures" / "scbench" / "scbench_qa_eng.jsonl"


def run(folder: Path, server: ChatServer, *overrides: str):
    return evalrun(
        "recipe=scbench",
        "benchmark.task=scbench_qa_eng",
        f"benchmark.path={ROWS}",
        "scorer=f1",
        "model=openai-compatible",
        "model.name=mock",
        f"model.api_base={server.api_base}",
        *overrides,
        cwd=folder,
        TIKTOKEN_CACHE_DIR=str(tiktoken_files()),
    )


def prompts(server: ChatServer) -> list[str]:
    """What stood first in each request, in the order of their lengths: turn by turn."""
    bodies: list[dict[str, Any]] = sorted(server.bodies, key=lambda body: len(body["messages"]))
    return [body["messages"][0]["content"] for body in bodies]


@pytest.mark.slow
def test_llmlingua2_shortens_what_an_api_is_sent_and_says_by_how_much(tmp_path: Path) -> None:
    folder = save_classifier(tmp_path / "classifier")
    with ChatServer() as server:
        done = run(tmp_path, server, "outputs=whole")
        assert done.returncode == 0, done.stderr
        whole = prompts(server)
    with ChatServer() as server:
        done = run(tmp_path, server, "kv=llmlingua2", f"kv.model={folder}")
        assert done.returncode == 0, done.stderr
        short = prompts(server)
    assert len(set(short)) == 1
    assert len(short) == len(whole) > 1
    (prediction,) = read_jsonl(only_run(tmp_path) / "predictions.jsonl")
    assert prediction["kv"] is None
    shortened = prediction["shortened"]
    before, after = shortened["characters_before"], shortened["characters_after"]
    assert before - after == len(whole[0]) - len(short[0]) > 0
    assert prediction["turns"][0]["timing"]["latency_s"] > shortened["seconds"] > 0
    status = json.loads((only_run(tmp_path) / "run.json").read_text())
    assert status["environment"]["llmlingua_device"] in ("cpu", "cuda")
    assert status["provenance"]["kv"] == {"weights_revision": None}


def test_missing_weights_are_said_before_anything_is_asked(tmp_path: Path) -> None:
    with ChatServer() as server:
        done = run(tmp_path, server, "kv=llmlingua2", f"kv.model={tmp_path}")
        assert server.requests == 0
    assert done.returncode == 2
    assert "no config.json there" in done.stderr
    assert "kv.model=/path/to/folder" in done.stderr
