"""The shapes that rooms implement for each other.

Every pluggable part is a class with a frozen msgspec Struct named `Options` that describes its
section of the configuration; it is built as `cls(options)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import msgspec

from .exchange import Call, Prompt, Reply, Request, SampleKey, Sampling
from .prediction import Prediction
from .sample import Sample
from .score import Score


class Problem(msgspec.Struct, frozen=True):
    """What would stop a run here, and how to mend it.

    With `here_only` it is this machine that lacks something, a device, memory or a sandbox: a job
    on another machine may find it there.
    """

    what: str
    remedy: str
    here_only: bool = False

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}"


class Benchmark(Protocol):
    """Official data rows, or a generator, as a stream of samples.

    An attribute `asks_for_code` that is False says that no reply has to be run, though the scorer
    can run some: then a run needs no sandbox.
    """

    def problems(self) -> Sequence[Problem]:
        """Say what is missing before anything is loaded."""
        ...

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield the samples lazily, in the same order each time; at most `limit` of each task.

        Raises DataError.
        """
        ...

    def provenance(self) -> dict[str, Any]:
        """Return what identifies the data and prompts: revision or content hash, licence.

        The answer is part of the hash that names the run folder.
        """
        ...


class Session(Protocol):
    """A prompt held by an endpoint, asked again and again."""

    async def generate(self, request: Request) -> Reply:
        """Answer `request`; a failed call leaves the session as it was.

        Calls that keep nothing may run at the same time. Raises SampleError, EndpointError.
        """
        ...


class Endpoint(Protocol):
    """A model that can be called."""

    @property
    def max_concurrency(self) -> int | None:
        """How many samples are worth having in flight; None leaves it to `run.max_connections`."""
        ...

    def open(self, prompt: Prompt, key: SampleKey) -> AbstractAsyncContextManager[Session]:
        """Hold `prompt` until the context ends; it is encoded at most once."""
        ...

    def environment(self) -> dict[str, Any]:
        """Return what produced the replies: device, dtype, library versions."""
        ...

    async def close(self) -> None:
        """Give back connections and memory."""
        ...


class Client(Protocol):
    """A model that keeps nothing between calls: an API, or a server of one's own."""

    async def call(self, call: Call) -> Reply:
        """Answer `call`, in one attempt and without a time limit; cancelling it drops the request.

        Raises SampleError, EndpointError.
        """
        ...

    def identity(self) -> dict[str, Any]:
        """Return what, beside a call, determines the reply: address, name, settings. No secrets."""
        ...

    def environment(self) -> dict[str, Any]:
        """Return what produced the replies: library versions, the address."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class Model(Protocol):
    """An endpoint that is configured but not yet loaded; it may serve several KV methods."""

    def problems(self, kv: KVMethod | None) -> Sequence[Problem]:
        """Say what is missing (weights, packages, memory, keys) without loading anything."""
        ...

    def provenance(self) -> dict[str, Any]:
        """Return what, beside the configuration, determines the replies: a content hash, say.

        The answer is part of the hash that names the run folder. Nothing is loaded for it.
        """
        ...

    def endpoint(self, kv: KVMethod | None) -> Endpoint:
        """Load what is needed, once, and return an endpoint that applies `kv`."""
        ...

    def release(self) -> None:
        """Let go of what was loaded; `endpoint` would load it again."""
        ...


class KVMethod(Protocol):
    """A KV-cache method; what more it must offer depends on the endpoint that runs it."""

    @property
    def label(self) -> str:
        """The name in tables, with the settings that tell two uses of it apart."""
        ...


# The role of the model under test.
MODEL = "model"


class RoleReply(msgspec.Struct, frozen=True):
    """A reply, and the role of the model that gave it."""

    reply: Reply
    role: str = MODEL


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """What a protocol brings back from one sample: a reply a turn, or votes on its only turn.

    `answered_by` are the roles of the models that gave them, where not the model under test did.
    `intermediate` are replies on the way there, in the order in which they came: they cost as much,
    and are kept, but no scorer sees them. `outcome` is what the play came to beside its replies, in
    any JSON shape that its scorer reads: how a debate ended, what tools were called.
    """

    replies: tuple[Reply, ...]
    answered_by: tuple[str, ...] = ()
    intermediate: tuple[RoleReply, ...] = ()
    outcome: Any = None


class Actor(msgspec.Struct, frozen=True):
    """A model in one role of a play, and how its replies are decoded."""

    role: str
    endpoint: Endpoint
    sampling: Sampling


class PlayProtocol(Protocol):
    """How a sample is played.

    A class attribute `many_calls = True` says that a play makes calls one after another which it
    hands in all at once: then each reply is kept as it comes, and none is asked for again. An
    attribute `label` is its name in tables, where its options should be told there.
    """

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Ask the turns of `sample`. A limit set in `sampling` replaces the turns' own."""
        ...


