"""The circuit breaker: when it opens, who probes, when it closes, when it gives up."""

from __future__ import annotations

import math

import pytest
from scripted_client import failing

from evalrun.core.errors import FailureKind, OutageError
from evalrun.runners.flow.breaker import Breaker, Failed, Outage, Setback, Streak, blame


class Circuit:
    """A breaker, and what happens to its calls, each failure a new call's unless said."""

    def __init__(self, max_outage_s: float = 300.0, limit: int = 8) -> None:
        self.told: list[str] = []
        self.breaker = Breaker(max_outage_s, self.told.append)
        self.limit = limit
        self.now = 0.0

    @property
    def is_open(self) -> bool:
        return self.breaker.outage is not None

    def fail(
        self,
        kind: FailureKind = "connection",
        *,
        before: Setback | None = None,
        probe: Outage | None = None,
        elapsed_s: float = 0.1,
    ) -> Setback:
        failure = Failed(
            error=failing(kind, f"{kind}!"),
            elapsed_s=elapsed_s,
            failed_in=before.streak if before else None,
            probe=probe,
        )
        return self.breaker.failed(failure, self.now, self.limit)

    def probe(self) -> Outage:
        """Wait until a probe may start, and start it."""
        self.now += max(0.0, self.breaker.wait_s(self.now))
        probe = self.breaker.started()
        assert probe is not None
        return probe

    def probe_in_vain(self, kind: FailureKind = "connection") -> None:
        while True:
            self.fail(kind, probe=self.probe())


def opened(kind: FailureKind = "connection", **options: float) -> Circuit:
    circuit = Circuit(**options)  # type: ignore[arg-type]
    circuit.breaker.answered(0.0)
    for _ in range(20):
        if not circuit.is_open:
            circuit.fail(kind)
    assert circuit.is_open
    return circuit


@pytest.mark.parametrize("kind", ["connection", "timeout", "server", "overloaded"])
def test_five_failures_in_a_row_open_it(kind: FailureKind) -> None:
    circuit = Circuit()
    for _ in range(4):
        circuit.fail(kind)
    assert not circuit.is_open
    assert circuit.breaker.wait_s(circuit.now) <= 0
    circuit.fail(kind)
    assert circuit.is_open
    assert circuit.told == [
        f"the server does not answer ({kind}!): paused, trying again; "
        "the run goes on by itself when it is back"
    ]


def test_with_many_connections_it_takes_a_quarter_of_them() -> None:
    circuit = Circuit(limit=64)
    for _ in range(15):
        circuit.fail()
    assert not circuit.is_open
    circuit.fail()
    assert circuit.is_open


def test_an_answer_begins_the_count_anew() -> None:
    circuit = Circuit()
    for _ in range(10):
        for _ in range(4):
            circuit.fail()
        circuit.breaker.answered(circuit.now)
    assert not circuit.is_open
    assert circuit.told == []


def test_unreadable_replies_neither_count_nor_begin_the_count_anew() -> None:
    circuit = Circuit()
    for _ in range(4):
        circuit.fail()
        circuit.fail("bad_reply")
    assert not circuit.is_open
    circuit.fail()
    assert circuit.is_open


def test_unreadable_replies_to_twenty_different_calls_open_it() -> None:
    circuit = Circuit()
    for _ in range(19):
        first = circuit.fail("bad_reply")
        for _ in range(5):
            circuit.fail("bad_reply", before=first)
    assert not circuit.is_open
    circuit.fail("bad_reply")
    assert circuit.is_open


def test_one_call_at_a_time_probes() -> None:
    circuit = opened()
    assert 0.5 <= circuit.breaker.wait_s(circuit.now) <= 1.0
    circuit.probe()
    assert circuit.breaker.wait_s(circuit.now) == math.inf


def test_a_probe_that_is_dropped_lets_another_probe_at_once() -> None:
    circuit = opened()
    circuit.breaker.dropped(circuit.probe())
    assert circuit.breaker.wait_s(circuit.now) <= 0


def test_pauses_between_probes_grow_from_one_to_thirty_seconds() -> None:
    circuit = opened(max_outage_s=10_000.0)
    for ceiling in (1, 2, 4, 8, 16, 30, 30, 30):
        assert ceiling / 2 <= circuit.breaker.wait_s(circuit.now) <= ceiling
        circuit.fail(probe=circuit.probe())


def test_an_answer_closes_it_and_says_for_how_long_the_server_was_away() -> None:
    circuit = opened()
    circuit.probe()
    circuit.now = 31.2
    circuit.breaker.answered(circuit.now)
    assert not circuit.is_open
    assert circuit.breaker.wait_s(circuit.now) <= 0
    assert circuit.told[1:] == ["the server is back after 31 s; going on"]


def test_late_failures_of_other_attempts_do_not_disturb_the_probe() -> None:
    circuit = opened()
    circuit.probe()
    circuit.fail()
    assert circuit.breaker.wait_s(circuit.now) == math.inf


def test_a_probe_of_an_earlier_outage_does_not_count_in_a_later_one() -> None:
    circuit = opened()
    old = circuit.probe()
    circuit.breaker.answered(circuit.now)
    for _ in range(5):
        circuit.fail()
    circuit.probe()
    circuit.fail(probe=old)
    assert circuit.breaker.wait_s(circuit.now) == math.inf


