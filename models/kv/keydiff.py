"""KeyDiff: keys unlike the others matter (Park et al. 2025, arXiv 2504.15364)."""

from __future__ import annotations

from typing import Literal

from .budget import EVICTION, Budget, BudgetOptions, press_ratio
from .method import ModelShape, PromptFacts, Treatment


class KeyDiffOptions(BudgetOptions, frozen=True):
    """Only the budget."""

    method: Literal["keydiff"] = "keydiff"


class KeyDiff:
    """Keep the tokens whose keys are least similar to the mean direction of all, per KV head.

    The choice is made once for the whole prompt. The paper makes it block by block as the prompt
    comes in: kvpress's `BlockPress` around `KeyDiffPress`, with kv=press.
    """

    Options = KeyDiffOptions
    slots = EVICTION

    def __init__(self, options: KeyDiffOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self.label = self.budget.label("keydiff", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the press that keeps the budget, for a prompt that does not fit in it."""
        from kvpress import KeyDiffPress

        return self.budget.eviction(
            prompt, lambda kept: KeyDiffPress(compression_ratio=press_ratio(kept, prompt.tokens))
        )
