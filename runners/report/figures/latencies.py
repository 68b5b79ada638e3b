"""How long the replies of a run took, read from its predictions."""

from __future__ import annotations

import msgspec

from ...log import read_log
from ...results import StoredRun
from .log_histogram import LogHistogram


class _Timing(msgspec.Struct, frozen=True):
    latency_s: float
    ttft_s: float | None = None


class _Turn(msgspec.Struct, frozen=True):
    timing: _Timing
    from_cache: bool = False


class _Row(msgspec.Struct, frozen=True):
    """What is read of a row of predictions.jsonl."""

    turns: tuple[_Turn, ...] = ()


class Latencies(msgspec.Struct, frozen=True):
    """Seconds of replies and to their first tokens; `from_cache` counts replies left out."""

    latency: LogHistogram
    ttft: LogHistogram
    from_cache: int


def latencies(run: StoredRun) -> Latencies:
    """Return how long replies took, read in one pass.

    Those from the reply cache are left out, since they took their time in another run, and recorded
    ones, which took none. Raises DataError for a line that is not a row.
    """
    latency, ttft, from_cache = LogHistogram(), LogHistogram(), 0
    for _, row in read_log(run.folder.predictions, _Row):
        for turn in row.turns:
            if turn.from_cache:
                from_cache += 1
                continue
            if turn.timing.latency_s > 0:
                latency.add(turn.timing.latency_s)
            if turn.timing.ttft_s is not None:
                ttft.add(turn.timing.ttft_s)
    return Latencies(latency, ttft, from_cache)
