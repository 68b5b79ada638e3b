"""Waiting for a sweep, watched by a person or not."""

from __future__ import annotations

import sys
import time
from typing import Any

from .overview import Overview, read_overview
from .states import UNDER_WAY
from .sweep import SweepFolder


def wait_for(sweep: SweepFolder, *, poll_s: float, timeout_s: float | None = None) -> Overview:
    """Return how a sweep stands once nothing of it is under way, or so many seconds later.

    On a terminal, bars of samples and jobs show how far it is. Raises ConfigError, DataError.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    bars = _Bars() if sys.stderr.isatty() else None
    try:
        while True:
            overview = read_overview(sweep)
            if bars is not None:
                bars.show(overview)
            # A launcher that does not answer may do so the next time.
            under_way = overview.trouble is not None or any(map(_is_under_way, overview.states))
            left_s = poll_s if deadline is None else min(poll_s, deadline - time.monotonic())
            if not under_way or left_s <= 0:
                return overview
            time.sleep(left_s)
    finally:
        if bars is not None:
            bars.close()


def ended_jobs(overview: Overview) -> int:
    """Return how many jobs have nothing to come."""
    return sum(n for state, n in overview.states.items() if not _is_under_way(state))


def _is_under_way(state: str) -> bool:
    return state in UNDER_WAY


class _Bars:
    """Samples, and jobs below."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self._samples: Any = tqdm(desc="samples", unit="sample", dynamic_ncols=True)
        self._jobs: Any = tqdm(desc="jobs", unit="job", dynamic_ncols=True)

    def show(self, overview: Overview) -> None:
        for bar, done, total in (
            (self._samples, overview.done, overview.total),
            (self._jobs, ended_jobs(overview), len(overview.jobs)),
        ):
            bar.total = total
            if bar.initial == 0 and bar.n == 0:
                bar.initial = done
            bar.n = done
            bar.refresh()
        states = (f"{n} {state.replace('_', ' ')}" for state, n in overview.states.items())
        self._jobs.set_postfix_str(", ".join(states))

    def close(self) -> None:
        self._jobs.close()
        self._samples.close()
