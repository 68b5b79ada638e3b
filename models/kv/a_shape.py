"""A-shape: prompts attended to through sinks and a local window, and kept whole (SCBench)."""

from __future__ import annotations

from typing import Literal

from ...core.config import NonNegative, Options, Positive
from .method import UNTREATED, ModelShape, PromptFacts, Slot, Treatment, label_with_changes


class AShapeOptions(Options, frozen=True):
    """A query of the prompt sees the first `n_init` keys and the nearest `n_local`, its own too."""

    method: Literal["a_shape"] = "a_shape"
    n_init: NonNegative = 128
    n_local: Positive = 3968


class AShape:
    """The mask of StreamingLLM (arXiv 2309.17453) on the prompt's own attention.

    Positions stay those of the prompt. Every key is kept, and read by all that follows the prompt.
    """

    Options = AShapeOptions
    slots: frozenset[Slot] = frozenset({"attention"})

    def __init__(self, options: AShapeOptions) -> None:
        self.options = options
        self.label = label_with_changes("a_shape", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the sparse attention, for a prompt longer than the window."""
        from .sparse.a_shape import AShapeAttention

        options = self.options
        if prompt.tokens <= options.n_local:
            return UNTREATED
        return Treatment(attention=AShapeAttention(options.n_init, options.n_local))
