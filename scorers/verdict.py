"""What a rule says of a reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ..core.exchange import Usage


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of one reply, or of one answer in it.

    `parsed` is False when no answer was found. `usage` is what a judge spent.
    """

    scores: dict[str, float | None]
    answer: Any = None
    explanation: str | None = None
    parsed: bool = True
    usage: Usage | None = None


Verdicts = Verdict | Sequence[Verdict]
