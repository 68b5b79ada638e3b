"""An OpenAI-compatible server that says one thing, cheaply enough to measure clients with.

    python tests/servers/fixed_server.py --delay-ms 50 --core 0

Its first line of output is the api_base. Every POST gets the same chat completion, encoded once,
`delay_ms` after its last byte; what is asked is counted and dropped. GET /stats says what was
served since the last GET /reset. Times are those of `time.monotonic`, the same in all processes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import time
from typing import Any

import msgspec

if __name__ == "__main__":
    from answers import Answer, completion
else:
    from servers.answers import Answer, completion

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Served(msgspec.Struct):
    """What was asked and answered: bytes are those of whole requests, heads included."""

    requests: int = 0
    answers: int = 0
    most_running: int = 0
    connections: int = 0
    received_bytes: int = 0
    first_request: float | None = None
    last_answer: float | None = None


class FixedServer:
    """What the connections share: the answer, its delay, and the counts."""

    def __init__(self, answer: bytes, delay_s: float, loop: asyncio.AbstractEventLoop) -> None:
        self.answer = answer
        self.delay_s = delay_s
        self.loop = loop
        self.served = Served()

    def count_request(self, size: int) -> None:
        served = self.served
        served.requests += 1
        served.received_bytes += size
        served.most_running = max(served.most_running, served.requests - served.answers)
        if served.first_request is None:
            served.first_request = time.monotonic()

    def count_answer(self) -> None:
        self.served.answers += 1
        self.served.last_answer = time.monotonic()


class Connection(asyncio.Protocol):
    """One keep-alive connection, a request at a time; bodies are never put together."""

    def __init__(self, server: FixedServer) -> None:
        self._server = server
        self._head = b""
        self._size = 0
        self._missing = 0
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._server.served.connections += 1

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
            if self._missing <= 0:
                self._asked()
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end >= 0:
            head, arrived, self._head = self._head[:end], len(self._head), b""
            self._begin(head, arrived)

    def _begin(self, head: bytes, arrived: int) -> None:
        """Answer a GET; wait for the rest of the body of a POST."""
        if not head.startswith(b"POST "):
            self._transport.write(_looked_up(head, self._server).encoded())
            return
        length = _LENGTH.search(head)
        if length is None:
            self._transport.write(Answer(status=411).encoded())
            return
        self._size = len(head) + 4 + int(length[1])
        self._missing = self._size - arrived
        if self._missing <= 0:
            self._asked()

    def _asked(self) -> None:
        self._missing = 0
        server = self._server
        server.count_request(self._size)
        if server.delay_s:
            server.loop.call_later(server.delay_s, self._send)
        else:
            self._send()

    def _send(self) -> None:
        self._server.count_answer()
        if not self._transport.is_closing():
            self._transport.write(self._server.answer)


def _looked_up(head: bytes, server: FixedServer) -> Answer:
    if head.startswith(b"GET /stats"):
        return Answer(body=msgspec.json.encode(server.served))
    if head.startswith(b"GET /reset"):
        server.served = Served()
        return Answer(body=b"{}")
    return Answer(status=404, body=b"{}")


def new_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's event loop if it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--reply", default="42")
    parser.add_argument("--core", type=int, help="the only core to run on")
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    loop = new_loop()
    fixed = FixedServer(completion(options.reply).encoded(), options.delay_ms / 1000, loop)
    server = loop.run_until_complete(
        loop.create_server(lambda: Connection(fixed), "127.0.0.1", options.port, backlog=4096)
    )
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}/v1", flush=True)  # noqa: T201 - what its starter waits for
    loop.run_forever()


if __name__ == "__main__":
    main()
