"""How requests of LiteLLM go out: once each, and to the address that they are meant for.

LiteLLM sends a request again when its connection broke, though the first may have arrived, and
follows redirects; then httpx takes all headers but `Authorization` to the new host, such as the
`x-api-key` of Anthropic and the `x-goog-api-key` of Gemini.

This module imports LiteLLM; whoever uses it imports it where it is needed.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import aiohttp
import httpx
from litellm.llms.custom_httpx import aiohttp_transport
from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

from ..core.errors import EndpointError, SampleError
from .api_errors import Caller, redirected
from .litellm_errors import chain_of
from .openai_api.address import address_of
from .openai_api.transport_errors import translated

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What releases of LiteLLM call the function that makes a transport.
_MAKERS = ("create_async_transport", "_create_async_transport")


class RedirectRefusedError(httpx.RequestError):
    """A server redirects from `asked` to `location`."""

    def __init__(self, asked: str, location: str | None) -> None:
        super().__init__("redirects are not followed")
        self.asked = asked
        self.location = location


class OneAttemptTransport(aiohttp_transport.LiteLLMAiohttpTransport):
    """Reads answers whole, and raises what nobody takes for a reason to ask again."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`. Raises RedirectRefusedError, and httpx.TransportError with its cause."""
        try:
            response = await super().handle_async_request(request)
            body = b"".join([piece async for piece in response.aiter_raw()])
        except (httpx.ConnectError, httpx.RemoteProtocolError) as error:
            raise httpx.NetworkError(str(error)) from error
        if response.status_code in _REDIRECTS:
            raise RedirectRefusedError(str(request.url), response.headers.get("location"))
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=httpx.ByteStream(body),
            request=request,
        )


def install() -> None:
    """Have all clients that LiteLLM makes from now on use OneAttemptTransport.

    Raises EndpointError for a release of LiteLLM in which this has no effect.
    """
    aiohttp_transport.LiteLLMAiohttpTransport = OneAttemptTransport
    makers = (getattr(AsyncHTTPHandler, name, None) for name in _MAKERS)
    maker = next(filter(None, makers), None)
    if maker is None or not isinstance(maker(), OneAttemptTransport):
        raise EndpointError(
            "this release of LiteLLM follows redirects, which could take the key elsewhere; "
            "pip install --upgrade 'evalrun[api]'"
        )


def transport_failure(error: Exception, caller: Caller) -> SampleError | EndpointError | None:
    """Return what went wrong on the way to the server; None for what the server itself said."""
    for cause in chain_of(error):
        if isinstance(cause, RedirectRefusedError):
            path = _path_behind(cause.asked, caller.api_base)
            return redirected(cause.asked, cause.location, path, caller)
        if isinstance(cause, aiohttp.ClientError):
            base = caller.api_base or f"https://{getattr(cause, 'host', 'the server')}"
            return translated(cause, address_of(base), caller)
    return None


def _path_behind(asked: str, api_base: str | None) -> str:
    """Return what LiteLLM put behind the address of the API."""
    base = urlsplit(api_base or "").path
    return urlsplit(asked).path.removeprefix(base).lstrip("/")
