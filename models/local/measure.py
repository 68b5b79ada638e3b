"""What a KV cache holds, and what memory and time were needed to fill it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import torch
from torch import Tensor

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


def cache_bytes(cache: Any) -> int:
    """Return the bytes of all tensor storages a cache holds: keys, values, codes, scales, states.

    Storages are counted whole and once, so a view costs what it keeps alive.
    """
    storages = {
        tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes()
        for tensor in _tensors(cache)
    }
    return sum(storages.values())


def now(device: torch.device) -> float:
    """Return a clock reading in seconds, taken when `device` has done its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def start_peak_memory(device: torch.device) -> bool:
    """Forget the highest memory so far; return whether the system lets us measure it."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return True
    try:
        _CLEAR_REFS.write_text(_RESET_PEAK)
    except OSError:
        return False
    return device.type == "cpu"


def peak_memory(device: torch.device) -> int | None:
    """Return the highest memory in bytes: allocated on a GPU, resident of the process on a CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    for line in _STATUS.read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in cast("list[Any]", value):
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(list(cast("dict[Any, Any]", value).values()))
    elif isinstance(value, msgspec.Struct):
        yield from _tensors(msgspec.structs.astuple(value))
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        yield from _tensors(vars(value))
