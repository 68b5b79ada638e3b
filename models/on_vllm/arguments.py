"""The options of a model as arguments of vLLM: of its engine, and of `vllm serve`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ...core.interfaces import Problem
from ...core.suggest import did_you_mean
from ..local.length import DEFAULT_REPLY_TOKENS
from .log import EngineLog
from .options import VLLMOptions

# vLLM's names of what evalrun's own options say.
_SAID_BY = {
    "model": "weights",
    "served_model_name": "name",
    "dtype": "dtype",
    "max_model_len": "max_length",
    "tensor_parallel_size": "tensor_parallel",
    "gpu_memory_utilization": "gpu_memory_utilization",
    "quantization": "quantization",
    "enforce_eager": "enforce_eager",
    "seed": "seed",
    "port": "port",
}
# What evalrun decides itself: who reaches the server, and when tokens are handed over.
_DECIDED = frozenset({"host", "uds", "api_key", "middleware", "root_path", "stream_interval"})

# A server takes what a request does not say from the model's generation_config.json (a repetition
# penalty, say); the engine takes it from the request alone. The end tokens stay the model's own.
_NEUTRAL_DEFAULTS = {
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "max_new_tokens": DEFAULT_REPLY_TOKENS,
}


def engine_arguments(options: VLLMOptions, folder: Path) -> dict[str, Any]:
    """Return the fields of vLLM's AsyncEngineArgs for the weights in `folder`."""
    return {
        "enable_prefix_caching": True,
        "disable_log_stats": True,
        **options.engine_args,
        "model": str(folder),
        "served_model_name": options.name,
        "dtype": options.dtype,
        "max_model_len": options.max_length,
        "tensor_parallel_size": options.tensor_parallel,
        "gpu_memory_utilization": options.gpu_memory_utilization,
        "quantization": options.quantization,
        "enforce_eager": options.enforce_eager,
        "seed": options.seed,
    }


def server_arguments(
    options: VLLMOptions, folder: Path, port: int, also_named: str
) -> dict[str, Any]:
    """Return the arguments of `vllm serve`; a second name tells this server from any other."""
    return {
        "enable_prompt_tokens_details": True,
        "override_generation_config": _NEUTRAL_DEFAULTS,
        "disable_uvicorn_access_log": True,
        **engine_arguments(options, folder),
        "served_model_name": [options.name, also_named],
        "host": "127.0.0.1",
        "port": port,
        "middleware": "evalrun.models.on_vllm.key.KeyWanted",
    }


def as_flags(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Yield `arguments` as the command line of vLLM takes them; what is None is left out."""
    for name, value in arguments.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            yield f"--{flag}" if value else f"--no-{flag}"
        elif isinstance(value, dict):
            yield from (f"--{flag}", msgspec.json.encode(value).decode())
        elif isinstance(value, (list, tuple)):
            yield from (f"--{flag}", *map(str, value))
        elif value is not None:
            yield from (f"--{flag}", str(value))


def engine_args_problems(options: VLLMOptions) -> Iterator[Problem]:
    """Yield what is wrong with the names in `engine_args`; vLLM, which is installed, knows its own.

    Importing it takes seconds, so it is not asked about what is said by options of evalrun.
    """
    others: list[str] = []
    for name in options.engine_args:
        if name in _SAID_BY:
            yield _misplaced(name, f"say model.{_SAID_BY[name]} instead")
        elif name in _DECIDED:
            yield _misplaced(name, "leave it out: evalrun sets it")
        else:
            others.append(name)
    if others:
        yield from _unknown_names(others, serve=options.serve)


def _misplaced(name: str, remedy: str) -> Problem:
    return Problem(f"model.engine_args must not hold {name}", remedy)


def _unknown_names(names: list[str], *, serve: bool) -> Iterator[Problem]:
    engine, server = _names()
    valid = engine | server if serve else engine
    for name in names:
        if not serve and name in server:
            yield Problem(
                f"model.engine_args.{name} is an argument of vLLM's server", "say model.serve=true"
            )
        elif valid and name not in valid:
            yield Problem(
                f"model.engine_args.{name} is no argument of this vLLM",
                did_you_mean(name, valid - _SAID_BY.keys() - _DECIDED),
            )


def _names() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the arguments of vLLM's engine, and of its server.

    None are known of a version that keeps them elsewhere; it refuses unknown ones itself.
    """
    log = EngineLog()
    try:
        with log.taking_output():
            from vllm import AsyncEngineArgs  # pyright: ignore[reportMissingImports] - optional
            from vllm.entrypoints.launchers.cli_args import (  # pyright: ignore[reportMissingImports] - optional
                FrontendArgs,
            )
    except ImportError:
        return frozenset(), frozenset()
    finally:
        log.remove()
    return _fields(AsyncEngineArgs), _fields(FrontendArgs)


def _fields(arguments: Any) -> frozenset[str]:
    return frozenset(field.name for field in dataclasses.fields(arguments))
