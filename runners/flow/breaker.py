"""A circuit breaker: while a server is down, everybody waits and one call tries.

M. Nygard, "Release It!" (2007). Closed: calls go. Open: none goes but one probe at a time, after
pauses that grow from 1 to 30 s; the first answer closes it. What is counted:

- A broken connection, an attempt out of time, and a 5xx speak against the server. Five in a row, or
  a quarter of as many attempts as may run if that is more, open the breaker.
- A reply, a rate limit, and the refusal of one sample are answers: the server is there.
- An unreadable reply is neither: a server may garble one sample again and again, and a gateway
  everything. When 20 different calls in a row get one, it speaks against the server after all.

A call does not pay with its retries for an outage. A refused connection and an overloaded server
meet every call alike. A 5xx, no reply in time, or a connection cut after a while may be due to what
one call asks; they count as an outage only when three calls have failed since the last answer, else
a sample that breaks the server each time would be asked for ever. An unreadable reply always costs
a retry.

When the patience is over and only such unclear failures of a few calls have come since the last
answer, the calls are to blame: they pay with their retries again, are recorded, and the run goes
on. Otherwise it ends: the server is down.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import msgspec

from ...core.errors import FailureKind, OutageError, SampleError
from .backoff import jittered

FAILURES_TO_OPEN = 5
UNREADABLE_TO_OPEN = 20
CALLS_OF_AN_OUTAGE = 3
CALLS_OF_A_DEAD_SERVER = 32
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
# A server that has never answered is more likely not there than down.
PATIENCE_AT_FIRST_S = 60.0
# A connection that holds longer was accepted, and cut while the server was at work.
REFUSED_WITHIN_S = 5.0

Blame = Literal["server", "unclear", "call"]


def blame(kind: FailureKind, elapsed_s: float) -> Blame:
    """Return whether a failure after `elapsed_s` is due to the server or to what the call asks."""
    if kind == "overloaded" or (kind == "connection" and elapsed_s < REFUSED_WITHIN_S):
        return "server"
    return "call" if kind == "bad_reply" else "unclear"


class Streak:
    """Failures of a client with no answer between them."""

    __slots__ = ("calls", "failures", "has_opened", "is_of_calls", "unreadable")

    def __init__(self) -> None:
        self.failures = 0
        self.unreadable = 0
        self.calls = 0
        self.has_opened = False
        # Whether what is unclear was put down to the calls, after long enough.
        self.is_of_calls = False

    def add(self, kind: FailureKind, *, newcomer: bool) -> None:
        """Count a failure; a `newcomer` is a call that had none in this streak."""
        self.calls += newcomer
        if kind == "bad_reply":
            self.unreadable += newcomer
        else:
            self.failures += 1

    def is_general(self, whose: Blame) -> bool:
        """Whether such a failure would have met another call too."""
        if whose == "unclear":
            return self.calls >= CALLS_OF_AN_OUTAGE and not self.is_of_calls
        return whose == "server"


class Setback(msgspec.Struct, frozen=True):
    """One failure of a call; `streak` is None if the server answered."""

    blame: Blame
    streak: Streak | None = None

    @property
    def costs_a_retry(self) -> bool:
        """Whether it counts against `run.retries`; it may cease to, when the breaker opens."""
        streak = self.streak
        return streak is None or not (streak.has_opened and streak.is_general(self.blame))


class Outage:
    """The time for which the breaker is open; the breaker hands it to its probe, to be known."""

    __slots__ = ("began_at", "error", "next_probe_at", "pause_s", "probing")

    def __init__(self, error: SampleError, now: float) -> None:
        self.error = error
        self.began_at = now
        self.pause_s = FIRST_PAUSE_S
        self.next_probe_at = now + jittered(self.pause_s)
        self.probing = False

    def failed(self, error: SampleError, now: float, ends_at: float) -> None:
        """Wait longer before the next probe; the last one is made when the outage ends the run."""
        self.error = error
        self.probing = False
        self.pause_s = min(LONGEST_PAUSE_S, 2 * self.pause_s)
        pause_s = jittered(self.pause_s)
        left_s = ends_at - now
        self.next_probe_at = now + (min(pause_s, left_s) if left_s > 0 else pause_s)

    def try_soon(self, now: float) -> None:
        """Have the next probe made as soon as the first one."""
        self.pause_s = FIRST_PAUSE_S
        self.next_probe_at = now + jittered(self.pause_s)


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that failed after `elapsed_s`.

    `failed_in` is the streak in which its call failed before, `probe` the outage that it probed.
    """

    error: SampleError
    elapsed_s: float
    failed_in: Streak | None = None
    probe: Outage | None = None


