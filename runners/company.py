"""Who takes part in a run: the model under test, and models in other roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..core.config import Config
from ..core.exchange import Sampling
from ..core.interfaces import MODEL, Actor, Endpoint, Equipped, PlayProtocol
from .build import Parts
from .journal.endpoint import JournaledEndpoint
from .journal.journal import Journal
from .roles import actor, cast_in
from .serving import Serving


class Company(msgspec.Struct, frozen=True):
    """A protocol, the model under test, and whoever else plays: loaded and ready."""

    protocol: PlayProtocol
    endpoint: Endpoint
    others: Mapping[str, Endpoint] = {}

    def environment(self) -> dict[str, Any]:
        """Return what produced the replies."""
        own = self.endpoint.environment()
        if not self.others:
            return own
        roles = {role: endpoint.environment() for role, endpoint in self.others.items()}
        return {**own, "roles": roles}

    async def close(self) -> None:
        """Give back connections and memory."""
        for endpoint in (self.endpoint, *self.others.values()):
            await endpoint.close()


def company(parts: Parts, config: Config, serving: Serving, journal: Journal) -> Company:
    """Load the models of a run. Raises ConfigError, MissingExtraError, EndpointError."""
    endpoint = serving.model(parts.model, parts.kv)
    if _is_journaled(parts):
        endpoint = JournaledEndpoint(endpoint, journal, MODEL)
    others: dict[str, Endpoint] = {
        role: JournaledEndpoint(serving.other(part.model), journal, role)
        for role, part in parts.roles.items()
    }
    own = actor(MODEL, endpoint, config.generation)
    cast = {role: actor(role, others[role], part.generation) for role, part in parts.roles.items()}
    for role, brought in _equipment(parts.protocol).items():
        others[role] = JournaledEndpoint(brought, journal, role)
        cast[role] = Actor(role, others[role], Sampling())
    return Company(cast_in(parts.protocol, own, cast), endpoint, others)


def _equipment(protocol: PlayProtocol) -> Mapping[str, Endpoint]:
    return protocol.equipment() if isinstance(protocol, Equipped) else {}


def _is_journaled(parts: Parts) -> bool:
    """Whether replies are kept one by one.

    After a method that compresses prompts, a conversation encoded anew is not what it was.
    """
    return getattr(parts.protocol, "many_calls", False) and parts.kv.label == "full"
