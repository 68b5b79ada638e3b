"""The shapes in which SCBench stores its labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast


def as_list(label: Any) -> list[Any]:
    """Return `label` as a list: a bare string becomes a list of one, as `fixed` reads it."""
    return list(cast(Sequence[Any], label)) if isinstance(label, (list, tuple)) else [label]


def as_iterated(label: Any) -> list[Any]:
    """Return what a loop over `label` yields: a bare string falls into its characters."""
    return list(label)


def first(label: Any) -> Any:
    """Return the first entry of a list, or the label itself."""
    return as_list(label)[0]
