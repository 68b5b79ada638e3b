"""One engine with SmolLM2 for all tests, on the CPU build of vLLM or on a GPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalrun.models.local.weights import SMOLLM2, weights_folder
from evalrun.models.vllm_model import VLLMModel, VLLMOptions
from evalrun.models.vllm_requirements import is_installed


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
    # float32, so that the likeliest token does not depend on how requests are batched.
    options = VLLMOptions(
        name="smollm2", weights=SMOLLM2, dtype="float32", max_length=1024, enforce_eager=True
    )
    model = VLLMModel(options)
    model.endpoint(None)
    assert _engine_processes()
    yield model
    model.release()
    assert not _engine_processes()


def _engine_processes() -> list[str]:
    """Return the titles of this process's descendants that belong to vLLM."""
    import psutil

    titles = [" ".join(p.cmdline()) for p in psutil.Process().children(recursive=True)]
    return [title for title in titles if "VLLM" in title]
