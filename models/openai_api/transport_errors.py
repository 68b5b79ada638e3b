"""What goes wrong between us and a server, as errors a user can act on."""

from __future__ import annotations

import asyncio
import errno
import ssl

import aiohttp

from ...core.errors import EndpointError, SampleError
from ..api_errors import BROKEN, REFUSED, UNKNOWN_HOST, Caller, Failure, classified, unverified
from .address import Address

TRANSPORT_ERRORS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
BAD_ADDRESS = "say model.api_base=URL, such as http://localhost:8000/v1"
_NOT_HTTP = "what answers there does not speak HTTP; http:// or https:// in model.api_base?"
_NOT_PACKED = "it is compressed in a way that cannot be undone"
_NO_FILES = "too many open files; raise `ulimit -n`, or lower run.max_connections"
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})
_CONNECTIONS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, UNKNOWN_HOST),
    (
        aiohttp.ClientProxyConnectionError,
        "the proxy cannot be reached; check HTTPS_PROXY and HTTP_PROXY",
    ),
    (
        aiohttp.ConnectionTimeoutError,
        "no connection came about; check model.api_base and the network",
    ),
)
_NUMBERS = {
    errno.EMFILE: _NO_FILES,
    errno.ENFILE: _NO_FILES,
    errno.ECONNREFUSED: REFUSED,
    errno.ENETUNREACH: "the network is unreachable",
    errno.EHOSTUNREACH: "the host is unreachable; check model.api_base and the network",
}


def translated(error: Exception, address: Address, caller: Caller) -> SampleError | EndpointError:
    """Return what `error`, one of TRANSPORT_ERRORS, means for the run."""
    match error:
        case aiohttp.ClientSSLError():
            return _untrusted(error, address, caller) or caller.broken(_broken(error))
        case aiohttp.ClientHttpProxyError():
            said = f"the proxy refused: {error.message}"
            return classified(Failure(status=error.status, message=said), caller)
        case aiohttp.InvalidURL():
            return caller.endpoint_error(f"not an address: {caller.line(str(error))}", BAD_ADDRESS)
        case aiohttp.ClientResponseError():
            return caller.unreadable(_NOT_HTTP)
        case aiohttp.ClientPayloadError() if "decode" in str(error).lower():
            return caller.unreadable(_NOT_PACKED)
        case _:
            return caller.broken(_broken(error))


def _untrusted(
    error: aiohttp.ClientSSLError, address: Address, caller: Caller
) -> EndpointError | None:
    """Return the error of a server that TLS does not work with; None if that may pass."""
    cause = error.os_error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return unverified(address.host, cause.verify_message, caller)
    if isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS:
        what = f"{address.host} does not speak TLS"
        return caller.endpoint_error(what, "check model.api_base: http:// or https://?")
    return None


def _broken(error: Exception) -> str:
    """Return what became of a connection."""
    for kind, what in _CONNECTIONS:
        if isinstance(error, kind):
            return what
    number = error.errno if isinstance(error, OSError) else None
    return _NUMBERS.get(number or 0, BROKEN)
