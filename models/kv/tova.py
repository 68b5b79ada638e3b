"""TOVA: what the last token attends to (Oren et al. 2024, arXiv 2401.06104)."""

from __future__ import annotations

from typing import Literal

from .budget import EVICTION, Budget, BudgetOptions, press_ratio
from .method import ModelShape, PromptFacts, Treatment


class TOVAOptions(BudgetOptions, frozen=True):
    """Only the budget."""

    method: Literal["tova"] = "tova"


class TOVA:
    """Keep the tokens with the highest attention of the last token, averaged over heads.

    The last token itself always stays.
    """

    Options = TOVAOptions
    slots = EVICTION

    def __init__(self, options: TOVAOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self.label = self.budget.label("tova", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the press that keeps the budget, for a prompt that does not fit in it."""
        from kvpress import TOVAPress

        return self.budget.eviction(
            prompt, lambda kept: TOVAPress(compression_ratio=press_ratio(kept, prompt.tokens))
        )
