"""What a KV method offers that acts on the text of prompts, and so serves every endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from ...core.interfaces import KVMethod, Problem


@runtime_checkable
class Rewriter(Protocol):
    """The part of a KV method in the slot `prompt`."""

    @property
    def label(self) -> str:
        """The name in tables, with the settings that tell two uses of it apart."""
        ...

    def problems(self) -> Sequence[Problem]:
        """Say what is missing without loading anything."""
        ...

    def provenance(self) -> dict[str, Any]:
        """Return what, beside the configuration, determines the rewriting."""
        ...

    def environment(self) -> dict[str, Any]:
        """Return what did the rewriting: library versions, device."""
        ...

    def rewritten(self, text: str) -> str:
        """Return what is asked in place of `text`; what is needed is loaded at the first call.

        Never called by two threads at a time. Raises EvalrunError.
        """
        ...

    def release(self) -> None:
        """Let go of what was loaded; `rewritten` would load it again."""
        ...


def split(kv: KVMethod) -> tuple[Rewriter | None, KVMethod | None]:
    """Return the part of `kv` that rewrites prompts, and what a model is given to apply.

    A composed method names its `parts`. A model gets None when there is nothing but rewriting;
    otherwise it gets `kv` whole, whose rewriting part does nothing to a cache.
    """
    parts: tuple[KVMethod, ...] = getattr(kv, "parts", (kv,))
    rewriter = next((part for part in parts if isinstance(part, Rewriter)), None)
    if rewriter is not None and getattr(kv, "slots", None) == {"prompt"}:
        return rewriter, None
    return rewriter, kv
