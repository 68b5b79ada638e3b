"""Grading by functions that may hang: called with limits, and their failures read as official."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core.errors import EvalrunError
from ..limited import LimitedCalls, LimitError
from .reading import ReplyError

# The official code gives a simplification 60 s; what takes this long was not seen to end well.
_TIMEOUT_S = 10.0


async def limited(calls: LimitedCalls, function: Callable[..., Any], *texts: str) -> Any:
    """Call `function` with limits.

    Raises ReplyError when it goes beyond them or fails, as the official code then counts 0;
    MissingExtraError.
    """
    try:
        return await calls.call(function, *texts, timeout_s=_TIMEOUT_S)
    except LimitError as error:
        raise ReplyError(str(error)) from None
    except (ReplyError, EvalrunError):
        raise
    except Exception as error:
        raise ReplyError(repr(error)) from None
