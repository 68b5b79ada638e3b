"""One engine with SmolLM2 for all tests, and one server, on vLLM's CPU build or on a GPU."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalrun.models.local.weights import SMOLLM2, weights_folder
from evalrun.models.on_vllm.model import VLLMModel
from evalrun.models.on_vllm.options import VLLMOptions
from evalrun.models.on_vllm.requirements import is_installed

# Defaults of a model's authors, which would change replies to requests that do not name them.
AUTHORS_DEFAULTS = {"repetition_penalty": 1.5, "temperature": 1.2, "top_k": 3, "max_new_tokens": 4}


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """Return the folder of SmolLM2's converted weights."""
    if not is_installed():
        pytest.skip("needs the vllm extra")
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    return weights_folder(SMOLLM2)


@pytest.fixture(scope="session")
def model(smollm2: Path) -> Iterator[VLLMModel]:
    """Return a model whose engine starts with the first test and leaves no process behind."""
    model = VLLMModel(options(SMOLLM2))
    model.endpoint(None)
    running = _engine_processes()
    assert running
    yield model
    model.release()
    assert not running & _engine_processes()


@pytest.fixture(scope="session")
def served_model(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VLLMModel]:
    """Return the same model behind a server, whose authors wrote defaults for sampling."""
    folder = tmp_path_factory.mktemp("weights") / "smollm2"
    shutil.copytree(smollm2, folder)
    written = folder / "generation_config.json"
    authors = json.loads(written.read_text()) if written.exists() else {}
    written.write_text(json.dumps({**authors, **AUTHORS_DEFAULTS}))
    model = VLLMModel(options(str(folder), serve=True))
    before = _engine_processes()
    model.endpoint(None)
    running = _engine_processes() - before
    assert running
    yield model
    model.release()
    assert not running & _engine_processes()


@pytest.fixture
def _logs_in_test_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the logs of engines that did not start, which are left for the user, out of /tmp."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def options(weights: str, *, serve: bool = False) -> VLLMOptions:
    # float32, so that the likeliest token does not depend on how requests are batched.
    return VLLMOptions(
        name="smollm2",
        weights=weights,
        dtype="float32",
        max_length=1024,
        enforce_eager=True,
        serve=serve,
    )


def _engine_processes() -> set[int]:
    """Return this process's living descendants that belong to vLLM."""
    import psutil

    found: set[int] = set()
    for process in psutil.Process().children(recursive=True):
        try:
            title = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if any(mark in title for mark in ("VLLM::", "vllm.entrypoints", "vllm_guard")):
            found.add(process.pid)
    return found
