"""What flow control is doing right now."""

from __future__ import annotations

import msgspec


class FlowState(msgspec.Struct, frozen=True, kw_only=True):
    """Calls in hand: `running` attempts of at most `limit`, and `waiting` calls.

    `paused` says in a few words why no attempt starts, while that is so.
    """

    running: int
    limit: int
    waiting: int
    paused: str | None = None
