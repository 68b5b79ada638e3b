"""StreamingLLM: attention sinks and a recent window (Xiao et al. 2023, arXiv 2309.17453)."""

from __future__ import annotations

from typing import Literal

from ...core.config import Positive
from .budget import Budget, BudgetOptions, press_ratio, reserved
from .method import Press, dynamic_cache, label_with_changes


class StreamingLLMOptions(BudgetOptions, frozen=True):
    """`n_sink` first tokens are kept; the rest of the budget goes to the last ones."""

    method: Literal["streamingllm"] = "streamingllm"
    n_sink: Positive = 128


class StreamingLLM:
    """Keep the first `n_sink` tokens and the last `budget - n_sink`.

    Positions stay those of the prompt, as SCBench runs it: keys are not rotated again. With the
    paper's 4096 tokens this is n_init 128 and n_local 3968.
    """

    Options = StreamingLLMOptions
    compresses = True
    new_cache = staticmethod(dynamic_cache)

    def __init__(self, options: StreamingLLMOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self.label = label_with_changes(
            f"streamingllm-{self.budget.suffix}", options, said=("budget", "compression_ratio")
        )

    def press(self, tokens: int, layers: int) -> Press | None:  # noqa: ARG002 - LocalKVMethod
        """Return the press that keeps the budget; None for a prompt that fits in it."""
        from kvpress import StreamingLLMPress

        kept = self.budget.kept(tokens)
        if kept >= tokens:
            return None
        return StreamingLLMPress(
            compression_ratio=press_ratio(kept, tokens), n_sink=reserved(self.options.n_sink, kept)
        )