def test_after_max_outage_s_and_a_last_probe_the_run_ends() -> None:
    circuit = opened(max_outage_s=100.0)
    with pytest.raises(OutageError, match=r"not answered for 100 s \(last: connection!\).*again"):
        circuit.probe_in_vain()
    assert circuit.now == pytest.approx(100.0)


def test_a_probe_that_is_under_way_is_waited_for() -> None:
    circuit = opened(max_outage_s=100.0)
    circuit.probe()
    circuit.now = 400.0
    assert circuit.breaker.wait_s(circuit.now) == math.inf
    circuit.breaker.answered(circuit.now)
    assert not circuit.is_open


@pytest.mark.parametrize(("max_outage_s", "ends_at"), [(300.0, 60.0), (20.0, 20.0)])
def test_a_server_that_never_answered_gets_a_minute(max_outage_s: float, ends_at: float) -> None:
    circuit = Circuit(max_outage_s)
    for _ in range(5):
        circuit.fail()
    with pytest.raises(OutageError, match=r"never answered \(last: connection!\)"):
        circuit.probe_in_vain()
    assert circuit.now == pytest.approx(ends_at)


def test_an_outage_of_timeouts_names_the_time_limit() -> None:
    circuit = opened("timeout", max_outage_s=10.0)
    with pytest.raises(OutageError, match=r"raise run\.timeout_s"):
        circuit.probe_in_vain("timeout")


@pytest.mark.parametrize(
    ("kind", "elapsed_s", "expected"),
    [
        ("connection", 0.1, "server"),
        ("connection", 60.0, "unclear"),
        ("overloaded", 60.0, "server"),
        ("timeout", 600.0, "unclear"),
        ("server", 0.1, "unclear"),
        ("bad_reply", 0.1, "call"),
    ],
)
def test_what_a_failure_is_due_to(kind: FailureKind, elapsed_s: float, expected: str) -> None:
    assert blame(kind, elapsed_s) == expected


def test_failures_before_the_opening_cost_no_retry_once_it_is_open() -> None:
    circuit = Circuit()
    setbacks = [circuit.fail() for _ in range(4)]
    assert all(setback.costs_a_retry for setback in setbacks)
    setbacks.append(circuit.fail())
    assert not any(setback.costs_a_retry for setback in setbacks)
    circuit.breaker.answered(circuit.now)
    assert not any(setback.costs_a_retry for setback in setbacks)
    assert circuit.fail().costs_a_retry


def test_errors_that_only_one_or_two_calls_meet_cost_them_retries() -> None:
    circuit = Circuit()
    first = circuit.fail("server")
    second = circuit.fail("server")
    for _ in range(5):
        first, second = circuit.fail("server", before=first), circuit.fail("timeout", before=second)
    assert circuit.is_open
    assert first.costs_a_retry
    assert second.costs_a_retry
    circuit.fail("server")
    assert not first.costs_a_retry
    assert not second.costs_a_retry


def test_an_unreadable_reply_always_costs_a_retry() -> None:
    circuit = opened()
    assert circuit.fail("bad_reply").costs_a_retry


def test_one_call_that_fails_by_itself_does_not_end_the_run() -> None:
    circuit = Circuit(max_outage_s=10.0)
    circuit.breaker.answered(0.0)
    setback = circuit.fail("server")
    for _ in range(4):
        setback = circuit.fail("server", before=setback)
    for _ in range(10):
        setback = circuit.fail("server", before=setback, probe=circuit.probe())
    assert circuit.now > 20
    with pytest.raises(OutageError):
        circuit.probe_in_vain("server")


def test_a_gateway_that_garbles_everything_ends_the_run() -> None:
    circuit = opened("bad_reply", max_outage_s=10.0)
    with pytest.raises(OutageError):
        circuit.probe_in_vain("bad_reply")


def test_a_rate_limit_costs_a_retry() -> None:
    assert Setback("call").costs_a_retry
    assert Setback("server", Streak()).costs_a_retry


def test_after_the_patience_a_few_calls_that_always_fail_pay_for_it_and_are_given_up() -> None:
    circuit = opened("server", max_outage_s=10.0)
    while circuit.now < 10.0:
        latest = circuit.fail("server", probe=circuit.probe())
    assert latest.costs_a_retry
    before = circuit.now
    circuit.probe()
    assert circuit.now - before <= 2.0


def test_a_server_that_fails_every_call_ends_the_run_even_so() -> None:
    circuit = opened("server", max_outage_s=10.0)
    with pytest.raises(OutageError, match="not answered"):
        circuit.probe_in_vain("server")
    assert 10.0 <= circuit.now <= 120.0


def test_an_answer_after_that_makes_the_next_outage_one_of_the_server_again() -> None:
    circuit = opened("server", max_outage_s=10.0)
    while circuit.now < 10.0:
        circuit.fail("server", probe=circuit.probe())
    circuit.breaker.answered(circuit.now)
    setbacks = [circuit.fail("server") for _ in range(5)]
    assert not any(setback.costs_a_retry for setback in setbacks)
