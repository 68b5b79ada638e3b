"""A real OpenAI-compatible chat server on localhost, with faults by script.

In a test: `with ChatServer(lambda messages: "hello") as server: ... server.api_base`.
As a process: `python tests/servers/chat_server.py --port 0 --delay-ms 50`; its first line of output
is the api_base, and GET /stats (beside /v1) tells what it has served.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

if __name__ == "__main__":
    from answers import Answer, completion
else:
    from servers.answers import Answer, completion

Messages = list[dict[str, Any]]
Replier = Callable[[Messages], "str | Answer"]

# What was sent should arrive before a reset, which may throw it away.
_BEFORE_CUT_S = 0.01
# The first bytes of TLS: a handshake record.
_CLIENT_HELLO = b"\x16\x03"


class ChatServer:
    """Serves `POST /v1/chat/completions` from a thread of its own; over TLS with a context `tls`.

    `POST /v1/messages`, Anthropic's address, gets the same answers: give it some in its own shape.

    The first requests get `faults`, in the order in which they arrive; `faults` may be extended
    at any time. Later ones get `reply(messages)`. Every answer waits `delay_s`, beside its own;
    when one was sent whole, `sent(messages, answer)` is called.
    `bodies` and `headers` keep what was asked, unless `record` is off; `strays` keeps the first
    lines and headers of requests to other addresses.
    """

    def __init__(
        self,
        reply: Replier = lambda messages: "42",
        *,
        sent: Callable[[Messages, Answer], None] | None = None,
        faults: Iterable[Answer] = (),
        delay_s: float = 0.0,
        port: int = 0,
        record: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.reply = reply
        self.sent = sent
        self.faults = deque(faults)
        self.delay_s = delay_s
        self.record = record
        self.requests = 0
        self.connections = 0
        self.running = 0
        self.most_running = 0
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.strays: list[tuple[str, dict[str, str]]] = []
        self.open_connections: set[asyncio.Transport] = set()
        self._port = port
        self._tls = tls
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def api_base(self) -> str:
        return f"{self.url}/v1"

    def __enter__(self) -> ChatServer:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def go_away(self, seconds: float = math.inf) -> None:
        """Reset all connections and refuse new ones; after `seconds`, serve again as before."""
        self._loop.call_soon_threadsafe(self._leave, seconds)

    def come_back(self) -> None:
        """End an absence."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def answer(self, headers: dict[str, str], body: Any) -> Answer:
        """Return the answer to one request, and count it."""
        self.requests += 1
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        if self.record:
            self.bodies.append(body)
            self.headers.append(headers)
        if self.faults:
            return self.faults.popleft()
        reply = self.reply(body["messages"])
        return completion(reply) if isinstance(reply, str) else reply

    def stats(self) -> Answer:
        names = ("requests", "connections", "most_running")
        return Answer(body=msgspec.json.encode({name: getattr(self, name) for name in names}))

    def _serve(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._socket = bound_socket(self._port)
        self._port = self._socket.getsockname()[1]
        self._loop.run_until_complete(self._listen())
        self._started.set()
        self._loop.run_forever()
        self._leave(math.inf)
        self._socket.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(
            lambda: _Connection(self, self._loop), sock=self._socket, backlog=4096, ssl=self._tls
        )

    def _leave(self, seconds: float) -> None:
        self._server.close()
        # Nobody else is given the port meanwhile.
        self._socket = bound_socket(self._port)
        for connection in tuple(self.open_connections):
            reset(connection)
        if math.isfinite(seconds):
            self._loop.call_later(seconds, lambda: self._loop.create_task(self._listen()))


class _Connection(asyncio.Protocol):
    """One keep-alive connection: a request at a time."""

    def __init__(self, server: ChatServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server, self._loop = server, loop
        self._buffer = bytearray()
        self._is_last = False
        self._transport: Any = None
        self._asked: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._server.connections += 1
        self._server.open_connections.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.open_connections.discard(self._transport)
        if self._asked is not None:
            self._server.running -= 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._buffer.startswith(_CLIENT_HELLO):
            self._transport.write(Answer(status=400, body=b"this is no TLS").encoded())
            self._transport.close()
            return
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        stop = end + 4 + int(headers.get("content-length", "0"))
        if len(self._buffer) < stop:
            return
        body = bytes(self._buffer[end + 4 : stop])
        del self._buffer[:stop]
        self._handle(first, headers, body)

    def _handle(self, first: str, headers: dict[str, str], body: bytes) -> None:
        server = self._server
        if first.startswith("GET /stats"):
            self._transport.write(server.stats().encoded())
        elif first.startswith(("POST /v1/chat/completions", "POST /v1/messages")):
            self._asked = msgspec.json.decode(body)
            self._is_last = headers.get("connection", "").lower() == "close"
            answer = server.answer(headers, self._asked)
            delay_s = server.delay_s + answer.delay_s
            if math.isfinite(delay_s):
                self._loop.call_later(delay_s, self._send, answer)
        else:
            server.strays.append((first, headers))
            self._transport.write(Answer(status=404, body=b"{}").encoded())

    def _send(self, answer: Answer) -> None:
        if self._transport.is_closing():
            return
        if answer.cut != "no":
            self._transport.write(answer.up_to_cut())
            self._loop.call_later(_BEFORE_CUT_S, self._cut, answer)
        elif answer.drip_s:
            self._transport.write(answer.head())
            self._drip(answer, answer.framed_body())
        elif self._is_last:
            self._transport.write(answer.with_header("Connection", "close").encoded())
            self._transport.close()
            self._sent(answer)
        else:
            self._transport.write(answer.encoded())
            self._sent(answer)

    def _cut(self, answer: Answer) -> None:
        if answer.reset:
            reset(self._transport)
        else:
            self._transport.close()

    def _drip(self, answer: Answer, rest: bytes) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(rest[:1])
        if len(rest) > 1:
            self._loop.call_later(answer.drip_s, self._drip, answer, rest[1:])
        else:
            self._sent(answer)

    def _sent(self, answer: Answer) -> None:
        asked, self._asked = self._asked, None
        self._server.running -= 1
        if self._server.sent is not None:
            self._server.sent(asked["messages"], answer)


def bound_socket(port: int = 0) -> socket.socket:
    """Return a socket that holds a port of localhost and refuses who connects to it."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", port))
    return held


def reset(transport: Any) -> None:
    """End a connection by RST."""
    if not transport.is_closing():
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--reply", default="42")
    options = parser.parse_args()
    answer = completion(options.reply)
    server = ChatServer(
        lambda messages: answer,
        delay_s=options.delay_ms / 1000,
        port=options.port,
        record=False,
    )
    with server:
        print(server.api_base, flush=True)  # noqa: T201 - the line its starter waits for
        threading.Event().wait()


if __name__ == "__main__":
    main()
