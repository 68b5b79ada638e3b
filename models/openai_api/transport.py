"""HTTP to one server: a pool of connections, whole answers, and no limits of its own."""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from ...core.errors import SampleError
from ..api_errors import Caller
from .address import Address, proxy_of
from .api import JSON, Body
from .transport_errors import BAD_ADDRESS, TRANSPORT_ERRORS, translated

CONNECT_TIMEOUT_S = 30.0
LARGEST_ANSWER = 64 << 20
# Uvicorn, which most servers run on, drops idle connections after 5 s; a request that is sent just
# then is lost.
_IDLE_S = 4.0
# Larger bodies are sent in pieces, so that other requests get their turn in between.
_AT_ONCE = 1 << 20
_READ_BUFFER = 1 << 18
# A long reply is minutes of silence, in which routers forget a connection that sends no probes.
_PROBES = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 30, "TCP_KEEPCNT": 5}


class HttpAnswer(msgspec.Struct, frozen=True):
    """An answer, read whole; `latency_s` runs from the request to its last byte."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    latency_s: float


class Transport:
    """Requests to the server at `address`; the pool is opened by the first one.

    How many run at once and how long one may take is the caller's affair; only connecting has a
    limit of its own. Redirects are answers like any other: they are never followed.
    """

    def __init__(self, address: Address, headers: Mapping[str, str], caller: Caller) -> None:
        self._address = address
        self._headers = {"Content-Type": JSON, "Accept": JSON, **headers}
        self._caller = caller
        self._proxy = proxy_of(address)
        self._urls: dict[str, URL] = {}
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, body: Body) -> HttpAnswer:
        """Send `body` to `path`. Raises SampleError, and EndpointError for an untrusted server."""
        started = time.perf_counter()
        try:
            response = await self._opened().post(
                self._url(path),
                data=_data(body.content),
                headers=None if body.content_type == JSON else {"Content-Type": body.content_type},
                allow_redirects=False,
                proxy=self._proxy,
            )
            content = await self._content(response)
        except TRANSPORT_ERRORS as error:
            raise translated(error, self._address, self._caller) from None
        latency_s = time.perf_counter() - started
        return HttpAnswer(response.status, response.headers, content, latency_s)

    async def close(self) -> None:
        """Close the connections; a later request would open them again."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = _session(self._address, self._headers)
        return self._session

    def _url(self, path: str) -> URL:
        url = self._urls.get(path)
        if url is None:
            try:
                url = URL(self._address.url(path))
            except ValueError as error:
                raise self._caller.endpoint_error(str(error), BAD_ADDRESS) from None
            self._urls[path] = url
        return url

    async def _content(self, response: aiohttp.ClientResponse) -> bytes:
        """Return the whole body, decompressed. Raises SampleError for one without end."""
        pieces: list[bytes] = []
        size = 0
        try:
            while size <= LARGEST_ANSWER and (piece := await response.content.readany()):
                pieces.append(piece)
                size += len(piece)
        except BaseException:
            response.close()
            raise
        if size > LARGEST_ANSWER:
            response.close()
            raise self._too_large()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _too_large(self) -> SampleError:
        size = f"{LARGEST_ANSWER >> 20} MiB"
        return SampleError(
            f"{self._caller.place}: the reply is larger than {size}", kind="bad_reply"
        )


def _session(address: Address, headers: Mapping[str, str]) -> aiohttp.ClientSession:
    """Open a pool in the running loop.

    Credentials are never looked up in ~/.netrc, and the proxy is not looked up for each request,
    as `trust_env` would, in threads.
    """
    connector = aiohttp.TCPConnector(
        limit=0,
        ttl_dns_cache=300,
        keepalive_timeout=_IDLE_S,
        ssl=_tls(address),
        socket_factory=_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        headers=headers,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT_S),
        read_bufsize=_READ_BUFFER,
    )


def _tls(address: Address) -> ssl.SSLContext | bool:
    """Return what verifies the server, with the authorities that SSL_CERT_FILE and _DIR name now.

    Reading them takes a while, so it is only done for an address that needs them.
    """
    return ssl.create_default_context() if address.base.startswith("https:") else True


def _socket(info: tuple[Any, ...]) -> socket.socket:
    """Return a socket that notices a peer which is gone without a word."""
    family, kind, protocol = info[:3]
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PROBES.items():
        option = getattr(socket, name, None)
        if option is not None:
            made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made


def _data(content: bytes) -> bytes | io.BytesIO:
    return content if len(content) <= _AT_ONCE else io.BytesIO(content)
