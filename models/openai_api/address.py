"""Where a server is: its address with the credentials taken out, and what asks pass it."""

from __future__ import annotations

import base64
import urllib.request
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import msgspec

from ...core.redact import MARK, redact_text

# Shorter ones turn up in ordinary text.
_SHORTEST_SECRET = 5


class Address(msgspec.Struct, frozen=True):
    """The address of a server's API, `model.api_base` in parts.

    `authorization` is the header that its `user:password@` stands for. A query, such as a `?key=`,
    goes with every request. A `direct` one is reached without a proxy, whatever is set.
    """

    base: str
    authorization: str | None = None
    secrets: tuple[str, ...] = ()
    direct: bool = False

    def url(self, path: str) -> str:
        """Return the whole address of `path`, such as chat/completions."""
        parts = urlsplit(self.base)
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}"))

    @property
    def shown(self) -> str:
        """The address without any credentials."""
        return redact_text(self.base)

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.base).netloc


def address_of(api_base: str) -> Address:
    """Return `api_base` in parts; its path keeps no slash at the end."""
    parts = urlsplit(api_base.strip())
    user_info, _, host = parts.netloc.rpartition("@")
    base = urlunsplit(parts._replace(netloc=host.lower(), path=parts.path.rstrip("/"), fragment=""))
    return Address(base, _basic(user_info), _secrets(parts, user_info))


def proxy_of(address: Address) -> str | None:
    """Return the proxy that the environment sets for `address`.

    HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in capitals or not, as Python's urllib reads them.
    """
    parts = urlsplit(address.base)
    if address.direct or not parts.hostname or urllib.request.proxy_bypass(parts.netloc):
        return None
    return urllib.request.getproxies().get(parts.scheme)


def secret_values(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of `headers` that messages must not show."""
    return _long(headers.values())


def _basic(user_info: str) -> str | None:
    """Return the header for HTTP's basic authentication (RFC 7617)."""
    if not user_info:
        return None
    user, _, password = user_info.partition(":")
    credentials = f"{unquote(user)}:{unquote(password)}".encode()
    return f"Basic {base64.b64encode(credentials).decode()}"


def _secrets(parts: SplitResult, user_info: str) -> tuple[str, ...]:
    """Return the password, and what in the query is masked, as written and as meant."""
    password = user_info.partition(":")[2]
    queries = [field.partition("=") for field in parts.query.split("&")]
    masked = [value for name, _, value in queries if redact_text(f"?{name}={value}").endswith(MARK)]
    return _long({secret for value in (password, *masked) for secret in (value, unquote(value))})


def _long(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(value for value in values if len(value) >= _SHORTEST_SECRET))
