"""How much an evicting method keeps: a number of tokens, or a share of the prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec

from ...core.config import Options, Positive
from ...core.errors import ConfigError
from .method import UNTREATED, Press, PromptFacts, Slot, Treatment, label_with_changes

PAPER_BUDGET = 4096
EVICTION: frozenset[Slot] = frozenset({"eviction"})

# Whose heads choose: those of the cache, or the query heads, each of which then has a cache of its
# own, as in SCBench's code.
Granularity = Literal["kv_head", "query_head"]


class BudgetOptions(Options, frozen=True):
    """What an evicting method keeps of a prompt.

    `budget` is the number of tokens kept per layer, `compression_ratio` the share dropped; one
    of them may be set. With neither, `budget` is 4096 tokens, as SCBench runs every method.
    """

    budget: Positive | None = None
    compression_ratio: Annotated[float, msgspec.Meta(ge=0, lt=1)] | None = None


class Budget(msgspec.Struct, frozen=True):
    """A budget in force: `tokens`, or a `ratio` dropped when that is set."""

    tokens: int
    ratio: float | None

    @classmethod
    def of(cls, options: BudgetOptions) -> Budget:
        """Return the budget that `options` ask for. Raises ConfigError when they ask for two."""
        if options.budget is not None and options.compression_ratio is not None:
            raise ConfigError(
                f"kv.budget={options.budget} and kv.compression_ratio="
                f"{options.compression_ratio} are both set; set one of them to null"
            )
        return cls(options.budget or PAPER_BUDGET, options.compression_ratio)

    @property
    def suffix(self) -> str:
        """How labels name the budget: `4096`, or `50%` for a share dropped."""
        return str(self.tokens) if self.ratio is None else f"{100 * self.ratio:g}%"

    def kept(self, tokens: int) -> int:
        """Return how many of `tokens` prompt tokens stay, at least one."""
        if self.ratio is None:
            return min(self.tokens, tokens)
        return max(1, round(tokens * (1 - self.ratio)))

    def label(self, name: str, options: BudgetOptions) -> str:
        """Return the label of a method: its name, the budget, and other options that were set."""
        return label_with_changes(
            f"{name}-{self.suffix}", options, said=("budget", "compression_ratio")
        )

    def eviction(self, prompt: PromptFacts, press_of: Callable[[int], Press]) -> Treatment:
        """Return the treatment with the press that `press_of` makes for so many tokens kept.

        A prompt that fits in the budget is left as it is.
        """
        kept = self.kept(prompt.tokens)
        return UNTREATED if kept >= prompt.tokens else Treatment(press=press_of(kept))


def press_ratio(kept: int, tokens: int) -> float:
    """Return the compression ratio with which a kvpress press keeps exactly `kept` of `tokens`.

    Presses keep int(tokens * (1 - ratio)); the half token guards against rounding errors.
    """
    return max(0.0, 1 - (kept + 0.5) / tokens)


def reserved(wanted: int, kept: int) -> int:
    """Return how many of the `kept` tokens are reserved for a sink or a window of `wanted`.

    A budget that cannot hold the reserve and one token more is split in halves: the papers do
    not say what to do below it, and half leaves room for both.
    """
    return wanted if kept > wanted else max(1, kept // 2)
