"""How many contexts are worth holding at a time, and how many the memory allows."""

from __future__ import annotations

from pathlib import Path

import torch

from ...core.exchange import KVReport

# Beyond it, decoding gains little from further contexts on any device it was tried on.
MOST_CONTEXTS = 8
_MEMINFO = Path("/proc/meminfo")


class ContextLimit:
    """The number of contexts in flight: as configured, or what fits beside the first one.

    Until the first context has been measured there is one at a time. When memory runs out there
    are half as many.
    """

    def __init__(self, device: torch.device, configured: int | None) -> None:
        self._device = device
        self._configured = configured
        self._limit = configured or 1

    @property
    def now(self) -> int:
        """How many contexts may be held."""
        return self._limit

    def measured(self, report: KVReport) -> None:
        """Learn what a context takes."""
        if self._configured is None:
            self._configured = self._limit = _fitting(report, _free_bytes(self._device))

    def halve(self) -> bool:
        """Hold fewer contexts; return whether there were several."""
        several = self._limit > 1
        self._limit = self._configured = max(1, self._limit // 2)
        return several


def _fitting(report: KVReport, free: int) -> int:
    """Return how many contexts fit: each further one takes the cache, one of them the way to it.

    The way to a cache is taken for as large as the whole cache of the prompt before a method
    compressed it, and counted twice: its activations are not known.
    """
    kept = max(report.tokens_kept, 1.0)
    whole = report.bytes * report.tokens_seen / kept
    return max(1, min(MOST_CONTEXTS, 1 + int((free - 2 * whole) // max(report.bytes, 1))))


def _free_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # What torch's allocator holds and does not use is free as well.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    for line in _MEMINFO.read_text().splitlines() if _MEMINFO.exists() else ():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0
