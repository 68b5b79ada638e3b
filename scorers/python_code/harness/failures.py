"""How an exception of the code under test is told."""

from __future__ import annotations

from collections.abc import Collection

from .children import Answer

_MOST = 300


def failure(error: BaseException, blocked: Collection[str] = ()) -> Answer:
    """Return `error` in words, and the module that is `missing` if it is one that is not there.

    Modules that are `blocked` on purpose are not missing.
    """
    answer: Answer = {"error": shortened(_told(error))}
    name = (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return {**answer, "missing": name} if name and name not in blocked else answer


def shortened(text: str) -> str:
    """Return `text`, or its beginning if it is long."""
    return text if len(text) <= _MOST else text[:_MOST] + "..."


def _told(error: BaseException) -> str:
    try:
        return repr(error)
    except Exception:
        return type(error).__name__
