"""PyramidKV: SnapKV with more room in the lower layers (Cai et al. 2024, arXiv 2406.02069)."""

from __future__ import annotations

import logging
from typing import Literal

from ...core.config import Positive
from .budget import EVICTION, Budget, press_ratio, reserved
from .method import ModelShape, Press, PromptFacts, Treatment
from .snapkv import VotingOptions, check_voting


class PyramidKVOptions(VotingOptions, frozen=True):
    """As SnapKV; `beta` is how many times less than the mean the top layer keeps."""

    method: Literal["pyramidkv"] = "pyramidkv"
    beta: Positive = 20


class PyramidKV:
    """Choose tokens as SnapKV does, with a budget that falls linearly from layer to layer."""

    Options = PyramidKVOptions
    slots = EVICTION

    def __init__(self, options: PyramidKVOptions) -> None:
        check_voting(options)
        self.options = options
        self.budget = Budget.of(options)
        self.label = self.budget.label("pyramidkv", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:
        """Return the press that keeps each layer's share, for a prompt that does not fit."""

        def press(kept: int) -> Press:
            if self.options.granularity == "query_head":
                return self._query_head_press(kept, shape.layers)
            return self._kv_head_press(kept, prompt.tokens, shape.layers)

        return self.budget.eviction(prompt, press)

    def _kv_head_press(self, kept: int, tokens: int, layers: int) -> Press:
        from kvpress import PerLayerCompressionPress, SnapKVPress

        # The wrapper warns that other masks than flash attention's do not fit layers of different
        # lengths; the torch endpoint reads each layer on its own and needs no mask.
        logging.getLogger(PerLayerCompressionPress.__module__).setLevel(logging.ERROR)
        window = reserved(self.options.window_size, kept)
        budgets = layer_budgets(tokens, kept, layers, window=window, beta=self.options.beta)
        return PerLayerCompressionPress(
            SnapKVPress(window_size=window, kernel_size=self.options.kernel_size),
            [press_ratio(budget, tokens) for budget in budgets],
        )

    def _query_head_press(self, kept: int, layers: int) -> Press:
        from .presses.query_head_press import QueryHeadPress
        from .published import pyramidkv_positions

        window = reserved(self.options.window_size, kept)
        return QueryHeadPress(
            lambda q, k, layer: pyramidkv_positions(
                q,
                k,
                layer,
                layers,
                window_size=window,
                max_capacity=kept,
                kernel_size=self.options.kernel_size,
                pooling=self.options.pooling,
                beta=self.options.beta,
            ),
            rows=window,
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