class Breaker:
    """Counts the failures of one client and says when the next attempt may start.

    An outage ends the run when a probe fails after more than `max_outage_s` (60 s if that is less,
    where the server has never answered). A probe that runs is waited for: its reply may be long.
    Times are in seconds on any one clock.
    """

    def __init__(self, max_outage_s: float, tell: Callable[[str], None]) -> None:
        self._max_outage_s = max_outage_s
        self._tell = tell
        self._streak = Streak()
        self._outage: Outage | None = None
        self._has_answered = False

    @property
    def outage(self) -> Outage | None:
        """The outage under way."""
        return self._outage

    def wait_s(self, now: float) -> float:
        """Return the seconds until an attempt may start; infinite while a probe is under way."""
        outage = self._outage
        if outage is None:
            return 0.0
        return math.inf if outage.probing else outage.next_probe_at - now

    def started(self) -> Outage | None:
        """Note that an attempt starts; return the outage that it probes."""
        if self._outage is not None:
            self._outage.probing = True
        return self._outage

    def answered(self, now: float) -> None:
        """Note that the server answered."""
        self._has_answered = True
        if self._streak.calls:
            self._streak = Streak()
        if self._outage is not None:
            down_s = now - self._outage.began_at
            self._outage = None
            self._tell(f"the server is back after {down_s:.0f} s; going on")

    def dropped(self, probe: Outage | None) -> None:
        """Note that an attempt ended without a verdict on the server: another may probe."""
        if probe is not None:
            probe.probing = False

    def failed(self, failure: Failed, now: float, limit: int) -> Setback:
        """Note a failure that is no answer, where `limit` attempts may run at a time.

        Raises OutageError when the run ends.
        """
        streak, error = self._streak, failure.error
        streak.add(error.kind, newcomer=failure.failed_in is not streak)
        setback = Setback(blame(error.kind, failure.elapsed_s), streak)
        if self._outage is None:
            if _opens(streak, limit):
                self._open(error, now)
        elif failure.probe is self._outage:
            self._probe_failed(self._outage, setback, error, now)
        return setback

    def _open(self, error: SampleError, now: float) -> None:
        self._streak.has_opened = True
        self._outage = Outage(error, now)
        self._tell(
            f"the server does not answer ({error}): paused, trying again; "
            "the run goes on by itself when it is back"
        )

    def _probe_failed(
        self, outage: Outage, setback: Setback, error: SampleError, now: float
    ) -> None:
        streak = self._streak
        ends_at = outage.began_at + self._patience_s()
        is_over = now >= ends_at and (streak.is_general(setback.blame) or self._is_garbled())
        if is_over and self._may_be_due_to_calls(setback.blame):
            streak.is_of_calls = True
        elif is_over or (streak.is_of_calls and streak.calls >= CALLS_OF_A_DEAD_SERVER):
            raise OutageError(self._last_words(error, now - outage.began_at))
        outage.failed(error, now, ends_at)
        if streak.is_of_calls:
            outage.try_soon(now)

    def _may_be_due_to_calls(self, whose: Blame) -> bool:
        """Whether a few calls may be to blame, of a server that has answered others."""
        few = self._streak.calls < CALLS_OF_A_DEAD_SERVER
        return whose == "unclear" and self._has_answered and few

    def _is_garbled(self) -> bool:
        return self._streak.unreadable >= UNREADABLE_TO_OPEN

    def _patience_s(self) -> float:
        if self._has_answered:
            return self._max_outage_s
        return min(PATIENCE_AT_FIRST_S, self._max_outage_s)

    def _last_words(self, error: SampleError, down_s: float) -> str:
        since = f"has not answered for {down_s:.0f} s" if self._has_answered else "never answered"
        slow = "; if its replies are only slow, raise run.timeout_s" * (error.kind == "timeout")
        return (
            f"the server {since} (last: {error}){slow}; what was finished is kept: "
            "run again when it is back"
        )


def _opens(streak: Streak, limit: int) -> bool:
    enough = max(FAILURES_TO_OPEN, limit // 4)
    return streak.failures >= enough or streak.unreadable >= UNREADABLE_TO_OPEN
