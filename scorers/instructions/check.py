"""What checks whether a reply follows an instruction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Arguments = Mapping[str, Any]
# Takes the reply and the instruction's arguments.
Check = Callable[[str, Arguments], bool]


class UncheckableReplyError(ValueError):
    """The published check fails on such a reply, and gives no verdict."""
