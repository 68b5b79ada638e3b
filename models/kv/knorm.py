"""Knorm: keys of small norm matter (Devoto et al. 2024, arXiv 2406.11430)."""

from __future__ import annotations

from typing import Literal

from .budget import Budget, BudgetOptions, press_ratio
from .method import Press, dynamic_cache, label_with_changes


class KnormOptions(BudgetOptions, frozen=True):
    """Only the budget."""

    method: Literal["knorm"] = "knorm"


class Knorm:
    """Keep the tokens whose keys have the smallest L2 norm, per KV head."""

    Options = KnormOptions
    compresses = True
    new_cache = staticmethod(dynamic_cache)

    def __init__(self, options: KnormOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self.label = label_with_changes(
            f"knorm-{self.budget.suffix}", options, said=("budget", "compression_ratio")
        )

    def press(self, tokens: int, layers: int) -> Press | None:  # noqa: ARG002 - LocalKVMethod
        """Return the press that keeps the budget; None for a prompt that fits in it."""
        from kvpress import KnormPress

        kept = self.budget.kept(tokens)
        if kept >= tokens:
            return None
        return KnormPress(compression_ratio=press_ratio(kept, tokens))
