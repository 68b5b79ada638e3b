"""The whole cache, as the model builds it: the baseline of every comparison."""

from __future__ import annotations

from typing import Literal

from ...core.config import Options
from .method import UNTREATED, ModelShape, PromptFacts, Slot, Treatment


class FullOptions(Options, frozen=True):
    """The full cache has no settings."""

    method: Literal["full"] = "full"


class Full:
    """Full attention over every token of the prompt."""

    Options = FullOptions
    label = "full"
    slots: frozenset[Slot] = frozenset()

    def __init__(self, options: FullOptions | None = None) -> None:
        self.options = options or FullOptions()

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Leave the prompt as it is."""
        return UNTREATED
