"""What decides whether an attempt may start now, and learns from how it ends; it never waits."""

from __future__ import annotations

import math

import msgspec

from ...core.config import RunOptions
from ...core.errors import FailureKind, OutageError, SampleError
from ...core.exchange import Usage
from ..notices import Notices
from .adaptive import AdaptiveLimit, ConcurrencyLimit, FixedLimit
from .breaker import Breaker, Failed, Outage, Setback, Streak
from .rates import Rates

_OVERLOAD: frozenset[FailureKind] = frozenset({"rate_limit", "overloaded", "timeout"})
_PAUSES_ALL: frozenset[FailureKind] = frozenset({"rate_limit", "overloaded"})
_NO_ANSWER: frozenset[FailureKind] = frozenset(
    {"connection", "timeout", "server", "overloaded", "bad_reply"}
)


class Ticket(msgspec.Struct, frozen=True, gc=False):
    """The right to make one attempt, to be handed back; `probe` is the outage that it probes."""

    started_at: float
    tokens: int
    probe: Outage | None


class Gate:
    """The limits of one client: connections, rates, the server's pauses, outages.

    Every ticket is handed back once: to `succeeded`, `failed` or `dropped`. Times are in seconds on
    any one clock.
    """

    def __init__(self, options: RunOptions, notices: Notices) -> None:
        most = options.max_connections
        self.limit: ConcurrencyLimit = AdaptiveLimit(most) if options.adaptive else FixedLimit(most)
        self.running = 0
        self.rates = Rates(options.requests_per_minute, options.tokens_per_minute)
        self._breaker = Breaker(options.max_outage_s, notices.say)
        self._max_outage_s = options.max_outage_s
        self._paused_until = -math.inf

    def wait_s(self, tokens: int, now: float) -> float:
        """Return the seconds until an attempt of about `tokens` tokens may start.

        Not above 0 means now; infinite, that another attempt must end first.
        """
        if self.running >= self.limit.limit:
            return math.inf
        return max(
            self._paused_until - now, self._breaker.wait_s(now), self.rates.wait_s(tokens, now)
        )

    def enter(self, tokens: int, now: float) -> Ticket:
        """Start an attempt, for which `wait_s` is not above 0."""
        self.running += 1
        self.rates.take(tokens)
        return Ticket(now, tokens, self._breaker.started())

    def succeeded(self, ticket: Ticket, usage: Usage, now: float) -> None:
        """End an attempt with a reply."""
        saturated = self.running >= self.limit.limit
        self.running -= 1
        self.limit.succeeded(ticket.started_at, now, saturated=saturated)
        self.rates.correct(ticket.tokens, usage)
        self._breaker.answered(now)

    def failed(
        self, ticket: Ticket, error: SampleError, now: float, failed_in: Streak | None
    ) -> Setback:
        """End an attempt with `error`; `failed_in` is the streak in which its call failed before.

        Raises OutageError when the run is not to wait any longer for the server.
        """
        self.running -= 1
        if error.kind in _OVERLOAD:
            self.limit.troubled(ticket.started_at, now)
        if error.retry_after_s is not None:
            self._pause(error, error.retry_after_s, now)
        if not error.passing or error.kind not in _NO_ANSWER:
            self._breaker.answered(now)
            return Setback("call")
        failure = Failed(
            error=error,
            elapsed_s=now - ticket.started_at,
            failed_in=failed_in,
            probe=ticket.probe,
        )
        return self._breaker.failed(failure, now, self.limit.limit)

    def dropped(self, ticket: Ticket) -> None:
        """End an attempt that was cancelled, or failed in a way that says nothing of the server."""
        self.running -= 1
        self._breaker.dropped(ticket.probe)

    def paused(self, now: float) -> str | None:
        """Return in a few words why no attempt starts, while that is so."""
        if self._breaker.outage is not None:
            return "the server does not answer"
        left_s = self._paused_until - now
        return f"the server asks to wait {math.ceil(left_s)} s" if left_s > 0 else None

    def _pause(self, error: SampleError, pause_s: float, now: float) -> None:
        """Let nobody start before the pause ends that the server names for all."""
        if pause_s > self._max_outage_s:
            raise OutageError(
                f"the server asks for a pause of {pause_s:,.0f} s, which is longer than "
                f"run.max_outage_s={self._max_outage_s:g} ({error}); what was finished is kept: "
                "run again after that time"
            )
        if error.kind in _PAUSES_ALL:
            self._paused_until = max(self._paused_until, now + pause_s)
