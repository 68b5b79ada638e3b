"""Options as arguments of vLLM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evalrun.core.errors import ConfigError
from evalrun.core.options import to_options
from evalrun.models.on_vllm.arguments import (
    as_flags,
    engine_args_problems,
    engine_arguments,
    server_arguments,
)
from evalrun.models.on_vllm.options import VLLMOptions

FOLDER = Path("/weights")


def options(**changes: Any) -> VLLMOptions:
    return VLLMOptions(name="m", **changes)


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        ({"max_model_len": 1024}, ["--max-model-len", "1024"]),
        ({"quantization": None}, []),
        ({"enforce_eager": True}, ["--enforce-eager"]),
        ({"enforce_eager": False}, ["--no-enforce-eager"]),
        ({"served_model_name": ["a", "b"]}, ["--served-model-name", "a", "b"]),
        ({"compilation_config": {"level": 0}}, ["--compilation-config", '{"level":0}']),
    ],
)
def test_an_argument_stands_on_the_command_line_as_vllm_reads_it(
    arguments: dict[str, Any], flags: list[str]
) -> None:
    assert list(as_flags(arguments)) == flags


def test_further_arguments_are_handed_on() -> None:
    arguments = engine_arguments(options(engine_args={"max_num_seqs": 8}), FOLDER)

    assert arguments["max_num_seqs"] == 8


def test_further_arguments_may_switch_off_the_prefix_cache() -> None:
    arguments = engine_arguments(options(engine_args={"enable_prefix_caching": False}), FOLDER)

    assert arguments["enable_prefix_caching"] is False


def test_a_server_has_the_engines_arguments_and_listens_on_this_machine_only() -> None:
    chosen = options(max_length=512, tensor_parallel=2, quantization="fp8", dtype="bfloat16")
    arguments = server_arguments(chosen, FOLDER, 8123, "mark")

    for name, value in engine_arguments(chosen, FOLDER).items():
        assert name == "served_model_name" or arguments[name] == value
    assert arguments["served_model_name"] == ["m", "mark"]
    assert (arguments["host"], arguments["port"]) == ("127.0.0.1", 8123)
    assert arguments["enable_prompt_tokens_details"] is True


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("max_model_len", "say model.max_length instead"),
        ("tensor_parallel_size", "say model.tensor_parallel instead"),
        ("api_key", "leave it out: evalrun sets it"),
        ("host", "leave it out: evalrun sets it"),
    ],
)
def test_what_evalrun_says_itself_is_refused_with_the_right_key(name: str, remedy: str) -> None:
    (problem,) = engine_args_problems(options(engine_args={name: "x"}))

    assert str(problem) == f"model.engine_args must not hold {name}; {remedy}"


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(ConfigError, match=r"model\.port"):
        to_options({"engine": "vllm", "name": "m", "port": port}, VLLMOptions, "model")