@runtime_checkable
class RoleProtocol(Protocol):
    """A protocol in which other models than the one under test take part."""

    @property
    def roles(self) -> Sequence[str]:
        """Return the roles; `roles.NAME` of the configuration says which model plays one."""
        ...

    def with_cast(self, cast: Mapping[str, Actor]) -> PlayProtocol:
        """Return the protocol as played by `cast`, which has an actor for every role.

        A role that the configuration does not name is played by the model under test.
        """
        ...


@runtime_checkable
class Equipped(Protocol):
    """A protocol that brings endpoints which are no models: a server of tools, an environment.

    What they answer is kept as replies are, so that a play that is resumed asks them nothing twice.
    """

    def equipment(self) -> Mapping[str, Endpoint]:
        """Return the endpoints by role; `with_cast` of the protocol is given them to play with."""
        ...


@runtime_checkable
class Described(Protocol):
    """A protocol that is more than its options: it reads files, say."""

    def provenance(self) -> dict[str, Any]:
        """Return what, beside the configuration, determines the plays: a content hash, say.

        The answer is part of the hash that names the run folder.
        """
        ...

    def notices(self) -> Sequence[str]:
        """Return what a person should know before the first play; `run.json` keeps it."""
        ...


@runtime_checkable
class Demanding(Protocol):
    """A protocol that needs more than models: a package, say."""

    def problems(self) -> Sequence[Problem]:
        """Say what is missing, without loading anything."""
        ...


@runtime_checkable
class EndsEarly(Protocol):
    """A protocol whose plays may end before everything was asked."""

    def longest(self) -> PlayProtocol:
        """Return the protocol with plays that ask everything, whatever is replied."""
        ...


class Scorer(Protocol):
    """Grades a prediction."""

    @property
    def label(self) -> str:
        """The name with its options, as score rows carry it: `scbench[variant=official]`."""
        ...

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; malformed and empty ones get a status, not an exception."""
        ...


@runtime_checkable
class CorpusScorer(Protocol):
    """A scorer that must see all samples of a run before it grades one."""

    def prepared(self, samples: Iterable[Sample]) -> Scorer | FittedScorer:
        """Return a scorer that knows what it needs of `samples`, read once."""
        ...


@runtime_checkable
class Swappable(Protocol):
    """A scorer that shows a judge two texts in some order."""

    def swapped(self) -> Scorer | None:
        """Return the scorer that shows them the other way round; None where it shows both ways.

        Its label tells that it is another one.
        """
        ...


@runtime_checkable
class FittedScorer(Protocol):
    """A scorer that must see all predictions of a run before it grades one.

    It grades by something that is fitted to them, such as a threshold. The label of the scorer
    that `fitted` returns tells what: verdicts of an earlier fit then go by another label, and are
    never counted with those of this one.
    """

    @property
    def label(self) -> str:
        """The name with its options, before anything is fitted."""
        ...

    def fitted(self, predicted: Iterable[tuple[Sample, Prediction]]) -> Scorer:
        """Return a scorer fitted to all that was `predicted`, read once. Raises ConfigError."""
        ...


class Found(msgspec.Struct, frozen=True):
    """Where something lies on this machine: `size` in bytes, and its revision if it has one.

    `is_movable` says that a copy of the folder serves as well: readers ask `core.scratch.nearest`.
    """

    place: Path
    size: int
    revision: str | None = None
    is_movable: bool = False


class Asset(Protocol):
    """Something on disk that a run reads and that can be brought there before: weights, data."""

    @property
    def name(self) -> str:
        """What messages call it; assets of the same name are the same."""
        ...

    def found(self) -> Found | None:
        """Look for it on this machine, whole, without the network."""
        ...

    def fetch(self) -> Found:
        """Bring it to this machine; of several processes that ask at once, one does.

        Raises EvalrunError, and UnreachableError where the network does not answer.
        """
        ...


@runtime_checkable
class HasAssets(Protocol):
    """A part that reads assets: a benchmark, a model, a KV method, a protocol.

    A scorer may be built only with a judge, so its class offers `assets(options)` instead.
    """

    def assets(self) -> Sequence[Asset]:
        """Return what it reads, be it there or not."""
        ...


@runtime_checkable
class Networked(Protocol):
    """A part that asks servers while a run goes on: a model behind an API, tools."""

    def hosts(self) -> Sequence[str]:
        """Return the names of the servers, or of the providers where addresses are not known."""
        ...
