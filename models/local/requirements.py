"""What a model needs of this machine, checked without loading it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ...core.errors import ConfigError
from ...core.interfaces import KVMethod, Problem
from ..kv.method import LocalKVMethod, ModelShape, PromptFacts
from .recurrent_kinds import is_recurrent, kind_of, kind_refusal
from .shape import shape_of, unlike_heads
from .weights import config_of, weights_problem

if TYPE_CHECKING:
    from .torch_model import TorchOptions
    from .vision_model import VisionOptions

    LocalOptions = TorchOptions | VisionOptions

_PACKAGES = ("torch", "transformers", "kvpress", "gguf")
_GIB = 1 << 30
# Longer than any budget, so that a method has to act.
_LONG_PROMPT = 1 << 20


def problems(options: TorchOptions, kv: KVMethod | None) -> Iterator[Problem]:
    """Yield what would stop a run of `options` with `kv` here."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        yield Problem(
            f"engine=torch needs packages that are not installed: {', '.join(missing)}",
            "pip install 'evalrun[local]'",
        )
    weights = weights_problem(options.weights_source, gated=options.gated)
    if weights is not None:
        yield weights
    config = config_of(options.weights_source)
    yield from _kind_problems(config or {})
    yield from _kv_problems(config or {}, kv)
    if not missing:
        yield from device_problems(options, config or {})


def _kind_problems(config: dict[str, Any]) -> Iterator[Problem]:
    refusal = kind_refusal(kind_of(config)) if is_recurrent(config) else None
    if refusal is not None:
        yield Problem(refusal, "use model.engine=vllm")


def _kv_problems(config: dict[str, Any], kv: KVMethod | None) -> Iterator[Problem]:
    if kv is None:
        return
    if not isinstance(kv, LocalKVMethod):
        yield Problem(f"kv={kv.label} does not run on engine=torch", "choose another KV method")
        return
    refusal = kv_refusal(config, kv)
    if refusal is not None:
        yield refusal


def kv_refusal(config: dict[str, Any], kv: LocalKVMethod) -> Problem | None:
    """Say why `kv` cannot work on a model with `config`, as in its config.json."""
    if not kv.slots - {"prompt"}:
        return None
    if is_recurrent(config):
        reason = f"{kind_of(config)} models keep a recurrent state, not only keys and values"
    elif config.get("sliding_window") and config.get("use_sliding_window", True):
        reason = "this model drops keys itself, with a sliding window"
    else:
        unlike, shape = unlike_heads(config), shape_of(config)
        if unlike is None:
            return _settings_refusal(kv, shape) if shape else None
        reason = unlike
    return Problem(f"kv={kv.label} does not apply: {reason}", "use kv=full")


def _settings_refusal(kv: LocalKVMethod, shape: ModelShape) -> Problem | None:
    """Say what the method itself has against a model of this shape: settings that do not fit it."""
    try:
        kv.treatment(PromptFacts(tokens=_LONG_PROMPT), shape)
    except ConfigError as error:
        return Problem(f"kv={kv.label}: {error}", "or choose another KV method")
    return None


def device_problems(options: LocalOptions, config: dict[str, Any]) -> Iterator[Problem]:
    """Yield what a model of these options and this config.json lacks of a device or of memory."""
    import torch

    cuda = torch.cuda.is_available()
    if options.device.startswith("cuda") and not cuda:
        yield Problem(
            f"model.device={options.device}, and torch sees no CUDA device here",
            "model.device=cpu, or a torch built for CUDA on a machine that has one",
            here_only=True,
        )
        return
    on_gpu = cuda and options.device != "cpu"
    if options.parameters is None:
        return
    number = torch.device(options.device).index or 0 if options.device != "auto" else 0
    there = torch.cuda.get_device_properties(number).total_memory if on_gpu else _memory()
    width = _bytes_per_number(options, on_gpu=on_gpu)
    weights = options.parameters * width
    cache = _cache_bytes(config, options.max_length, width)
    if weights + cache > there:
        cache_words = (
            f" and {cache / _GIB:.0f} GiB of KV cache at model.max_length" if cache else ""
        )
        yield Problem(
            f"{options.name} needs {weights / _GIB:.0f} GiB of weights{cache_words}; "
            f"this {'GPU' if on_gpu else 'machine'} has {there / _GIB:.0f} GiB",
            "choose a smaller model or model.dtype, a shorter model.max_length, "
            "or model.engine=vllm with model.tensor_parallel",
            here_only=True,
        )


def _bytes_per_number(options: LocalOptions, *, on_gpu: bool) -> int:
    if options.dtype == "auto":
        return 2 if on_gpu else 4
    return 4 if options.dtype == "float32" else 2


def _cache_bytes(config: dict[str, Any], length: int | None, width: int) -> int:
    """Return the bytes of keys and values of `length` tokens, 0 where the shape is unknown."""
    shape = shape_of(config)
    if shape is None:
        return 0
    return 2 * shape.layers * shape.kv_heads * shape.head_dim * width * (length or 0)


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
