"""A file from a web server."""

from __future__ import annotations

from typing import IO

from ..core.errors import DataError, UnreachableError

_TIMEOUT_S = 60.0


def download(address: str, file: IO[bytes], *, unknown: str, secure: bool = False) -> None:
    """Write what lies at `address` to `file`, wherever the server sends us for it.

    With `secure` no part of the way may leave https. Raises DataError with the way out, which is
    `unknown` where the server has no such file, UnreachableError where none answers.
    """
    import httpx

    try:
        with httpx.stream("GET", address, timeout=_TIMEOUT_S, follow_redirects=True) as response:
            response.raise_for_status()
            way = (*response.history, response)
            if secure and any(step.url.scheme != "https" for step in way):
                raise DataError(f"{address}: the server leads away from https, to {response.url}")
            for chunk in response.iter_bytes():
                file.write(chunk)
    except httpx.HTTPStatusError as error:
        raise DataError(
            f"{address}: the server answers {error.response.status_code}; {unknown}"
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        reason = str(error) or type(error).__name__
        kind = UnreachableError if isinstance(error, httpx.TransportError) else DataError
        raise kind(
            f"{address}: {reason}; check the network, or copy the files: --from DIR"
        ) from None
