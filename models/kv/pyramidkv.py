"""PyramidKV: SnapKV with more room in the lower layers (Cai et al. 2024, arXiv 2406.02069)."""

from __future__ import annotations

import logging
from typing import Literal

from ...core.config import Positive
from .budget import Budget, BudgetOptions, press_ratio, reserved
from .method import Press, dynamic_cache, label_with_changes
from .snapkv import require_odd


class PyramidKVOptions(BudgetOptions, frozen=True):
    """As SnapKV; `beta` is how many times less than the mean the top layer keeps."""

    method: Literal["pyramidkv"] = "pyramidkv"
    window_size: Positive = 32
    kernel_size: Positive = 5
    beta: Positive = 20


class PyramidKV:
    """Choose tokens as SnapKV does, with a budget that falls linearly from layer to layer."""

    Options = PyramidKVOptions
    compresses = True
    new_cache = staticmethod(dynamic_cache)

    def __init__(self, options: PyramidKVOptions) -> None:
        require_odd(options.kernel_size)
        self.options = options
        self.budget = Budget.of(options)
        self.label = label_with_changes(
            f"pyramidkv-{self.budget.suffix}", options, said=("budget", "compression_ratio")
        )

    def press(self, tokens: int, layers: int) -> Press | None:
        """Return the press that keeps each layer's share; None for a prompt that fits."""
        from kvpress import PerLayerCompressionPress, SnapKVPress

        kept = self.budget.kept(tokens)
        if kept >= tokens:
            return None
        window = reserved(self.options.window_size, kept)
        budgets = layer_budgets(tokens, kept, layers, window=window, beta=self.options.beta)
        # The wrapper warns that other masks than flash attention's do not fit layers of different
        # lengths; the attention of the torch endpoint aligns each layer on its own.
        logging.getLogger(PerLayerCompressionPress.__module__).setLevel(logging.ERROR)
        return PerLayerCompressionPress(
            SnapKVPress(window_size=window, kernel_size=self.options.kernel_size),
            [press_ratio(budget, tokens) for budget in budgets],
        )


def layer_budgets(
    tokens: int, capacity: int, layers: int, *, window: int, beta: int
) -> tuple[int, ...]:
    """Return how many of `tokens` each layer keeps, window included, lowest layer first.

    The arithmetic sequence of the paper (section 4.1) with the whole-number steps of the official
    code (`PyramidKVCluster.update_kv`): on average `capacity` or up to `layers / 2` more, and
    `capacity` everywhere for prompts shorter than twice what is chosen.
    """
    chosen = capacity - window
    if tokens < 2 * chosen or layers == 1:
        return (capacity,) * layers
    least = chosen // beta
    most = 2 * chosen - least
    if most >= tokens - window:
        most = tokens - window
        least = 2 * chosen - most
    step = (most - least) // (layers - 1)
    return tuple(most - layer * step + window for layer in range(layers))
