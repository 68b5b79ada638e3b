"""The chat server as a process of its own, for runs that are measured."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("chat_server.py")


def fetched(url: str, body: dict[str, Any] | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(url, data=data, timeout=10) as response:
        return json.load(response)


def test_the_process_tells_its_address_and_counts_what_it_serves() -> None:
    command = [sys.executable, str(SCRIPT), "--port", "0", "--reply", "B"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            api_base = process.stdout.readline().strip()
            body = {"model": "m", "messages": [{"role": "user", "content": "?"}]}
            replies = [fetched(f"{api_base}/chat/completions", body) for _ in range(3)]
            stats = fetched(api_base.removesuffix("/v1") + "/stats")
        finally:
            process.terminate()
    assert {reply["choices"][0]["message"]["content"] for reply in replies} == {"B"}
    assert stats == {"requests": 3, "connections": 4, "most_running": 1}
