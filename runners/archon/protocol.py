"""The protocol `archon`: an architecture answers where a model would."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import field

from ...core.config import Options
from ...core.content import Message
from ...core.errors import ConfigError, DataError
from ...core.exchange import SampleKey, Sampling
from ...core.hashing import sha256_of
from ...core.interfaces import MODEL, Actor, Endpoint, Play
from ...core.sample import Sample
from ...core.suggest import did_you_mean
from ..prompts import whole_prompt
from .architecture import Architecture, Ranker
from .calls import Asked, Calls
from .conversation import dialogue_of
from .layers import Layers
from .loading import load_architecture
from .parsing import Variant
from .rankers import plugin_rankers
from .state import Candidate
from .wording import wording


class ArchonOptions(Options, frozen=True):
    """The section `protocol` of `protocol=archon`.

    `arch` is a file, or the name of a shipped architecture. `models` says which role plays a model
    that the architecture names; the model under test plays the others. `variant` is how helpers are
    read, and whether critiques outlive the candidates that they are of.
    """

    name: str
    arch: str
    models: dict[str, str] = field(default_factory=dict[str, str])
    variant: Variant = "official"


class Archon:
    """An architecture of generators, critics, rankers, fusers, verifiers and unit tests.

    Each turn of a sample is answered by it, in a conversation that holds its earlier answers. Where
    several candidates are left at the end, one is drawn, always the same for the same seed, sample
    and turn. The reply is the call of which that candidate was made; all other replies are
    intermediate, in the order of the architecture. The outcome counts calls.

    After ScalingIntelligence/Archon (src/archon/completions/archon.py, commit 07114d7). Components
    of a layer run side by side; in the original they wait for each other, with the same result.
    """

    Options = ArchonOptions
    many_calls = True

    def __init__(self, options: ArchonOptions) -> None:
        """Read the architecture. Raises ConfigError."""
        loaded = load_architecture(options.arch)
        self.options = options
        self.architecture = loaded.architecture
        self._ignored = loaded.ignored
        _check_models(options.models, self.architecture)
        own = [name for name in _ranking_models(self.architecture) if name not in options.models]
        self._layers = Layers(self.architecture, options.variant, plugin_rankers(own))

    @property
    def roles(self) -> Sequence[str]:
        """Return the roles that `protocol.models` names."""
        roles = dict.fromkeys(self.options.models.values())
        return [role for role in roles if role != MODEL]

    def with_cast(self, cast: Mapping[str, Actor]) -> ArchonPlays:
        """Return the protocol as played by `cast`."""
        return ArchonPlays(self._layers, self._played_by(), cast)

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Answer the turns of `sample`, with the model under test in every role."""
        return await self.with_cast({}).play(sample, key, endpoint, sampling)

    def provenance(self) -> dict[str, Any]:
        """Return the hash of the architecture, who plays its models, and whose wording is used."""
        return {
            "architecture": self.architecture.name,
            "sha256": sha256_of(self.architecture),
            "played_by": {**self._played_by(), **dict.fromkeys(self._layers.plugins, "plug-in")},
            **wording(),
        }

    def notices(self) -> Sequence[str]:
        """Return what in the architecture's file means nothing, and which models were not named."""
        said = [f"{self.options.arch}: {key} means nothing and is ignored" for key in self._ignored]
        known = {*self.options.models, *self._layers.plugins, MODEL}
        own = [name for name in self.architecture.models if name not in known]
        if own:
            said.append(f"{self.architecture.name}: the model under test plays {', '.join(own)}")
        return said

    def _played_by(self) -> dict[str, str]:
        return {name: self.options.models.get(name, MODEL) for name in self.architecture.models}


class ArchonPlays(msgspec.Struct, frozen=True):
    """An architecture with its models: `roles` says which of the `cast` plays each of them.

    Without `patient`, no call is made again for a reply that can be read.
    """

    layers: Layers
    roles: Mapping[str, str]
    cast: Mapping[str, Actor]
    patient: bool = True

    def longest(self) -> ArchonPlays:
        """Return the plays that ask every call once, whatever is replied: what a dry run counts."""
        return msgspec.structs.replace(self, patient=False)

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Answer the turns of `sample` one after another. Raises DataError, SampleError."""
        if any(turn.tools for turn in sample.turns):
            raise DataError(f"sample {sample.id} has tools, which protocol=archon cannot call")
        cast = {**self.cast, MODEL: Actor(MODEL, endpoint, sampling)}
        asked = _asked(sample, key, sampling.seed)
        calls = Calls(cast, self.roles, asked, patient=self.patient)
        conversation = whole_prompt(sample).messages
        answers: list[Candidate] = []
        left: list[int] = []
        for index, turn in enumerate(sample.turns):
            if answers:
                said = Message("assistant", answers[-1].text)
                conversation = (*conversation, said, Message("user", turn.query))
            found = await self.layers.candidates(dialogue_of(conversation), index, calls)
            answers.append(_drawn(found, key, sampling.seed, index))
            left.append(len(found))
        return Play(
            replies=tuple(msgspec.structs.replace(a.reply, text=a.text) for a in answers),
            answered_by=tuple(answer.role for answer in answers),
            intermediate=calls.without(answer.reply for answer in answers),
            outcome=_outcome(self.layers.architecture, calls, left),
        )


def _outcome(
    architecture: Architecture, calls: Calls, final_candidates: Sequence[int]
) -> dict[str, Any]:
    """Return the official count of calls, those that were made, and what was left of each turn."""
    kinds = Counter(one.ask.component.type for one in calls.answered)
    return {
        "architecture": architecture.name,
        "inference_calls": architecture.inference_calls * len(final_candidates),
        "calls": len(calls.answered),
        "calls_by_component": dict(sorted(kinds.items())),
        "final_candidates": list(final_candidates),
    }


def _check_models(models: Mapping[str, str], architecture: Architecture) -> None:
    for name, role in models.items():
        if name not in architecture.models:
            hint = did_you_mean(name, architecture.models)
            raise ConfigError(f"protocol.models: {architecture.name} has no model {name!r}; {hint}")
        if not role.isidentifier():
            raise ConfigError(f"protocol.models: {role!r} cannot name a role; use letters and _")


def _ranking_models(architecture: Architecture) -> list[str]:
    components = (component for layer in architecture.layers for component in layer)
    return [component.model for component in components if isinstance(component, Ranker)]


def _asked(sample: Sample, key: SampleKey, seed: int | None) -> Asked:
    context = sample.context if isinstance(sample.context, str) else ""
    return Asked(sample.turns, key, seed, context, sample.max_prompt_tokens)


def _drawn(
    candidates: Sequence[Candidate], key: SampleKey, seed: int | None, turn: int
) -> Candidate:
    """Return one of the candidates, each as likely (`Archon.generate`: `random.choice`)."""
    drawing = sha256_of(["archon", seed, key.sample_id, key.epoch, turn])
    return random.Random(drawing).choice(candidates)  # noqa: S311 - no secret
