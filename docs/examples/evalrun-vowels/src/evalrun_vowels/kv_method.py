"""The KV method: tokens at even distances over the prompt are kept.

It asks nothing of the model, so it is what a method that looks at keys or attention has to beat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from evalrun.models.kv.budget import EVICTION, Budget, BudgetOptions
from evalrun.models.kv.method import ModelShape, PromptFacts, Treatment

if TYPE_CHECKING:
    from evalrun.models.kv.method import Press


class EvenlyOptions(BudgetOptions, frozen=True):
    """The section `kv` of `kv=evenly`: the budget, in tokens or as the share that is dropped."""

    method: Literal["evenly"] = "evenly"


class Evenly:
    """Keep the first and the last token, and others at even distances between them."""

    Options = EvenlyOptions
    slots = EVICTION

    def __init__(self, options: EvenlyOptions) -> None:
        self._budget = Budget.of(options)
        self.label = self._budget.label("evenly", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:
        """Return the press for a prompt that does not fit in the budget."""
        return self._budget.eviction(prompt, _press)


def kept_positions(tokens: int, kept: int) -> list[int]:
    """Return `kept` of the positions 0 to `tokens` - 1, rising, at even distances."""
    if kept == 1:
        return [tokens - 1]
    return [position * (tokens - 1) // (kept - 1) for position in range(kept)]


def _press(kept: int) -> Press:
    # torch and kvpress are imported when a method is used, so that looking around stays instant.
    from evalrun_vowels.evenly_press import EvenlyPress

    return EvenlyPress(kept)
