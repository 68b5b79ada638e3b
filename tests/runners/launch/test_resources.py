"""What a job is given, by the models that it loads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from sweep_world import recorded_config

from evalrun.core.config import Config
from evalrun.core.errors import ConfigError
from evalrun.runners.build import build_model, build_parts
from evalrun.runners.compose import Composer
from evalrun.runners.folder import folder_of
from evalrun.runners.launch.resources import Resources, resources_of

MODELS = Composer().options("model")


def composed(*overrides: str) -> Config:
    return Composer().compose(["recipe=file", "benchmark.path=rows.jsonl", *overrides])


@pytest.mark.parametrize("model", MODELS)
def test_every_model_says_what_a_job_needs(model: str) -> None:
    config = composed(f"model={model}", "model.name=x")
    needs = resources_of(config)
    assert None not in msgspec.structs.astuple(needs)
    assert bool(needs.gpus_per_node) == (config.model.get("parameters", 0) > 1e9) or (
        model == "classifier"
    )


@pytest.mark.parametrize("model", ["llama3.1-70b", "llama3.1-8b", "qwen2.5-32b"])
def test_weights_in_half_precision_fit_the_gpus_and_the_memory(model: str) -> None:
    config = composed(f"model={model}")
    needs = resources_of(config)
    weights_gb = 2 * config.model["parameters"] / 1e9
    assert weights_gb < 80 * (needs.gpus_per_node or 0)
    assert weights_gb < (needs.mem_gb or 0)


def test_an_engine_that_splits_weights_gets_as_many_gpus() -> None:
    changes = ("model.engine=vllm", "model.tensor_parallel=8")
    assert resources_of(composed("model=llama3.1-8b", *changes)).gpus_per_node == 8


def test_models_of_one_run_share_a_job() -> None:
    config = composed("model=llama3.1-8b", "judge=smollm2", "model.resources.timeout_min=30")
    assert resources_of(config) == Resources(
        gpus_per_node=1, cpus_per_task=8, mem_gb=56, timeout_min=120
    )


@pytest.mark.parametrize("use", [resources_of, build_parts], ids=["a job", "a run in this process"])
def test_a_faulty_key_is_named(use: Callable[[Config], object]) -> None:
    with pytest.raises(ConfigError, match=r"model\.resources\.gpus.*gpus_per_node"):
        use(composed("model=smollm2", "model.resources.gpus=1"))


@pytest.mark.parametrize("model", MODELS)
def test_an_engine_does_not_hear_of_resources(model: str) -> None:
    build_model(composed(f"model={model}", "model.name=x").model, "model")


def test_what_a_job_is_given_does_not_move_its_folder(tmp_path: Path) -> None:
    folders = {
        folder_of(recorded_config(tmp_path, *changes), None, None).path
        for changes in ((), ("model.resources.mem_gb=99",), ("model.resources=null",))
    }
    assert len(folders) == 1


def test_roles_that_one_model_plays_need_it_once() -> None:
    roles = ("roles.persuader=smollm2", "roles.persuader.generation.temperature=0.7")
    alone = resources_of(Composer().compose(["recipe=logicom", "model=llama3.1-8b"]))
    both = resources_of(Composer().compose(["recipe=logicom", "model=smollm2", *roles]))
    beside = resources_of(Composer().compose(["recipe=logicom", "model=llama3.1-8b", *roles]))
    assert both == resources_of(composed("model=smollm2"))
    assert beside.mem_gb == (alone.mem_gb or 0) + (both.mem_gb or 0)
