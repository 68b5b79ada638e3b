"""Tools that models may call: where a tool comes from, who answers its calls, and what is seen."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from .exchange import SampleKey, Tool
from .interfaces import RoleReply
from .sample import Turn

# The key in a turn's metadata under which a benchmark says where its tools come from.
ORIGINS = "origins"


class ToolOrigin(msgspec.Struct, frozen=True):
    """What the server of a tool knows it by; `documentation` is what its publisher says of it."""

    category: str
    tool: str
    api: str
    documentation: dict[str, Any] = {}


class ToolRequest(msgspec.Struct, frozen=True):
    """One call of a tool in the play of a sample; `arguments` is what the model wrote.

    `seed` is that of the play, for servers that draw anything.
    """

    origin: ToolOrigin
    arguments: str
    key: SampleKey
    seed: int | None = None


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What a call came to: 0 or the number of an error, and the text that the model gets to see.

    `source` is who answered. `replies` are those of models that took part in the answer.
    """

    status: int
    text: str
    source: str = ""
    replies: tuple[RoleReply, ...] = ()


class ToolServer(Protocol):
    """Answers calls of tools."""

    async def call(self, request: ToolRequest) -> Observation | None:
        """Answer `request`; None where this server has no answer. Raises SampleError, DataError."""
        ...


def origin_of(turn: Turn, tool: Tool) -> ToolOrigin:
    """Return where `tool` comes from: what the turn says, else a tool that stands for itself."""
    said = turn.metadata.get(ORIGINS, {}).get(tool.name)
    if said is not None:
        return msgspec.convert(said, ToolOrigin)
    documentation = {"description": tool.description, "parameters": tool.parameters}
    return ToolOrigin(category="", tool="", api=tool.name, documentation=documentation)
