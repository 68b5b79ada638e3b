"""Endpoints as runs use them: within limits, asked again, and with replies kept for other runs."""

from __future__ import annotations

from ..core.config import RunOptions
from ..core.interfaces import Client, Endpoint, KVMethod, Model
from ..models.chat import ChatEndpoint
from ..models.coalescing import CoalescingClient
from ..models.kv.rewriting import split
from ..models.prompt_compression import CompressingEndpoint
from .flow.client import ControlledClient
from .notices import Notices
from .reply_cache.caching import CachingClient
from .reply_cache.store import ReplyStore
from .retry import RetryingEndpoint, RetryPolicy

# Sent replies are handled in bursts, in which the connections are to have work.
_SAMPLES_A_CONNECTION = 2


class Serving:
    """What stands between a run and its models: one of it a run, for all of them."""

    def __init__(self, options: RunOptions, notices: Notices) -> None:
        self._options = options
        self._notices = notices
        self._store: ReplyStore | None = None
        self._flow: ControlledClient | None = None

    def model(self, model: Model, kv: KVMethod) -> Endpoint:
        """Load `model` and return its endpoint, which applies `kv`.

        Raises ConfigError, MissingExtraError, EndpointError.
        """
        rewriter, cache_method = split(kv)
        endpoint, self._flow = self._limited(model.endpoint(cache_method))
        return endpoint if rewriter is None else CompressingEndpoint(endpoint, rewriter)

    def other(self, model: Model) -> Endpoint:
        """Return the endpoint of a model that is not under test: a judge, or one in a role."""
        return self._limited(model.endpoint(None))[0]

    def state(self) -> str:
        """Return in a few words how hard the model is asked, where that is less than allowed."""
        flow = self._flow.state() if self._flow is not None else None
        if flow is None:
            return ""
        if flow.paused:
            return f"paused: {flow.paused}"
        throttled = flow.limit < self._options.max_connections
        return f"{flow.limit} at a time" if throttled else ""

    def close(self) -> None:
        """Write what waits to be kept."""
        if self._store is not None:
            self._store.close()

    def _limited(self, endpoint: Endpoint) -> tuple[Endpoint, ControlledClient | None]:
        """Return `endpoint` within limits, and what keeps to them if it is a remote one's."""
        if not isinstance(endpoint, ChatEndpoint):
            return self._retried(endpoint), None
        flow = ControlledClient(endpoint.client, self._options, self._notices)
        return self._chat(flow, endpoint.replies_per_request), flow

    def _chat(self, flow: ControlledClient, replies_per_request: int) -> ChatEndpoint:
        """Put what needs no connection in front of `flow`, and what makes one of several calls."""
        client: Client = flow
        if replies_per_request > 1:
            client = CoalescingClient(flow, replies_per_request)
        if not self._options.cache:
            return ChatEndpoint(client)
        if self._store is None:
            self._store = ReplyStore(self._notices)
        return ChatEndpoint(CachingClient(client, self._store))

    def _retried(self, endpoint: Endpoint) -> Endpoint:
        options = self._options
        policy = RetryPolicy(
            retries=options.retries,
            timeout_s=options.timeout_s,
            max_connections=options.max_connections,
        )
        return RetryingEndpoint(endpoint, policy)


def most_asked(options: RunOptions) -> int:
    """Return how many samples to ask at a time so that no connection waits for work."""
    return options.max_connections * _SAMPLES_A_CONNECTION
