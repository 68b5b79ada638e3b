"""Tri-shape: A-shape, with the last queries of the prompt attending densely (SCBench)."""

from __future__ import annotations

from typing import Literal

from ...core.config import NonNegative, Options, Positive
from .method import UNTREATED, ModelShape, PromptFacts, Slot, Treatment, label_with_changes


class TriShapeOptions(Options, frozen=True):
    """As A-shape, with an end that sees everything.

    A query of the prompt sees the first `n_init` keys and the nearest `n_local`, its own too. The
    last `n_last` queries of the prompt see every key before them.
    """

    method: Literal["tri_shape"] = "tri_shape"
    n_init: NonNegative = 128
    n_local: Positive = 3968
    n_last: Positive = 100


class TriShape:
    """A-shape below which the end of the prompt reads all of it: Li et al. 2024, SCBench.

    The official `tri_shape_kernel`. Every key is kept, and read by all that follows the prompt.
    """

    Options = TriShapeOptions
    slots: frozenset[Slot] = frozenset({"attention"})

    def __init__(self, options: TriShapeOptions) -> None:
        self.options = options
        self.label = label_with_changes("tri_shape", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the sparse attention, for a prompt whose upper part outgrows the window."""
        from .sparse.tri_shape import TriShapeAttention

        options = self.options
        if prompt.tokens - options.n_last <= options.n_local:
            return UNTREATED
        return Treatment(
            attention=TriShapeAttention(options.n_init, options.n_local, options.n_last)
        )
