"""KVzip: what the model needs to repeat the context (Kim et al. 2025, arXiv 2505.23416)."""

from __future__ import annotations

import logging
from typing import Literal

from ...core.config import NonNegative, Positive
from .budget import EVICTION, Budget, BudgetOptions
from .method import UNTREATED, ModelShape, PromptFacts, Treatment


class KVzipOptions(BudgetOptions, frozen=True):
    """The prompt is repeated in chunks of `chunk_size` tokens; the first `n_sink` always stay.

    With `layerwise` all layers keep as much; otherwise layers compete, too.
    `kvzip_plus_normalization` weighs attention by the norms of what it reads and writes (KVzip+).
    """

    method: Literal["kvzip"] = "kvzip"
    layerwise: bool = False
    n_sink: NonNegative = 4
    kvzip_plus_normalization: bool = False
    chunk_size: Positive = 2048


class KVzip:
    """Keep what is attended to most while the model is made to repeat its prompt.

    A key's score is the highest attention it gets in the repetition. Layers and KV heads keep
    different numbers of tokens, `budget` on average. The repetition costs two to three times the
    prefill, and the whole cache lives until it is over. Its instruction is worded with the chat
    template of the tokenizer that lies beside the model's weights.
    """

    Options = KVzipOptions
    slots = EVICTION

    def __init__(self, options: KVzipOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self.label = self.budget.label("kvzip", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:
        """Return the press that keeps the budget, for a prompt that does not fit in it."""
        from kvpress import KVzipPress

        kept = self.budget.kept(prompt.tokens)
        if kept >= prompt.tokens:
            return UNTREATED
        # It warns at each use of what the class above says.
        logging.getLogger(KVzipPress.__module__).setLevel(logging.ERROR)
        # The press drops int(ratio * pairs) pairs of all layers and heads together; the half pair
        # guards against rounding errors.
        pairs = shape.layers * shape.kv_heads
        press = KVzipPress(
            compression_ratio=(prompt.tokens - kept + 0.5 / pairs) / prompt.tokens,
            layerwise=self.options.layerwise,
            n_sink=self.options.n_sink,
            kvzip_plus_normalization=self.options.kvzip_plus_normalization,
            chunk_size=self.options.chunk_size,
        )
        return Treatment(press=press, late=True)
