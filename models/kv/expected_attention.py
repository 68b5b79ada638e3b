"""Expected Attention: what future queries will attend to (Devoto et al. 2025, kvpress)."""

from __future__ import annotations

from typing import Literal

from ...core.config import NonNegative, Positive
from .budget import EVICTION, Budget, BudgetOptions, press_ratio, reserved
from .method import ModelShape, Press, PromptFacts, Treatment


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
    slots = EVICTION

    def __init__(self, options: ExpectedAttentionOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self.label = self.budget.label("expected_attention", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the press that keeps the budget, for a prompt that does not fit in it."""
        from kvpress import ExpectedAttentionPress

        def press(kept: int) -> Press:
            return ExpectedAttentionPress(
                compression_ratio=press_ratio(kept, prompt.tokens),
                n_future_positions=self.options.n_future_positions,
                n_sink=reserved(self.options.n_sink, kept) if self.options.n_sink else 0,
            )

        return self.budget.eviction(prompt, press)
