"""H2O: heavy hitters of the whole prompt (Zhang et al. 2023, arXiv 2306.14048)."""

from __future__ import annotations

from typing import Literal

from ...core.config import Positive
from .budget import EVICTION, Budget, BudgetOptions, Granularity, press_ratio, reserved
from .method import ModelShape, Press, PromptFacts, Treatment


class H2OOptions(BudgetOptions, frozen=True):
    """The `window_size` last tokens always stay."""

    method: Literal["h2o"] = "h2o"
    window_size: Positive = 32
    granularity: Granularity = "kv_head"


class H2O:
    """Keep a window, and the earlier tokens that all tokens of the prompt attend to most.

    The choice is made once, after the prompt, as KVCache-Factory runs it for the papers' tables;
    the original method goes on evicting with every new token. At the granularity of KV heads,
    attention is averaged over the query heads that share one.
    """

    Options = H2OOptions
    slots = EVICTION

    def __init__(self, options: H2OOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self.label = self.budget.label("h2o", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the press that keeps the budget, for a prompt that does not fit in it."""
        from .presses.h2o_press import H2OPress
        from .presses.query_head_press import QueryHeadPress
        from .published import h2o_positions

        def press(kept: int) -> Press:
            window = reserved(self.options.window_size, kept)
            if self.options.granularity == "query_head":
                return QueryHeadPress(
                    lambda q, k, _layer: h2o_positions(q, k, window_size=window, max_capacity=kept)
                )
            ratio = press_ratio(kept, prompt.tokens)
            return H2OPress(compression_ratio=ratio, window_size=window)

        return self.budget.eviction(prompt, press)
