"""Scenarios of the same name in several sources, of which one can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import msgspec

from .leaderboards import Scenario
from .options import Variant


class Chosen(msgspec.Struct, frozen=True):
    """Scenarios of different names, and which others of the same names gave way."""

    scenarios: tuple[Scenario, ...]
    notes: tuple[str, ...]


def without_repeated(
    scenarios: Sequence[Scenario], own: Collection[str], variant: Variant
) -> Chosen:
    """Return one scenario of each name: the one that shares most models with all scenarios.

    (`Benchmark.clear_repeated_scenarios` at commit 1dfd46a.) A scenario of the user's `own` sources
    goes first; the official code means to do so too, but looks for the source among row numbers.
    """
    by_name: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        by_name.setdefault(scenario.name, []).append(scenario)
    kept: list[Scenario] = []
    notes: list[str] = []
    appearances = Counter(model for scenario in scenarios for model in scenario.scores)
    for name, several in by_name.items():
        ours = [s for s in several if s.source in own] if variant == "fixed" else []
        # The sum over all scenarios of models shared with each counts every appearance once.
        best = max(ours or several, key=lambda s: sum(appearances[m] for m in s.scores))
        kept.append(best)
        dropped = [s.source for s in several if s is not best]
        if dropped:
            notes.append(f"{name}: kept that of {best.source}, not of {', '.join(dropped)}")
    return Chosen(tuple(kept), tuple(notes))
