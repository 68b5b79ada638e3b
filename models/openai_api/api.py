"""What one of a server's APIs is to the client: a call becomes requests, answers become replies."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

import msgspec

from ...core.errors import EndpointError, SampleError
from ...core.exchange import Call, Reply

JSON = "application/json"

A = TypeVar("A")


class Body(msgspec.Struct, frozen=True):
    """The body of a request as it is sent: encoded JSON, or a multipart form."""

    content: bytes
    content_type: str = JSON


class Answered(msgspec.Struct, Generic[A], frozen=True):
    """What a server answered, and the seconds from the request to the answer's last byte."""

    content: A
    latency_s: float


class Server(Protocol):
    """The server that a call goes to, as an API sees it."""

    @property
    def place(self) -> str:
        """The model and the address, as messages name them; no secrets."""
        ...

    async def post(self, path: str, body: Body, shape: type[A]) -> Answered[A]:
        """Send `body` to `path` (such as chat/completions) and read the answer's JSON as `shape`.

        `shape` should require what a good answer holds (a list of `choices`, at least one): an
        answer that lacks it is an error that came with status 200, or cannot be read. Raises
        SampleError, EndpointError.
        """
        ...

    def failure(self, error: Any) -> SampleError | EndpointError:
        """Return what an `error` means that stands inside an otherwise good answer."""
        ...


class Api(Protocol):
    """One of a server's APIs: chat completions, completions, images.

    The settings of the model (its name, extra parameters) are its own; address, credentials, errors
    and prices are the server's and the client's.
    """

    async def several(self, call: Call, n: int, server: Server) -> tuple[Reply, ...]:
        """Answer `call` with up to `n` replies, at least one, from one request where possible.

        What is spent on the input is counted on the first reply. Raises SampleError, and
        EndpointError for a form of reply that the API does not offer (`models.forms.refuse_form`).
        """
        ...

    def identity(self) -> dict[str, Any]:
        """Return what of its settings determines replies: name, extra parameters. No secrets."""
        ...
