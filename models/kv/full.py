"""The whole cache, as the model builds it: the baseline of every comparison."""

from __future__ import annotations

from typing import Literal

from ...core.config import Options
from .method import Press, dynamic_cache


class FullOptions(Options, frozen=True):
    """The full cache has no settings."""

    method: Literal["full"] = "full"


class Full:
    """Full attention over every token of the prompt."""

    Options = FullOptions
    label = "full"
    compresses = False
    new_cache = staticmethod(dynamic_cache)

    def __init__(self, options: FullOptions | None = None) -> None:
        self.options = options or FullOptions()

    def press(self, tokens: int, layers: int) -> Press | None:  # noqa: ARG002 - LocalKVMethod
        """Evict nothing."""
        return None
