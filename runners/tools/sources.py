"""Who answers calls of tools: stored responses, a server, a model, one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from ...core.config import Options, PositiveSeconds
from ...core.errors import ConfigError
from ...core.interfaces import Actor, Endpoint, Problem
from ...core.tools import Observation, ToolRequest, ToolServer
from .live import LIVE, ROLE, Live, LiveEndpoint
from .replay import REPLAY, Replay, stored_identity
from .responses import unavailable
from .simulated import SIMULATED, SIMULATOR, Simulated

Source = Literal["replay", "live", "simulated"]

_NO_CACHE = Problem(
    "protocol.tools.cache: it is not said where stored responses of tools lie",
    "name a folder or a JSONL file, or other protocol.tools.sources: live, simulated",
)


class ToolOptions(Options, frozen=True):
    """The section `protocol.tools`: who answers calls, and how much of an answer is seen.

    `sources` are asked in this order, until one has an answer that is not a failure of a server.
    `replay` gives stored responses, of a folder or a file `cache`; `live` asks the server at `url`,
    whose key stands in the environment variable `key_env`; `simulated` has a model make responses
    up, that of `roles.simulator`. What no source answers is an error, as of an API that does not
    work. A server has `timeout_s` to answer. Of an observation the model sees `max_observation`
    characters.
    """

    sources: tuple[Source, ...] = ("replay",)
    cache: str | None = None
    url: str | None = None
    key_env: str | None = None
    timeout_s: PositiveSeconds = 15.0
    max_observation: Annotated[int, msgspec.Meta(ge=1)] = 1024

    @property
    def label(self) -> str:
        """How tables call it: `replay+simulated`."""
        return "+".join(self.sources) or "no tools answer"


class Sources:
    """Tool servers, asked one after another.

    The first answer counts, but for a failure of a live server, which counts where nobody behind it
    answers. Where nobody answers at all it is the fixed error of an API that does not work.
    """

    def __init__(self, servers: Mapping[str, ToolServer]) -> None:
        self._servers = servers

    async def call(self, request: ToolRequest) -> Observation:
        """Return what the call comes to. Raises SampleError, DataError."""
        latest: Observation | None = None
        for source, server in self._servers.items():
            answer = await server.call(request)
            latest = answer or latest
            if answer is not None and (answer.status == 0 or source != LIVE):
                break
        return latest or unavailable()


class Desk:
    """Who answers calls in a run, as its options say, once the roles are cast."""

    def __init__(self, options: ToolOptions, sources: Sources | None = None) -> None:
        """Check the options. Raises ConfigError for a server without an address."""
        self._options = options
        self._sources = sources
        self.equipment: Mapping[str, Endpoint] = _equipment(options)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of models that answer calls."""
        return (SIMULATOR,) if SIMULATED in self._options.sources else ()

    @property
    def sources(self) -> Sources:
        """Who answers calls. Raises ConfigError, DataError where that is not settled yet."""
        return self._sources or self._manned({})

    def problems(self) -> Sequence[Problem]:
        """Say that it is not known where stored responses lie."""
        options = self._options
        return (_NO_CACHE,) if REPLAY in options.sources and options.cache is None else ()

    def hosts(self) -> Sequence[str]:
        """Return the server that is asked, if one is."""
        host = urlsplit(self._options.url or "").hostname if LIVE in self._options.sources else None
        return () if host is None else (host,)

    def provenance(self) -> dict[str, Any]:
        """Return what identifies stored responses: the hash of a file, or of names and sizes."""
        cache = self._options.cache
        return {} if cache is None else {"tool_responses": stored_identity(Path(cache))}

    def notices(self) -> Sequence[str]:
        """Say so where a model makes responses up."""
        if SIMULATED not in self._options.sources:
            return ()
        return (
            f"tools are simulated: a model ({SIMULATOR}) makes up what no other source answers",
        )

    def manned(self, cast: Mapping[str, Actor]) -> Desk:
        """Return the desk with `cast` at it. Raises ConfigError, DataError."""
        return Desk(self._options, self._manned(cast))

    def _manned(self, cast: Mapping[str, Actor]) -> Sources:
        options = self._options
        for problem in self.problems():
            raise ConfigError(str(problem))
        stored = None if options.cache is None else Replay(Path(options.cache))
        servers: dict[str, ToolServer] = {}
        for source in options.sources:
            if source == LIVE:
                at_hand = cast[ROLE].endpoint if ROLE in cast else self.equipment[ROLE]
                servers[source] = Live(at_hand)
            elif source == SIMULATED:
                servers[source] = Simulated(cast[SIMULATOR], stored)
            elif stored is not None:
                servers[source] = stored
        return Sources(servers)


def _equipment(options: ToolOptions) -> dict[str, Endpoint]:
    if LIVE not in options.sources:
        return {}
    if options.url is None:
        raise ConfigError("protocol.tools.url: say the address of the server of the tools")
    return {ROLE: LiveEndpoint(options.url, options.timeout_s, options.key_env)}
