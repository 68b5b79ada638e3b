"""What runs spent, by parts, in tokens and in dollars."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ...looks import COLOURS
from ...results import Results

_BLUE, _RED, _GREEN, _PINK, _SKY, _ORANGE = COLOURS


class Part(msgspec.Struct, frozen=True):
    """A part of what a run spent."""

    name: str
    colour: str
    of: Callable[[Results], float]


class Unit(msgspec.Struct, frozen=True):
    """What spending is counted in, and its parts, which do not overlap."""

    name: str
    parts: tuple[Part, ...]
    written: Callable[[float], str]

    def spent(self, runs: Sequence[Results]) -> float:
        """Return what `runs` spent, judges included."""
        return sum(part.of(run) for part in self.parts for run in runs)


TOKENS = Unit(
    "tokens",
    (
        Part("input", _BLUE, lambda run: run.usage.input_tokens - run.usage.cached_tokens),
        Part("input, cached", _SKY, lambda run: run.usage.cached_tokens),
        Part("output", _ORANGE, lambda run: run.usage.output_tokens - run.usage.reasoning_tokens),
        Part("output, reasoning", _RED, lambda run: run.usage.reasoning_tokens),
        Part("judge, in and out", _PINK, lambda run: run.judge_usage.tokens),
    ),
    lambda value: f"{value:,.0f} tokens",
)
DOLLARS = Unit(
    "USD",
    (
        Part("model, USD", _GREEN, lambda run: run.usage.cost_usd),
        Part("judge, USD", _PINK, lambda run: run.judge_usage.cost_usd),
    ),
    lambda value: f"${value:,.4f}",
)
