"""A client of a server of the tests, and what it is asked."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from evalrun.core.content import Content, Message
from evalrun.core.exchange import Call, ReplyForm, Sampling
from evalrun.models.openai_api.client import OpenAIClient
from evalrun.models.openai_model import OpenAIModel, OpenAIOptions

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def call_of(content: Content = "What is 6 x 7?", **parts: Any) -> Call:
    """Return a call with one message; `parts` are fields of Call, of Sampling and of ReplyForm."""
    sampling = {name: parts.pop(name) for name in Sampling.__struct_fields__ if name in parts}
    form = {name: parts.pop(name) for name in ReplyForm.__struct_fields__ if name in parts}
    parts.setdefault("messages", (Message("user", content),))
    return Call(sampling=Sampling(**sampling), form=ReplyForm(**form), **parts)


@asynccontextmanager
async def client_of(api_base: str, **options: Any) -> AsyncIterator[OpenAIClient]:
    """Open the client of a model named `served`; `options` are those of OpenAIOptions."""
    section = OpenAIOptions(**{"engine": "openai", "name": "served", **options}, api_base=api_base)
    client = OpenAIModel(section).endpoint(None).client
    assert isinstance(client, OpenAIClient)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def serving(handler: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve every POST with `handler` on localhost; yields the address up to /v1.

    A request that the client drops cancels its handler.
    """

    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    app = web.Application(client_max_size=1 << 28)
    app.router.add_post("/{path:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    server = site._server
    assert server is not None
    port = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1"
    finally:
        await runner.cleanup()
