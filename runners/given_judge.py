"""A judge whose words stand in a file, beside the replies that they are about."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from ..core.errors import DataError, EndpointError
from ..core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey
from ..core.interfaces import Session
from .given import GivenPredictions

_NO_TIME = ReplyTiming(latency_s=0.0)


class GivenJudge:
    """Answers the questions about a prediction by its line's `judge_reply`, one after another.

    The first question that a scorer begins to ask gets the first text, and so on, so that the
    order is that of asking even where several are asked at once.
    """

    max_concurrency = None

    def __init__(self, given: GivenPredictions) -> None:
        self._given = given
        self._asked: Counter[int] = Counter()

    def open(
        self,
        prompt: Prompt,  # noqa: ARG002 - what was asked is not in the file
        key: SampleKey,
    ) -> AbstractAsyncContextManager[Session]:
        """Hold nothing: the answer is known."""
        return nullcontext(_GivenSession(self, key))

    def environment(self) -> dict[str, Any]:
        """Return nothing: it is not known what judged."""
        return {}

    async def close(self) -> None:
        """Hold nothing."""

    def next_reply(self, key: SampleKey) -> str:
        """Return the next text of the line for `key`.

        Raises EndpointError, which no scorer takes for a verdict, naming the line that has too few.
        """
        place = self._given.place_of(key)
        if place is None:
            raise EndpointError(f"{key.sample_id}: no line of its own has its 'judge_reply'")
        number = self._asked[place]
        self._asked[place] += 1
        replies = self._given.line(place).judge_replies or ()
        if number >= len(replies):
            raise EndpointError(
                f"{self._given.at(place)}: {_counted(len(replies))} in 'judge_reply', and the "
                f"scorer asks for {number + 1} or more"
            )
        return replies[number]

    def refuse_unasked(self) -> None:
        """Raise DataError naming the first line whose texts cannot be told whose they are.

        A reply that its scorer grades without its judge needs none of them. Where some are used,
        all must be; and a line that holds nothing else is not graded without them.
        """
        for place in range(len(self._given.keys)):
            line, asked = self._given.line(place), self._asked[place]
            replies = len(line.judge_replies or ())
            if 0 < asked < replies:
                raise DataError(
                    f"{self._given.at(place)}: {_counted(replies)} in 'judge_reply', and the "
                    f"scorer asks for {asked}: give one for each question, in that order"
                )
            if not asked and line.outputs is None:
                raise DataError(
                    f"{self._given.at(place)}: the scorer grades this row without its judge, by "
                    "the reply itself: give 'prediction' beside 'judge_reply'"
                )


class _GivenSession:
    def __init__(self, judge: GivenJudge, key: SampleKey) -> None:
        self._judge = judge
        self._key = key

    async def generate(self, request: Request) -> Reply:  # noqa: ARG002 - see open()
        return Reply(text=self._judge.next_reply(self._key), stop_reason="stop", timing=_NO_TIME)


def _counted(replies: int) -> str:
    return "1 reply" if replies == 1 else f"{replies} replies"
