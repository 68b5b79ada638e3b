"""The fixed server counts whole requests, whatever pieces they arrive in."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("fixed_server.py")


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    command = [sys.executable, str(SCRIPT), "--delay-ms", "20", "--reply", "B"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            host, _, port = process.stdout.readline().strip().removesuffix("/v1").rpartition(":")
            yield host.removeprefix("http://"), int(port)
        finally:
            process.kill()


def looked_up(address: tuple[str, int], path: str) -> Any:
    url = f"http://{address[0]}:{address[1]}/{path}"
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


def request_of(body: bytes) -> bytes:
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\ncontent-length: %d\r\n\r\n"
    return (head % len(body)).encode() + body


def reply_on(connection: socket.socket) -> str:
    head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    return json.loads(body)["choices"][0]["message"]["content"]


def test_a_request_in_pieces_is_one_request_of_all_its_bytes(address: tuple[str, int]) -> None:
    request = request_of(b"x" * 300_000)
    with socket.create_connection(address, timeout=10) as connection:
        for start in (0, 10, 90, 5000):
            end = {0: 10, 10: 90, 90: 5000}.get(start)
            connection.sendall(request[start:end])
            time.sleep(0.02)
        assert reply_on(connection) == "B"
        connection.sendall(request)
        assert reply_on(connection) == "B"
    stats = looked_up(address, "stats")
    assert (stats["requests"], stats["answers"]) == (2, 2)
    assert stats["received_bytes"] == 2 * len(request)


def test_the_answer_comes_after_the_delay_and_running_requests_are_counted(
    address: tuple[str, int],
) -> None:
    started = time.monotonic()
    connections = [socket.create_connection(address, timeout=10) for _ in range(3)]
    for connection in connections:
        connection.sendall(request_of(b"{}"))
    for connection in connections:
        assert reply_on(connection) == "B"
        connection.close()
    ended = time.monotonic()
    stats = looked_up(address, "stats")
    assert stats["most_running"] == 3
    assert started <= stats["first_request"] <= stats["last_answer"] - 0.015 <= ended


def test_a_reset_forgets_what_was_served(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request_of(b"{}"))
        reply_on(connection)
    looked_up(address, "reset")
    stats = looked_up(address, "stats")
    assert stats["requests"] == stats["received_bytes"] == 0
    assert stats["first_request"] is None


def test_a_post_without_a_length_is_refused_rather_than_waited_for(
    address: tuple[str, int],
) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 411 ")
