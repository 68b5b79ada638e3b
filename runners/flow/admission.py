"""The line in front of the gate: first come, first served."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict

from ...core.errors import EndpointError, OutageError
from .gate import Gate, Ticket

# Loops round timers to milliseconds; a timer of less would come back too early, again and again.
_SHORTEST_TIMER_S = 0.001


class Admission:
    """Lets calls through `gate` in the order in which they came, each at a constant cost.

    Whoever changes what the gate may answer calls `move` afterwards. Belongs to one event loop.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._line: OrderedDict[asyncio.Future[Ticket], int] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._end: EndpointError | OutageError | None = None

    async def admit(self, tokens: int) -> Ticket:
        """Wait until an attempt of about `tokens` tokens may start; hand its ticket back after it.

        Raises what `end` was given.
        """
        if self._end is not None:
            raise _copy(self._end)
        loop = asyncio.get_running_loop()
        if not self._line:
            now = loop.time()
            if self._gate.wait_s(tokens, now) <= 0:
                return self._gate.enter(tokens, now)
        place: asyncio.Future[Ticket] = loop.create_future()
        self._line[place] = tokens
        if len(self._line) == 1:
            self.move()
        try:
            return await place
        except asyncio.CancelledError:
            self._leave(place)
            raise

    def move(self) -> None:
        """Let through whoever may go now, and come back when the first in line may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._line:
            place, tokens = next(iter(self._line.items()))
            if not place.done():  # else it is cancelled, and about to leave
                loop = place.get_loop()
                now = loop.time()
                wait_s = self._gate.wait_s(tokens, now)
                if wait_s > 0:
                    self._come_back(loop, wait_s)
                    return
                place.set_result(self._gate.enter(tokens, now))
            self._line.popitem(last=False)

    def end(self, error: EndpointError | OutageError) -> None:
        """Let nobody through any more: `error` is raised for all who wait and all who will come."""
        self._end = error
        while self._line:
            place, _ = self._line.popitem(last=False)
            if not place.done():
                place.set_exception(_copy(error))
        self.move()

    def _come_back(self, loop: asyncio.AbstractEventLoop, wait_s: float) -> None:
        if wait_s < math.inf:
            self._timer = loop.call_later(max(wait_s, _SHORTEST_TIMER_S), self.move)

    def _leave(self, place: asyncio.Future[Ticket]) -> None:
        """Take a cancelled call out of the line, or hand back the ticket it did not live to use."""
        self._line.pop(place, None)
        if not place.cancelled() and place.exception() is None:
            self._gate.dropped(place.result())
        self.move()


def _copy(error: EndpointError | OutageError) -> EndpointError | OutageError:
    """Return `error` without the traceback of who met it."""
    return type(error)(*error.args)
