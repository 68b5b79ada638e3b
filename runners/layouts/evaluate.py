"""A layout filled with the numbers of stored runs."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import MissingExtraError
from ...core.layout import Layout
from ..results import StoredRun
from .grid import Grid


def evaluate(layout: Layout, runs: Sequence[StoredRun]) -> Grid:
    """Return `layout` with the numbers of `runs`, computed of their `scores.jsonl`.

    Raises ConfigError for a layout that speaks of what there is not or contradicts itself,
    DataError for a malformed run folder, MissingExtraError.
    """
    try:
        from .filling import filled
    except ModuleNotFoundError as error:
        if error.name not in ("numpy", "pandas", "scipy", "sklearn"):
            raise
        raise MissingExtraError("a table by a layout", "stats") from None
    return filled(layout, runs)
