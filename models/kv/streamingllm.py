"""StreamingLLM: attention sinks and a recent window (Xiao et al. 2023, arXiv 2309.17453)."""

from __future__ import annotations

from typing import Literal

from ...core.config import Positive
from .budget import EVICTION, Budget, BudgetOptions, press_ratio, reserved
from .method import ModelShape, Press, PromptFacts, Treatment


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
    slots = EVICTION

    def __init__(self, options: StreamingLLMOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self.label = self.budget.label("streamingllm", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the press that keeps the budget, for a prompt that does not fit in it."""
        from kvpress import StreamingLLMPress

        def press(kept: int) -> Press:
            return StreamingLLMPress(
                compression_ratio=press_ratio(kept, prompt.tokens),
                n_sink=reserved(self.options.n_sink, kept),
            )

        return self.budget.eviction(prompt, press)
