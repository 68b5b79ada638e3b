"""The shapes that rooms implement for each other.

Every pluggable part is a class with a frozen msgspec Struct named `Options` that describes its
section of the configuration; it is built as `cls(options)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, runtime_checkable

import msgspec

from .exchange import Call, Prompt, Reply, Request, SampleKey, Sampling
from .prediction import Prediction
from .sample import Sample
from .score import Score


class Problem(msgspec.Struct, frozen=True):
    """What would stop a run here, and how to mend it."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}"


class Benchmark(Protocol):
    """Official data rows, or a generator, as a stream of samples."""

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


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """What a protocol brings back from one sample: a reply a turn, or votes on its only turn.

    `intermediate` are replies on the way there, in the order in which they came: they cost as much,
    and are kept, but no scorer sees them.
    """

    replies: tuple[Reply, ...]
    intermediate: tuple[Reply, ...] = ()


class PlayProtocol(Protocol):
    """How a sample is played."""

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Ask the turns of `sample`. A limit set in `sampling` replaces the turns' own."""
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

    def prepared(self, samples: Iterable[Sample]) -> Scorer:
        """Return a scorer that knows what it needs of `samples`, read once."""
        ...
