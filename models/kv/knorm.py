"""Knorm: keys of small norm matter (Devoto et al. 2024, arXiv 2406.11430)."""

from __future__ import annotations

from typing import Literal

from .budget import EVICTION, Budget, BudgetOptions, press_ratio
from .method import ModelShape, PromptFacts, Treatment


class KnormOptions(BudgetOptions, frozen=True):
    """Only the budget."""

    method: Literal["knorm"] = "knorm"


class Knorm:
    """Keep the tokens whose keys have the smallest L2 norm, per KV head."""

    Options = KnormOptions
    slots = EVICTION

    def __init__(self, options: KnormOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self.label = self.budget.label("knorm", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the press that keeps the budget, for a prompt that does not fit in it."""
        from kvpress import KnormPress

        return self.budget.eviction(
            prompt, lambda kept: KnormPress(compression_ratio=press_ratio(kept, prompt.tokens))
        )
