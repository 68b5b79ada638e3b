"""The faults of the chat server are those of real servers, byte for byte."""

from __future__ import annotations

import gzip
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from servers import answers
from servers.answers import Answer, echoed
from servers.chat_server import ChatServer
from servers.script import Fault, Script, at_random

BODY = json.dumps({"messages": [{"role": "user", "content": "say 1"}]}).encode()
REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n%b" % (
    len(BODY),
    BODY,
)


@contextmanager
def connected(server: ChatServer) -> Generator[socket.socket]:
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        yield client


def received(server: ChatServer) -> bytes:
    """Return all that comes until the server closes the connection, or nothing more for a while.

    Raises ConnectionResetError where it is reset.
    """
    pieces: list[bytes] = []
    with connected(server) as client:
        client.sendall(REQUEST)
        client.settimeout(0.5)
        try:
            while piece := client.recv(1 << 16):
                pieces.append(piece)
        except TimeoutError:
            pass
    return b"".join(pieces)


def answered_with(answer: Answer) -> bytes:
    with ChatServer(lambda _: answer) as server:
        return received(server)


@pytest.mark.parametrize("cut", ["before", "headers", "inside"])
def test_a_reset_is_a_reset(cut: answers.Cut) -> None:
    with pytest.raises(ConnectionResetError):
        answered_with(answers.reset(cut))


@pytest.mark.parametrize("answer", [answers.cut_before(), answers.cut_inside()])
def test_a_cut_answer_ends_early_and_in_peace(answer: Answer) -> None:
    assert answered_with(answer) == answer.up_to_cut()
    assert len(answer.up_to_cut()) < len(answer.encoded())


def test_a_hung_answer_never_comes() -> None:
    assert answered_with(answers.hung()) == b""


def test_chunks_hold_the_body_and_end_when_they_are_not_cut() -> None:
    whole = answered_with(answers.chunked(echoed("say 1")))
    assert b"Transfer-Encoding: chunked" in whole
    assert b"Content-Length" not in whole
    assert whole.endswith(b"\r\n0\r\n\r\n")
    cut = answered_with(answers.chunked(answers.cut_inside()))
    assert b"\r\n0\r\n\r\n" not in cut


def test_truncated_json_has_the_length_that_it_says() -> None:
    head, _, body = answered_with(answers.truncated_json()).partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head
    with pytest.raises(ValueError, match=r"."):
        json.loads(body)


def test_compressed_answers_are_the_same_once_unpacked() -> None:
    _, _, body = answered_with(answers.gzipped(echoed("say 1"))).partition(b"\r\n\r\n")
    assert gzip.decompress(body) == echoed("say 1").body


def test_a_dripping_answer_takes_its_time_and_is_whole() -> None:
    started = time.monotonic()
    dripping = answers.dripping(answers.garbage(), 0.01)
    assert answered_with(dripping) == dripping.encoded()
    assert time.monotonic() - started >= 0.01 * (len(dripping.body) - 1)


def test_a_server_that_is_away_refuses_and_comes_back_on_the_same_port() -> None:
    with ChatServer(lambda _: echoed("say 1")) as server, connected(server) as client:
        client.sendall(REQUEST)
        assert client.recv(1 << 16) == echoed("say 1").encoded()
        server.go_away(0.5)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        with pytest.raises(ConnectionRefusedError):
            received(server)
        time.sleep(0.7)
        assert received(server) == echoed("say 1").encoded()


def test_only_whole_good_answers_count_as_answered() -> None:
    faults = iter([answers.cut_inside(), answers.garbage(), answers.server_error()])
    script = Script(lambda asked, attempt: next(faults, None))
    with ChatServer(script, sent=script.sent) as server:
        for _ in range(3):
            received(server)
            assert script.answered == {}
        received(server)
    assert (script.asked, script.answered) == ({"say 1": 4}, {"say 1": 1})


def test_random_faults_are_the_same_each_time_and_as_many_as_said() -> None:
    faults: list[Fault] = [lambda asked: answers.hung(), lambda asked: answers.garbage()]
    plan = at_random(faults, 0.1, seed=3)
    drawn = [plan(f"say {n}", 0) for n in range(2000)]
    assert drawn == [plan(f"say {n}", 0) for n in range(2000)]
    for answer in (answers.hung(), answers.garbage()):
        assert 150 < drawn.count(answer) < 250
    assert drawn != [plan(f"say {n}", 1) for n in range(2000)]


def test_requests_to_other_addresses_are_kept_apart() -> None:
    with ChatServer() as server:
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{server.api_base}/models", timeout=5)
        ((first, headers),) = server.strays
    assert first == "GET /v1/models HTTP/1.1"
    assert "host" in headers
