"""A real server of tools on localhost, as ToolBench's service is asked, with faults by tool."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

from servers.threaded import ThreadedServer


class ToolServer(ThreadedServer):
    """Answers `POST` with the city of the input, unless the name of the API is that of a fault.

    Faults: `broken` (500), `slow` (a second), `garbage` (no JSON), `listed` (JSON, but no object),
    `cut` (the connection ends inside the answer), `moved` (a redirect), `refused` (an error of the
    service), `huge` (8 MB). `calls` keeps what was asked.
    """

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._lock = threading.Lock()
        super().__init__(type("Handler", (_Handler,), {"server_of_tools": self}))

    def __enter__(self) -> ToolServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def note(self, call: dict[str, Any], headers: dict[str, str]) -> None:
        with self._lock:
            self.calls.append(call)
            self.headers.append(headers)


class _Handler(BaseHTTPRequestHandler):
    server_of_tools: ClassVar[ToolServer]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server_of_tools.note(call, dict(self.headers))
        fault = getattr(self, f"_{call['api_name']}", None)
        if fault is not None:
            fault()
            return
        city = json.loads(call["tool_input"] or "{}").get("city", "nowhere")
        self._send({"error": "", "response": f"rain in {city}"})

    def _send(self, said: Any, status: int = 200, **headers: str) -> None:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):  # a client may have heard enough
            self.wfile.write(body)

    def _broken(self) -> None:
        self._send({"error": "oops"}, 500)

    def _slow(self) -> None:
        time.sleep(1)
        self._send({"error": "", "response": "late"})

    def _garbage(self) -> None:
        self._send(b"<html>")

    def _listed(self) -> None:
        self._send([1, 2])

    def _moved(self) -> None:
        self._send(b"", 302, Location="http://127.0.0.1:9/")

    def _refused(self) -> None:
        self._send({"error": "Unauthorized error...", "response": ""})

    def _huge(self) -> None:
        self._send(b'{"error": "", "response": "' + b"x" * (8 << 20) + b'"}')

    def _cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b'{"error": ')
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True
