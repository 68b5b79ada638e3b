"""What the server answers: the page, its overview, pieces made on demand, and media."""

from __future__ import annotations

import asyncio
import mimetypes
import os
from pathlib import Path

from aiohttp import web

from ...core.errors import DataError
from ..report.artifacts import artifact
from ..report.page import page
from .guard import add_headers, refusing_others
from .watch import Watch

# A picture may hold scripts (SVG), which must not run when it is opened by itself.
_INERT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def application(watch: Watch, port: int) -> web.Application:
    """Return the server's application, which answers requests to this port."""
    answers = _Answers(watch)
    app = web.Application(middlewares=[refusing_others(port)])
    app.on_response_prepare.append(add_headers)
    for path, handler in (
        ("/", answers.page),
        ("/live/overview.json", answers.overview),
        ("/pieces/{key}/{name}.js", answers.piece),
        ("/files/{key}/{name:.+}", answers.file),
    ):
        app.router.add_get(path, handler, allow_head=False)
    return app


class _Answers:
    """Reads in threads, so that a long look at a folder keeps nobody waiting."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    async def page(self, _: web.Request) -> web.Response:
        text = await asyncio.to_thread(lambda: "".join(page(self._watch.overview())))
        return web.Response(text=text, content_type="text/html")

    async def overview(self, _: web.Request) -> web.Response:
        body = await asyncio.to_thread(self._watch.overview_json)
        return web.Response(body=body, content_type="application/json")

    async def piece(self, request: web.Request) -> web.Response:
        key, name = request.match_info["key"], request.match_info["name"]
        try:
            body = await asyncio.to_thread(self._watch.piece, key, name)
        except DataError as error:
            raise web.HTTPConflict(text=f"{error}\n") from None
        if body is None:
            raise web.HTTPNotFound
        return web.Response(body=body, content_type="text/javascript", charset="utf-8")

    async def file(self, request: web.Request) -> web.Response:
        folder = self._watch.folder(request.match_info["key"])
        name = request.match_info["name"]
        path = artifact(folder, f"{folder.artifacts.name}/{name}") if folder else None
        if path is None:
            raise web.HTTPNotFound
        return await asyncio.to_thread(_medium, path)


def _medium(path: Path) -> web.Response:
    """Return the content of an artifact; what is not an image or a sound is only for saving."""
    kind = mimetypes.guess_type(path.name)[0] or ""
    shown = kind.startswith(("image/", "audio/"))
    headers = {"Content-Security-Policy": _INERT}
    if not shown:
        headers["Content-Disposition"] = "attachment"
    kind = kind if shown else "application/octet-stream"
    return web.Response(body=_read(path), content_type=kind, headers=headers)


def _read(path: Path) -> bytes:
    """Return the content of a file that is no link at the moment of opening it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        raise web.HTTPNotFound from None
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
