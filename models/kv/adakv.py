"""AdaKV: heads that need more tokens get more (Feng et al. 2024, arXiv 2407.11550)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ...core.config import Positive
from .budget import EVICTION, Budget, BudgetOptions, press_ratio, reserved
from .method import ModelShape, Press, PromptFacts, Treatment
from .snapkv import require_odd


class AdaKVOptions(BudgetOptions, frozen=True):
    """As SnapKV, but for the heads of a layer together.

    - `window_size`: so many last tokens observe.
    - `kernel_size`: their votes are smoothed over so many neighbours.
    - `alpha_safeguard`: the part of an even share that each head keeps in any case.
    """

    method: Literal["adakv"] = "adakv"
    window_size: Positive = 32
    kernel_size: Positive = 5
    alpha_safeguard: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.2


class AdaKV:
    """Score tokens as SnapKV does, and keep the best of all KV heads of a layer together.

    `budget` is what the heads of a layer keep on average.
    """

    Options = AdaKVOptions
    slots = EVICTION

    def __init__(self, options: AdaKVOptions) -> None:
        require_odd(options.kernel_size)
        self.options = options
        self.budget = Budget.of(options)
        self.label = self.budget.label("adakv", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the press that keeps the budget, for a prompt that does not fit in it."""
        from kvpress import AdaKVPress, SnapKVPress

        def press(kept: int) -> Press:
            scorer = SnapKVPress(
                compression_ratio=press_ratio(kept, prompt.tokens),
                window_size=reserved(self.options.window_size, kept),
                kernel_size=self.options.kernel_size,
            )
            return AdaKVPress(scorer, alpha_safeguard=self.options.alpha_safeguard)

        return self.budget.eviction(prompt, press)
