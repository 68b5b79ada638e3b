"""Who may ask the server, and what every answer tells the browser.

The server listens on 127.0.0.1, but any web page in a browser on this machine can send requests
there. So a name that an attacker points at 127.0.0.1 (DNS rebinding) is refused by the `Host`
header, and a script or image that another site includes by fetch metadata
(https://www.w3.org/TR/fetch-metadata/) and by the Cross-Origin-Resource-Policy header.
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_OWN_SITES = ("same-origin", "none")


def hosts_of(port: int) -> frozenset[str]:
    """Return the `Host` headers by which a server on this port is asked."""
    names = ("127.0.0.1", "localhost")
    return frozenset((*(f"{name}:{port}" for name in names), *(names if port == 80 else ())))


def refusing_others(port: int) -> Middleware:
    """Return a middleware that answers this machine's own pages, and 403 to everyone else."""
    hosts = hosts_of(port)

    @web.middleware
    async def refuse_others(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Host", "").lower() not in hosts:
            raise web.HTTPForbidden(text="This server answers 127.0.0.1 and localhost alone.\n")
        if not _is_own(request):
            raise web.HTTPForbidden(text="This server answers its own page alone.\n")
        return await handler(request)

    return refuse_others


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on an answer; those it has already stay."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def _is_own(request: web.Request) -> bool:
    """Tell whether the page itself, or its reader, asks; links may lead to the page."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    is_link = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.path == "/"
    return site in _OWN_SITES or is_link
