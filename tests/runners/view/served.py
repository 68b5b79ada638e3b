"""A server of growing run folders, asked as its page asks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from report import written

from evalrun.runners.view.server import application
from evalrun.runners.view.watch import Watch


class Served:
    """Answers of one server. `ask` gives status, headers and body."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self.port = port
        self._session = session

    async def ask(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(method, self.url(path), headers=named) as reply:
            return reply.status, dict(reply.headers), await reply.read()

    async def raw(self, request: str) -> bytes:
        """Send a request to the letter; a client would tidy its path up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request.encode())
        await writer.drain()
        try:
            return await reader.read()
        finally:
            writer.close()

    async def overview(self) -> dict[str, Any]:
        async with self._session.get(self.url("/live/overview.json")) as reply:
            assert reply.status == 200
            return await reply.json()

    async def piece(self, name: str) -> Any:
        status, _, body = await self.ask(f"/pieces/{name}.js")
        assert status == 200, body
        return written.piece(body.decode())

    async def rows(self, number: int = 0) -> list[dict[str, Any]]:
        """Return the rows of a run, read as the page reads them."""
        run = (await self.overview())["runs"][number]
        key = run["key"]
        names = [f"{key}/index-{n}" for n in range(run["index_chunks"])]
        found = {name: await self.piece(name) for name in names}
        chunks = {chunk for name in names for chunk in found[name]["chunk"]}
        found |= {f"{key}/rows-{n}": await self.piece(f"{key}/rows-{n}") for n in chunks}
        return written.rows(found, key)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def serving(*paths: Path) -> AsyncGenerator[Served]:
    """Serve what lies at or below `paths`."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    runner = web.AppRunner(application(Watch(paths), port), shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Served(port, session)
    finally:
        await runner.cleanup()
