"""The gate: what each end of an attempt changes for those that follow."""

from __future__ import annotations

import math

import pytest
from scripted_client import failing

from evalrun.core.config import RunOptions
from evalrun.core.errors import FailureKind, OutageError
from evalrun.core.exchange import Usage
from evalrun.runners.flow.gate import Gate
from evalrun.runners.notices import Notices


def gate_of(**options: object) -> Gate:
    return Gate(RunOptions(**options), Notices(lambda _: None))  # type: ignore[arg-type]


def test_whoever_comes_when_all_connections_are_in_use_waits_for_an_end() -> None:
    gate = gate_of(max_connections=2)
    first, second = gate.enter(0, 0.0), gate.enter(0, 0.0)
    assert gate.wait_s(0, 0.5) == math.inf
    gate.succeeded(first, Usage(), 1.0)
    assert gate.wait_s(0, 1.0) <= 0
    gate.dropped(second)
    assert gate.running == 0


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("rate_limit", 4),
        ("overloaded", 4),
        ("timeout", 4),
        ("connection", 8),
        ("server", 8),
        ("bad_reply", 8),
    ],
)
def test_signs_of_overload_halve_the_limit(kind: FailureKind, limit: int) -> None:
    gate = gate_of(max_connections=8)
    gate.failed(gate.enter(0, 0.0), failing(kind), 1.0, None)
    assert gate.limit.limit == limit


def test_the_limit_grows_only_while_it_is_used_up() -> None:
    gate = gate_of(max_connections=500)
    gate.succeeded(gate.enter(0, 0.0), Usage(), 1.0)
    assert gate.limit.limit == 64
    tickets = [gate.enter(0, 1.0) for _ in range(64)]
    gate.succeeded(tickets[0], Usage(), 2.0)
    assert gate.limit.limit == 65


@pytest.mark.parametrize(
    ("kind", "wait_s"), [("rate_limit", 20.0), ("overloaded", 20.0), ("server", 0.0)]
)
def test_a_pause_is_for_all_when_it_is_asked_of_all(kind: FailureKind, wait_s: float) -> None:
    gate = gate_of()
    gate.failed(gate.enter(0, 0.0), failing(kind, after=20.0), 1.0, None)
    assert max(0.0, gate.wait_s(0, 1.0)) == wait_s
    assert gate.wait_s(0, 21.0) <= 0


def test_a_shorter_pause_does_not_cut_a_longer_one() -> None:
    gate = gate_of()
    tickets = [gate.enter(0, 0.0) for _ in range(2)]
    gate.failed(tickets[0], failing("rate_limit", after=20.0), 1.0, None)
    gate.failed(tickets[1], failing("rate_limit", after=2.0), 2.0, None)
    assert gate.wait_s(0, 2.0) == 19.0
    assert gate.paused(2.0) == "the server asks to wait 19 s"
    assert gate.paused(21.0) is None


@pytest.mark.parametrize("kind", ["rate_limit", "server"])
def test_a_pause_longer_than_an_outage_may_be_ends_the_run(kind: FailureKind) -> None:
    gate = gate_of(max_outage_s=60.0)
    with pytest.raises(OutageError, match=r"pause of 3,600 s.*run\.max_outage_s=60"):
        gate.failed(gate.enter(0, 0.0), failing(kind, after=3_600.0), 1.0, None)
    assert gate.running == 0


@pytest.mark.parametrize(
    ("kind", "passing"), [("rate_limit", True), ("context_length", False), ("bad_request", False)]
)
def test_a_refusal_is_an_answer(kind: FailureKind, passing: bool) -> None:
    gate = gate_of(max_connections=8)
    for _ in range(20):
        ticket = gate.enter(0, 0.0)
        for _ in range(4):
            gate.failed(gate.enter(0, 0.0), failing("connection"), 0.1, None)
        setback = gate.failed(ticket, failing(kind, passing=passing), 0.1, None)
        assert setback.costs_a_retry
    assert gate.paused(1.0) is None
    for _ in range(5):
        gate.failed(gate.enter(0, 0.0), failing("connection"), 0.1, None)
    assert gate.paused(1.0) == "the server does not answer"
