"""What evalrun should reach against other programs, and whether it did."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from trials import Summary

EVALRUN, FLOOR = "evalrun", "aiohttp loop"


class Case(msgspec.Struct, frozen=True):
    """How many questions, at most how many at a time, and how long the server takes."""

    size: int
    connections: int
    delay_ms: float

    def __str__(self) -> str:
        return f"{self.size} samples, {self.connections} at a time, {self.delay_ms:g} ms"


Summaries = dict[tuple[str, Case], Summary]


class Verdict(msgspec.Struct, frozen=True):
    """A measured value against a bound that it should not pass."""

    what: str
    value: float
    bound: float
    at_least: bool

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        outcome = "ok" if self.met else "MISSED"
        return f"{self.what:78}{self.value:>9.2f}  {sign} {self.bound:<6g}{outcome}"


def verdicts(summaries: Summaries) -> Iterator[Verdict]:
    """Yield a verdict for every case that a target speaks of and that was measured.

    The targets of speed are at the fewest connections, those of the whole command at the smallest
    size and the longest delay, those of CPU time at the largest size.
    """
    cases = [case for name, case in summaries if name == EVALRUN]
    if not cases:
        return
    few, slow = min(c.connections for c in cases), max(c.delay_ms for c in cases)
    small, large = min(c.size for c in cases), max(c.size for c in cases)
    for case in cases:
        mine = summaries[EVALRUN, case]
        floor = summaries.get((FLOOR, case))
        if floor is not None and case.connections == few:
            share = 0.9 if case.delay_ms else 0.6
            ratio = mine.active_rate / floor.active_rate
            yield Verdict(f"rate while active, of the bare loop's: {case}", ratio, share, True)
        if case == Case(small, few, slow):
            yield from _against_peers(summaries, case)
        if case.size == large:
            what = f"CPU-s per 1000 samples: {case}"
            yield Verdict(what, mine.cpu_s_per_1000, 0.6, at_least=False)
            yield from _growth(summaries, case, small)
        yield Verdict(f"peak memory, MB: {case}", mine.peak_mb, 120, at_least=False)
        if mine.resume_s is not None:
            yield Verdict(f"resume of a complete run, s: {case}", mine.resume_s, 1, at_least=False)


def _against_peers(summaries: Summaries, case: Case) -> Iterator[Verdict]:
    for name, factor in (("lm-eval", 4), ("inspect-ai", 10)):
        peer = summaries.get((name, case))
        if peer is not None:
            ratio = summaries[EVALRUN, case].wall_rate / peer.wall_rate
            yield Verdict(f"rate of the whole command, of {name}'s: {case}", ratio, factor, True)


def _growth(summaries: Summaries, case: Case, small: int) -> Iterator[Verdict]:
    before = summaries.get((EVALRUN, msgspec.structs.replace(case, size=small)))
    if before is not None and small < case.size:
        ratio = summaries[EVALRUN, case].peak_mb / before.peak_mb
        yield Verdict(f"peak memory, of that at {small} samples: {case}", ratio, 1.1, False)
