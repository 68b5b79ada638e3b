"""How many attempts may run at a time: a fixed number, or one that follows the server.

The second is congestion control as in TCP: Jacobson, "Congestion Avoidance and Control" (SIGCOMM
1988); RFC 5681 (slow start, additive increase, multiplicative decrease); RFC 6582 (one decrease a
round trip); RFC 6298 (smoothed round-trip time). The window counts requests instead of bytes.
"""

from __future__ import annotations

import math
from typing import Protocol

START = 64
# The weight of the newest latency: alpha of RFC 6298, section 2.
_GAIN = 1 / 8
# Latency counts as flat up to this multiple of the lowest: with it doubled, the same rate of
# replies needs half the requests (Little's law), so that more would only wait in line.
FLAT = 2.0
# The lowest latency forgets this share of its distance at each reply: later tasks may take longer.
_FORGETTING = 1 / 1024
# Below this, differences are those of timers and of this process.
_NOISE_S = 0.01


class ConcurrencyLimit(Protocol):
    """What is asked before an attempt starts, and told how it ended."""

    limit: int

    def succeeded(self, started_at: float, now: float, *, saturated: bool) -> None:
        """Note a reply to an attempt begun at `started_at`.

        `saturated` says that as many attempts ran as were allowed.
        """
        ...

    def troubled(self, started_at: float, now: float) -> None:
        """Note that the server could not keep up with an attempt begun at `started_at`."""
        ...


class FixedLimit:
    """The same `limit` all the time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def succeeded(self, started_at: float, now: float, *, saturated: bool) -> None:
        """Note a reply: nothing changes."""

    def troubled(self, started_at: float, now: float) -> None:
        """Note trouble: nothing changes."""


class AdaptiveLimit:
    """Grows while it is used up and smoothed latency stays flat; halves at signs of overload.

    `limit` begins at `START` and is never above `most`. It grows by one a reply (doubling a round
    trip) until the first trouble, then by one a round trip. Attempts that had begun before the last
    halving belong to it: their trouble is the same, and their replies prove nothing. Times are in
    seconds on any one clock.
    """

    def __init__(self, most: int) -> None:
        self.limit = min(most, START)
        self._most = most
        self._window = float(self.limit)
        self._in_slow_start = True
        self._smoothed_s: float | None = None
        self._lowest_s = math.inf
        self._halved_at = -math.inf

    def succeeded(self, started_at: float, now: float, *, saturated: bool) -> None:
        """Note a reply to an attempt begun at `started_at`.

        `saturated` says that as many attempts ran as were allowed.
        """
        self._observe(now - started_at)
        grows = saturated and started_at >= self._halved_at and self._window < self._most
        if grows and self._is_flat():
            self._resize(self._window + (1.0 if self._in_slow_start else 1.0 / self._window))

    def troubled(self, started_at: float, now: float) -> None:
        """Note that the server could not keep up with an attempt begun at `started_at`."""
        if started_at <= self._halved_at:
            return
        self._halved_at = now
        self._in_slow_start = False
        self._resize(self._window / 2)

    def _observe(self, latency_s: float) -> None:
        before = self._smoothed_s
        smoothed = latency_s if before is None else before + _GAIN * (latency_s - before)
        self._smoothed_s = smoothed
        if smoothed < self._lowest_s:
            self._lowest_s = smoothed
        else:
            self._lowest_s += _FORGETTING * (smoothed - self._lowest_s)

    def _is_flat(self) -> bool:
        assert self._smoothed_s is not None  # noqa: S101 - observed just before
        return self._smoothed_s <= FLAT * max(self._lowest_s, _NOISE_S)

    def _resize(self, window: float) -> None:
        self._window = min(float(self._most), max(1.0, window))
        self.limit = int(self._window)
