"""Search files of a few points."""

from __future__ import annotations

from typing import Any

from evalrun.core.options import to_options
from evalrun.runners.search.options import SearchOptions


def options(**settings: Any) -> SearchOptions:
    return to_options({"models_available": ["a", "b", "c"], **settings}, SearchOptions)
