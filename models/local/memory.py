"""Memory that runs out, and memory that would."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

import torch

from ...core.errors import SampleError

_CPU_ALLOCATOR = "DefaultCPUAllocator"


@contextmanager
def memory_failures(give_back: Callable[[], None]) -> Generator[None]:
    """Turn running out of memory into a SampleError, after `give_back` has freed what it can."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # On a CPU torch raises a plain RuntimeError, which only its text tells apart.
        cpu = isinstance(error, RuntimeError) and _CPU_ALLOCATOR in str(error)
        if not cpu and not isinstance(error, MemoryError | torch.OutOfMemoryError):
            raise
        give_back()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise SampleError(
            f"out of memory: {str(error).splitlines()[0] if str(error) else 'no more to be had'}; "
            "lower the context length or the KV budget",
            kind="out_of_memory",
        ) from error
