"""What is said of missing weights, devices and memory before anything is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

import evalrun.recipes
from evalrun.core.errors import ConfigError
from evalrun.core.interfaces import KVMethod
from evalrun.models.kv.snapkv import SnapKV, SnapKVOptions
from evalrun.models.local.torch_model import TorchModel, TorchOptions
from evalrun.runners.launch.resources import without_resources

MODELS = Path(evalrun.recipes.__path__[0]) / "model"
LOCAL = [
    "codestral-mamba",
    "glm4-9b-1m",
    "jamba-1.5-mini",
    "llama3-8b",
    "llama3.1-70b",
    "llama3.1-8b",
    "qwen2.5-32b",
    "qwen2.5-72b",
    "qwen2.5-7b",
    "smollm2",
]


def options(**section: Any) -> TorchOptions:
    return msgspec.convert({"engine": "torch", **section}, TorchOptions)


def said(kv: KVMethod | None = None, **section: Any) -> list[str]:
    return [str(problem) for problem in TorchModel(options(**section)).problems(kv)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like a small Llama, as far as that is looked at."""
    config = {
        "model_type": "llama",
        "hidden_size": 64,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "num_hidden_layers": 2,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("name", LOCAL)
def test_every_recipe_is_a_valid_model(name: str) -> None:
    section = without_resources(yaml.safe_load((MODELS / f"{name}.yaml").read_text()))
    built = msgspec.convert(section, TorchOptions)
    assert built.name == name
    assert built.parameters


def test_weights_that_lie_there_are_no_problem(folder: Path) -> None:
    assert said(name="m", weights=str(folder), device="cpu", parameters=1000) == []


def test_an_id_outside_the_local_cache_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (problem,) = said(name="m", weights="some/model", device="cpu")
    assert problem == (
        "weights some/model in the local Hugging Face cache: not there; "
        "`hf download some/model`, or model.weights=/path/to/folder"
    )
    (problem,) = said(name="m", weights="some/model", device="cpu", gated=True)
    assert "accept the licence at https://huggingface.co/some/model" in problem


def test_half_downloaded_weights_are_noticed(folder: Path) -> None:
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model-1.safetensors").write_bytes(b"")
    (problem,) = said(name="m", weights=str(folder), device="cpu")
    assert "1 of 2 files are missing (model-2.safetensors" in problem


def test_pickled_weights_are_not_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    (problem,) = said(name="m", weights=str(folder), device="cpu")
    assert "no safetensors files there" in problem


def test_a_folder_without_a_model_is_noticed(tmp_path: Path) -> None:
    (problem,) = said(name="m", weights=str(tmp_path), device="cpu")
    assert "no config.json there" in problem


def test_a_model_larger_than_the_machine_is_refused_with_numbers(folder: Path) -> None:
    (problem,) = said(name="big", weights=str(folder), device="cpu", parameters=10**12)
    assert problem.startswith("big needs 3725 GiB of weights; this machine has")
    assert "model.engine=vllm" in problem


def test_the_cache_at_the_longest_length_counts(folder: Path) -> None:
    """2 x 2 layers x 2 heads x 16 channels x 4 bytes = 512 bytes a token."""
    (problem,) = said(
        name="m", weights=str(folder), device="cpu", parameters=1000, max_length=1 << 35
    )
    assert "0 GiB of weights and 16384 GiB of KV cache" in problem


def test_what_only_this_machine_lacks_is_told_apart(folder: Path) -> None:
    """A job may find memory on another machine, but not weights."""
    too_large = options(name="big", weights=str(folder), device="cpu", parameters=10**12)
    assert [one.here_only for one in TorchModel(too_large).problems(None)] == [True]
    absent = options(name="m", weights="some/model", device="cpu")
    assert [one.here_only for one in TorchModel(absent).problems(None)] == [False]


def test_a_missing_gpu_is_said(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    (problem,) = said(name="m", weights=str(folder), device="cuda")
    assert problem.startswith("model.device=cuda, and torch sees no CUDA device here")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"model_type": "mamba2"}, "recurrent state"),
        ({"model_type": "jamba"}, "recurrent state"),
        ({"model_type": "mistral", "sliding_window": 4096}, "sliding window"),
    ],
)
def test_compression_of_models_without_a_plain_cache_is_refused(
    folder: Path, config: dict[str, Any], reason: str
) -> None:
    (folder / "config.json").write_text(json.dumps(config))
    kv = SnapKV(SnapKVOptions(budget=64))
    (problem,) = said(kv, name="m", weights=str(folder), device="cpu")
    assert problem.startswith("kv=snapkv-64 does not apply: ")
    assert reason in problem


def test_an_unused_sliding_window_is_none(folder: Path) -> None:
    config = {"model_type": "qwen2", "sliding_window": 4096, "use_sliding_window": False}
    (folder / "config.json").write_text(json.dumps(config))
    kv = SnapKV(SnapKVOptions(budget=64))
    assert said(kv, name="m", weights=str(folder), device="cpu") == []


def test_a_method_of_another_engine_is_refused(folder: Path) -> None:
    class Elsewhere:
        label = "fp8"

    (problem,) = said(Elsewhere(), name="m", weights=str(folder), device="cpu")
    assert problem == "kv=fp8 does not run on engine=torch; choose another KV method"
    with pytest.raises(ConfigError, match="kv=fp8"):
        TorchModel(options(name="m", weights=str(folder))).endpoint(Elsewhere())
