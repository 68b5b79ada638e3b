"""A real OpenAI-compatible chat server on localhost, with faults by script.

In a test: `with ChatServer(lambda messages: "hello") as server: ... server.api_base`.
As a process: `python tests/servers/chat_server.py --port 0 --delay-ms 50`; its first line of output
is the api_base, and GET /stats (beside /v1) tells what it has served.
"""

from __future__ import annotations

import argparse
import asyncio
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


class ChatServer:
    """Serves `POST /v1/chat/completions` from a thread of its own.

    `POST /v1/messages`, Anthropic's address, gets the same answers: give it some in its own shape.

    The first requests get `faults`, in the order in which they arrive; `faults` may be extended
    at any time. Later ones get `reply(messages)`. Every answer waits `delay_s`, beside its own.
    `bodies` and `headers` keep what was asked, unless `record` is off.
    """

    def __init__(
        self,
        reply: Replier = lambda messages: "42",
        *,
        faults: Iterable[Answer] = (),
        delay_s: float = 0.0,
        port: int = 0,
        record: bool = True,
    ) -> None:
        self.reply = reply
        self.faults = deque(faults)
        self.delay_s = delay_s
        self.record = record
        self.requests = 0
        self.connections = 0
        self.running = 0
        self.most_running = 0
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.open_connections: set[asyncio.Transport] = set()
        self._port = port
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

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

    def answer(self, headers: dict[str, str], raw: bytes) -> Answer:
        """Return the answer to one request, and count it."""
        body = msgspec.json.decode(raw)
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
        listening = self._loop.create_server(
            lambda: _Connection(self, self._loop), "127.0.0.1", self._port, backlog=4096
        )
        server = self._loop.run_until_complete(listening)
        self._port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        for connection in tuple(self.open_connections):
            connection.abort()
        self._loop.run_until_complete(server.wait_closed())
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


class _Connection(asyncio.Protocol):
    """One keep-alive connection: a request at a time."""

    def __init__(self, server: ChatServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server, self._loop = server, loop
        self._buffer = bytearray()
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._server.connections += 1
        self._server.open_connections.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.open_connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
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
        if first.startswith("GET /stats"):
            self._transport.write(self._server.stats().encoded())
        elif first.startswith(("POST /v1/chat/completions", "POST /v1/messages")):
            answer = self._server.answer(headers, body)
            self._loop.call_later(self._server.delay_s + answer.delay_s, self._send, answer)
        else:
            self._transport.write(Answer(status=404, body=b"{}").encoded())

    def _send(self, answer: Answer) -> None:
        self._server.running -= 1
        if self._transport.is_closing():
            return
        data = answer.encoded()
        if answer.cut == "no":
            self._transport.write(data)
            return
        if answer.cut == "inside":
            self._transport.write(data[: len(data) - len(answer.body) // 2])
        self._transport.close()


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
