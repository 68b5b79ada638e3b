"""TOVA: what the last token attends to (Oren et al. 2024, arXiv 2401.06104)."""

from __future__ import annotations

from typing import Literal

from .budget import Budget, BudgetOptions, press_ratio
from .method import Press, dynamic_cache, label_with_changes


class TOVAOptions(BudgetOptions, frozen=True):
    """Only the budget."""

    method: Literal["tova"] = "tova"


class TOVA:
    """Keep the tokens with the highest attention of the last token, averaged over heads.

    The last token itself always stays.
    """

    Options = TOVAOptions
    compresses = True
    new_cache = staticmethod(dynamic_cache)

    def __init__(self, options: TOVAOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self.label = label_with_changes(
            f"tova-{self.budget.suffix}", options, said=("budget", "compression_ratio")
        )

    def press(self, tokens: int, layers: int) -> Press | None:  # noqa: ARG002 - LocalKVMethod
        """Return the press that keeps the budget; None for a prompt that fits in it."""
        from kvpress import TOVAPress

        kept = self.budget.kept(tokens)
        if kept >= tokens:
            return None
        return TOVAPress(compression_ratio=press_ratio(kept, tokens))
