"""A server that goes away in the middle of a run: the run waits, goes on by itself, or says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import (
    LITELLM,
    assert_complete,
    assert_nothing_is_lost_or_mixed_up,
    failures,
    good_rows,
    number_of,
    question,
    questions,
    run,
    said_by_evalrun,
)
from servers.answers import Answer
from servers.chat_server import ChatServer, bound_socket
from servers.script import Script

SIZE = 200
# The question during which the server goes.
LAST = 60
CONNECTIONS = "run.max_connections=8"


def leaving_server(script: Script, seconds: float) -> ChatServer:
    """Return a server that resets all connections at question `LAST`, for `seconds`."""
    server = ChatServer(script, sent=script.sent, delay_s=0.02)

    def plan(asked: str, attempt: int) -> Answer | None:
        if number_of(asked) == LAST and attempt == 0:
            server.go_away(seconds)
        return None

    script.plan = plan
    return server


@pytest.mark.parametrize(
    ("seconds", "engine"),
    [
        pytest.param(3.0, (), id="3 s"),
        pytest.param(3.0, LITELLM, id="3 s, litellm"),
        pytest.param(30.0, (), id="30 s", marks=pytest.mark.slow),
    ],
)
def test_the_run_pauses_while_the_server_is_away_and_goes_on_by_itself(
    seconds: float, engine: tuple[str, ...], tmp_path: Path
) -> None:
    script = Script()
    with leaving_server(script, seconds) as server:
        started = time.monotonic()
        done = run(tmp_path, server.api_base, CONNECTIONS, "run.retries=1", *engine, size=SIZE)
        took_s = time.monotonic() - started
    assert done.returncode == 0, done.stderr
    assert_complete(tmp_path, SIZE, script)
    assert done.stderr.count("the server does not answer") == 1
    assert done.stderr.count("the server is back") == 1
    assert "connection refused" in done.stderr or "connection broke" in done.stderr
    # The pauses between probes grow; none is longer than the outage so far, or 30 s.
    assert seconds < took_s < 2 * seconds + 30


def test_a_server_that_does_not_come_back_ends_the_run_which_can_be_resumed(
    tmp_path: Path,
) -> None:
    script = Script()
    overrides = (CONNECTIONS, "run.retries=1", "run.max_outage_s=3")
    with leaving_server(script, 3600) as server:
        started = time.monotonic()
        first = run(tmp_path, server.api_base, *overrides, size=SIZE)
        took_s = time.monotonic() - started
        assert first.returncode == 1, first.stderr
        assert 3 < took_s < 15
        (line,) = said_by_evalrun(first.stderr)
        assert "connection refused" in line
        assert "run again" in line
        assert failures(tmp_path) == {}
        done = {f"say {row['sample_id'][1:]}" for row in good_rows(tmp_path)}
        assert len(done) >= LAST - 8
        server.come_back()
        before = script.asked.copy()
        second = run(tmp_path, server.api_base, *overrides, size=SIZE)
    assert second.returncode == 0, second.stderr
    assert_complete(tmp_path, SIZE, script)
    assert script.asked - before == dict.fromkeys(questions(SIZE) - done, 1)


@pytest.fixture
def refusing_port() -> Iterator[int]:
    """Hold a port on which nobody listens."""
    with bound_socket() as held:
        yield held.getsockname()[1]


@pytest.mark.parametrize("engine", [(), LITELLM], ids=["fast", "litellm"])
def test_a_wrong_port_is_said_after_a_bounded_time(
    engine: tuple[str, ...], refusing_port: int, tmp_path: Path
) -> None:
    started = time.monotonic()
    api_base = f"http://127.0.0.1:{refusing_port}/v1"
    done = run(tmp_path, api_base, CONNECTIONS, "run.max_outage_s=2", *engine, size=SIZE)
    took_s = time.monotonic() - started
    assert done.returncode == 1, done.stderr
    assert took_s < 30
    (line,) = said_by_evalrun(done.stderr)
    assert "connection refused" in line
    assert f"127.0.0.1:{refusing_port}" in line
    assert good_rows(tmp_path) == []


def test_a_server_that_restarts_again_and_again_gets_every_sample_done(tmp_path: Path) -> None:
    """Each absence ends a wave of requests; none of them is lost, none pays with its retries."""
    script = Script()
    server = ChatServer(script, sent=script.sent, delay_s=0.02)

    def plan(asked: str, attempt: int) -> Answer | None:
        if number_of(asked) % 50 == 25 and attempt == 0:
            server.go_away(0.7)
        return None

    script.plan = plan
    with server:
        done = run(tmp_path, server.api_base, CONNECTIONS, "run.retries=1", size=SIZE)
    assert done.returncode == 0, done.stderr
    assert_complete(tmp_path, SIZE, script)


def test_a_request_that_breaks_its_server_is_recorded_and_the_others_are_answered(
    tmp_path: Path,
) -> None:
    """One sample, always the same, costs its connection; it must not be asked for ever."""
    poison = question(SIZE // 4)
    script = Script(lambda asked, _: _broken() if asked == poison else None)
    with ChatServer(script, sent=script.sent) as server:
        done = run(tmp_path, server.api_base, CONNECTIONS, "run.retries=2", size=SIZE // 2)
    assert done.returncode == 1, done.stderr
    assert_nothing_is_lost_or_mixed_up(tmp_path, SIZE // 2)
    assert failures(tmp_path) == {f"q{SIZE // 4}": "connection"}
    assert script.asked[poison] == 3


def _broken() -> Answer:
    return Answer(cut="before", reset=True)
