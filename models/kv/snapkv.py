"""SnapKV: what the end of the prompt attends to (Li et al. 2024, arXiv 2404.14469)."""

from __future__ import annotations

from typing import Literal

from ...core.config import Positive
from ...core.errors import ConfigError
from .budget import Budget, BudgetOptions, press_ratio, reserved
from .method import Press, dynamic_cache, label_with_changes


class SnapKVOptions(BudgetOptions, frozen=True):
    """`window_size` last tokens observe; their votes are smoothed over `kernel_size` neighbours."""

    method: Literal["snapkv"] = "snapkv"
    window_size: Positive = 32
    kernel_size: Positive = 5


class SnapKV:
    """Keep the observation window, and the earlier tokens it attends to most.

    Attention of the window is averaged over its rows and over the query heads that share a KV
    head, then average-pooled; each KV head keeps its own `budget - window_size` best tokens.
    The official code repeats the cache to all query heads first and chooses per query head.
    """

    Options = SnapKVOptions
    compresses = True
    new_cache = staticmethod(dynamic_cache)

    def __init__(self, options: SnapKVOptions) -> None:
        require_odd(options.kernel_size)
        self.options = options
        self.budget = Budget.of(options)
        self.label = label_with_changes(
            f"snapkv-{self.budget.suffix}", options, said=("budget", "compression_ratio")
        )

    def press(self, tokens: int, layers: int) -> Press | None:  # noqa: ARG002 - LocalKVMethod
        """Return the press that keeps the budget; None for a prompt that fits in it."""
        from kvpress import SnapKVPress

        kept = self.budget.kept(tokens)
        if kept >= tokens:
            return None
        return SnapKVPress(
            compression_ratio=press_ratio(kept, tokens),
            window_size=reserved(self.options.window_size, kept),
            kernel_size=self.options.kernel_size,
        )


def require_odd(kernel_size: int) -> None:
    """Raise ConfigError for a pooling kernel that has no middle."""
    if kernel_size % 2 == 0:
        raise ConfigError(f"kv.kernel_size={kernel_size} should be odd: it is centred on a token")
