"""SnapKV: what the end of the prompt attends to (Li et al. 2024, arXiv 2404.14469)."""

from __future__ import annotations

from typing import Literal

from ...core.config import Positive
from ...core.errors import ConfigError
from .budget import EVICTION, Budget, BudgetOptions, Granularity, press_ratio, reserved
from .method import ModelShape, Press, PromptFacts, Treatment


class VotingOptions(BudgetOptions, frozen=True):
    """`window_size` last tokens observe; their votes are smoothed over `kernel_size` neighbours.

    Smoothing takes the mean of neighbours, or the highest with `pooling` max, which only query
    heads offer.
    """

    window_size: Positive = 32
    kernel_size: Positive = 5
    pooling: Literal["avg", "max"] = "avg"
    granularity: Granularity = "kv_head"


class SnapKVOptions(VotingOptions, frozen=True):
    """How the window observes."""

    method: Literal["snapkv"] = "snapkv"


class SnapKV:
    """Keep the observation window, and the earlier tokens it attends to most.

    Each head keeps its own `budget - window_size` best tokens. At the granularity of KV heads,
    attention is averaged over the query heads that share one; SCBench repeats the cache to all
    query heads and lets each choose, which costs as many times the memory.
    """

    Options = SnapKVOptions
    slots = EVICTION

    def __init__(self, options: SnapKVOptions) -> None:
        check_voting(options)
        self.options = options
        self.budget = Budget.of(options)
        self.label = self.budget.label("snapkv", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the press that keeps the budget, for a prompt that does not fit in it."""
        if self.options.granularity == "query_head":
            return self.budget.eviction(prompt, self._query_head_press)

        from kvpress import SnapKVPress

        return self.budget.eviction(
            prompt,
            lambda kept: SnapKVPress(
                compression_ratio=press_ratio(kept, prompt.tokens),
                window_size=reserved(self.options.window_size, kept),
                kernel_size=self.options.kernel_size,
            ),
        )

    def _query_head_press(self, kept: int) -> Press:
        from .presses.query_head_press import QueryHeadPress
        from .published import snapkv_positions

        window = reserved(self.options.window_size, kept)
        return QueryHeadPress(
            lambda q, k, _layer: snapkv_positions(
                q,
                k,
                window_size=window,
                max_capacity=kept,
                kernel_size=self.options.kernel_size,
                pooling=self.options.pooling,
            ),
            rows=window,
        )


def check_voting(options: VotingOptions) -> None:
    """Raise ConfigError for settings that do not go together."""
    require_odd(options.kernel_size)
    if options.pooling == "max" and options.granularity == "kv_head":
        raise ConfigError(
            "kv.pooling=max needs kv.granularity=query_head: KV heads pool by averages"
        )


def require_odd(kernel_size: int) -> None:
    """Raise ConfigError for a pooling kernel that has no middle."""
    if kernel_size % 2 == 0:
        raise ConfigError(f"kv.kernel_size={kernel_size} should be odd: it is centred on a token")
