"""A real forwarding HTTP proxy on localhost: absolute addresses, and tunnels by CONNECT."""

from __future__ import annotations

import asyncio
import base64
import threading
from urllib.parse import unquote, urlsplit

from servers.chat_server import bound_socket

_OWN_HEADERS = frozenset({"proxy-authorization", "proxy-connection", "connection"})


class ProxyServer:
    """Forwards from a thread of its own, a request a connection.

    With `user_info` (`user:password`, written as in an address) it refuses who does not say it,
    with status 407. `targets` lists the methods and addresses that were forwarded, in order.
    """

    def __init__(self, user_info: str | None = None) -> None:
        self.user_info = user_info
        self.targets: list[str] = []
        self.refused = 0
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        """The address with the user's name and password, as HTTP_PROXY wants it."""
        before = f"{self.user_info}@" if self.user_info else ""
        return f"http://{before}127.0.0.1:{self._port}"

    def __enter__(self) -> ProxyServer:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.run(self._forward_until_ended())

    async def _forward_until_ended(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        listening = bound_socket()
        self._port = listening.getsockname()[1]
        server = await asyncio.start_server(self._handle, sock=listening, backlog=1024)
        self._started.set()
        await self._ended.wait()
        server.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.rstrip().split("\r\n")
            if self._admits(lines):
                self.targets.append(first.rpartition(" ")[0])
                await self._forward(first, lines, reader, writer)
            else:
                self.refused += 1
                writer.write(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
                )
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _admits(self, lines: list[str]) -> bool:
        if self.user_info is None:
            return True
        said = f"Basic {base64.b64encode(unquote(self.user_info).encode()).decode()}"
        return any(
            name.lower() == "proxy-authorization" and value.strip() == said
            for name, _, value in (line.partition(":") for line in lines)
        )

    async def _forward(
        self,
        first: str,
        lines: list[str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        method, target, _ = first.split(" ")
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        their_reader, their_writer = await asyncio.open_connection(parts.hostname, parts.port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            kept = [line for line in lines if line.partition(":")[0].lower() not in _OWN_HEADERS]
            address = parts._replace(scheme="", netloc="").geturl()
            head = [f"{method} {address} HTTP/1.1", *kept, "Connection: close"]
            their_writer.write("\r\n".join(head).encode("latin-1") + b"\r\n\r\n")
        await asyncio.wait(
            [
                asyncio.create_task(_relay(reader, their_writer)),
                asyncio.create_task(_relay(their_reader, writer)),
            ],
            return_when=asyncio.FIRST_COMPLETED,
        )
        their_writer.close()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
