"""Models in roles beside the model under test: configured, checked, and cast in a play."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from ..core.config import Config, Generation
from ..core.errors import ConfigError
from ..core.interfaces import Actor, Endpoint, Model, PlayProtocol, Problem, RoleProtocol
from ..core.options import to_options
from ..core.schema import Section
from ..core.suggest import did_you_mean
from .questions import decoding

BuildModel = Callable[[Section, str], Model]
_GENERATION = "generation"


class RolePart(msgspec.Struct, frozen=True):
    """The model that plays one role, not yet loaded, and how its replies are decoded."""

    model: Model
    generation: Generation


def build_roles(config: Config, protocol: PlayProtocol, build: BuildModel) -> dict[str, RolePart]:
    """Return the models that `config` names for roles of `protocol`.

    Raises ConfigError for a role that the protocol does not have.
    """
    known = roles_of(protocol)
    for role in config.roles:
        if role not in known:
            hint = did_you_mean(role, known) if known else "it has none"
            name = config.protocol["name"]
            raise ConfigError(f"roles.{role}: protocol={name} has no such role: {hint}")
    return {role: _part(role, config, build) for role in config.roles}


def roles_of(protocol: PlayProtocol) -> Sequence[str]:
    """Return the roles of `protocol` beside that of the model under test."""
    return protocol.roles if isinstance(protocol, RoleProtocol) else ()


def role_problems(parts: Mapping[str, RolePart]) -> list[Problem]:
    """Return what keeps the models of roles from being loaded."""
    return [problem for part in parts.values() for problem in part.model.problems(None)]


def model_section(section: Section) -> Section:
    """Return what the section of a role says of its model, as `model` would."""
    return {key: value for key, value in section.items() if key != _GENERATION}


def actor(role: str, endpoint: Endpoint, generation: Generation) -> Actor:
    """Return who plays `role`; the seed of its replies is that of the play."""
    return Actor(role, endpoint, decoding(generation, seed=None))


def cast_in(protocol: PlayProtocol, own: Actor, others: Mapping[str, Actor]) -> PlayProtocol:
    """Return `protocol` with an actor for every role: `own` plays those that `others` do not."""
    if not isinstance(protocol, RoleProtocol):
        return protocol
    cast = {role: msgspec.structs.replace(own, role=role) for role in protocol.roles}
    return protocol.with_cast({**cast, **others})


def _part(role: str, config: Config, build: BuildModel) -> RolePart:
    section, place = config.roles[role], f"roles.{role}"
    model = build(model_section(section), place)
    return RolePart(model, _generation(section, config.generation, f"{place}.{_GENERATION}"))


def _generation(section: Section, run: Generation, place: str) -> Generation:
    """Return the decoding of a role: the run's, but for what the role says of its own."""
    without_schema = msgspec.structs.replace(run, reply_schema=None)
    said = section.get(_GENERATION) or {}
    return to_options({**msgspec.to_builtins(without_schema), **said}, Generation, place)
