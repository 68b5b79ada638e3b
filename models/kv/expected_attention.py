"""Expected Attention: what future queries will attend to (Devoto et al. 2025, kvpress)."""

from __future__ import annotations

from typing import Literal

from ...core.config import NonNegative, Positive
from .budget import Budget, BudgetOptions, press_ratio, reserved
from .method import Press, dynamic_cache, label_with_changes


class ExpectedAttentionOptions(BudgetOptions, frozen=True):
    """Scores look `n_future_positions` ahead; the first `n_sink` tokens always stay."""

    method: Literal["expected_attention"] = "expected_attention"
    n_future_positions: Positive = 512
    n_sink: NonNegative = 4


class ExpectedAttention:
    """Keep the tokens that queries drawn like the prompt's are expected to attend to most.

    Queries are taken as normal with the mean and covariance seen in the prompt, rotated to the
    coming positions; the expected weight of a key is scaled by the norm of its value.
    """

    Options = ExpectedAttentionOptions
    compresses = True
    new_cache = staticmethod(dynamic_cache)

    def __init__(self, options: ExpectedAttentionOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self.label = label_with_changes(
            f"expected_attention-{self.budget.suffix}",
            options,
            said=("budget", "compression_ratio"),
        )

    def press(self, tokens: int, layers: int) -> Press | None:  # noqa: ARG002 - LocalKVMethod
        """Return the press that keeps the budget; None for a prompt that fits in it."""
        from kvpress import ExpectedAttentionPress

        kept = self.budget.kept(tokens)
        if kept >= tokens:
            return None
        return ExpectedAttentionPress(
            compression_ratio=press_ratio(kept, tokens),
            n_future_positions=self.options.n_future_positions,
            n_sink=reserved(self.options.n_sink, kept) if self.options.n_sink else 0,
        )
