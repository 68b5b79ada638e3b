"""A process that looks like `vllm serve` from outside, for tests of how servers are kept.

`python lookalike.py PORT MARK [BEHAVIOUR]`, where BEHAVIOUR is one of

silent    never listens
broken    fails as vLLM does when the weights cannot be loaded
stubborn  does not listen to SIGTERM
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

THIS = Path(__file__)
CHILD = "child process"


class Handler(BaseHTTPRequestHandler):
    """Lists the model, and answers each chat once a file `reply` lies in the working folder."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.headers["Authorization"] != f"Bearer {os.environ['VLLM_API_KEY']}":
            self._answer(401, {"error": "Unauthorized"})
        elif self.path == "/health":
            self._answer(200, {})
        else:
            cards = [{"id": name, "max_model_len": 1024} for name in ("m", sys.argv[2])]
            self._answer(200, {"object": "list", "data": cards})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if Path("overloaded").exists():
            self._answer(503, {"error": {"message": "too much to do"}})
            return
        while not Path("reply").exists():
            time.sleep(0.01)
        message = {"role": "assistant", "content": Path("reply").read_text()}
        self._answer(200, {"choices": [{"message": message, "finish_reason": "stop"}]})

    def _answer(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def main(behaviour: str) -> None:
    # vLLM's engine and workers are processes too.
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", CHILD])
    if behaviour == "silent":
        sys.stdout.write("INFO loading weights\n")
        sys.stdout.flush()
        time.sleep(600)
    if behaviour == "broken":
        raise ValueError("no such weights")
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[3] if len(sys.argv) > 3 else "")
