"""`evalrun view`: serves until it is interrupted."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from ...core.errors import ConfigError
from ..report.page import page
from .server import application
from .watch import Watch

# For answers that are on their way when the server ends.
_FAREWELL_S = 1.0


def serve(
    paths: Sequence[Path],
    *,
    recipes: Sequence[Path] = (),
    port: int,
    browser: bool,
    tell: Callable[[str], object],
) -> None:
    """Serve the runs at or below `paths` on 127.0.0.1 until SIGINT or SIGTERM.

    `recipes` are folders with more numbers of papers than those of evalrun. `tell` is given the
    address; port 0 is a free one. A browser is opened where there is a display and someone at a
    terminal. Raises ConfigError when the port is taken, MissingExtraError.
    """
    with suppress(KeyboardInterrupt):
        watch = Watch(paths, recipes)
        shown = watch.overview()
        next(page(shown))  # raises what every request for the page would
        if not shown.runs:
            where = ", ".join(map(str, paths))
            print(f"no run at or below {where} yet", file=sys.stderr)  # noqa: T201 - the way to the user
        with _listening(port) as listening:
            asyncio.run(_serve(watch, listening, browser=browser, tell=tell))


def has_display() -> bool:
    """Tell whether a browser can open where someone sees it."""
    if not sys.stdout.isatty():
        return False
    return sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise ConfigError(
            f"cannot listen on port {port}: {error.strerror}; without --port a free one is taken"
        ) from None


async def _serve(
    watch: Watch, listening: socket.socket, *, browser: bool, tell: Callable[[str], object]
) -> None:
    port: int = listening.getsockname()[1]
    runner = web.AppRunner(application(watch, port), shutdown_timeout=_FAREWELL_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        ended = _ended()
        address = f"http://127.0.0.1:{port}/"
        tell(address)
        if browser and has_display():
            await asyncio.to_thread(webbrowser.open, address)
        await ended.wait()
    finally:
        await runner.cleanup()


def _ended() -> asyncio.Event:
    """Return what is set by SIGINT and SIGTERM: ending is how this normally goes."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    return ended
