"""Memory that runs out."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import torch

from ...core.errors import SampleError

_CPU_ALLOCATOR = "DefaultCPUAllocator"


@contextmanager
def memory_failures(needed: str = "") -> Generator[None]:
    """Turn running out of memory into a SampleError, which says what was `needed`."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # On a CPU torch raises a plain RuntimeError, which only its text tells apart.
        cpu = isinstance(error, RuntimeError) and _CPU_ALLOCATOR in str(error)
        if not cpu and not isinstance(error, MemoryError | torch.OutOfMemoryError):
            raise
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        said = str(error).splitlines()[0] if str(error) else "no more to be had"
        raise SampleError(
            f"out of memory: {said}{needed and '; ' + needed}; shorten the context, take a smaller "
            "KV budget or model.max_contexts=1",
            kind="out_of_memory",
        ) from error
