"""The protocol: the question, then "are you sure?"; the last reply is graded."""

from __future__ import annotations

import msgspec
from evalrun.core.config import Options, Positive
from evalrun.core.content import Message
from evalrun.core.exchange import Reply, SampleKey, Sampling
from evalrun.core.interfaces import Endpoint, Play, RoleReply
from evalrun.core.sample import Sample
from evalrun.runners.prompts import whole_prompt
from evalrun.runners.protocols import only_turn, request_of


class SecondThoughtsOptions(Options, frozen=True):
    """The section `protocol` of `protocol=second_thoughts`: how often, and in which words."""

    name: str
    times: Positive = 1
    words: str = "Are you sure? Count again, and answer with a number."


class SecondThoughts:
    """One question a sample, doubted `times` times.

    Replies before the last are kept as `intermediate`: they cost as much, and no scorer sees them.
    """

    Options = SecondThoughtsOptions
    many_calls = True  # each reply is stored as it comes, and none is asked for twice

    def __init__(self, options: SecondThoughtsOptions) -> None:
        self._options = options
        self.label = f"second_thoughts-{options.times}"

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Ask, and ask again. Raises DataError for a sample of several turns."""
        turn = only_turn(sample, "protocol=second_thoughts asks one")
        times = self._options.times
        prompt = msgspec.structs.replace(whole_prompt(sample), requests=times + 1)
        doubt = (Message("user", self._options.words),)
        replies: list[Reply] = []
        async with endpoint.open(prompt, key) as session:
            for number in range(times + 1):
                said = doubt if number else ()
                request = request_of(turn, sampling, number, messages=said, keep="reply")
                replies.append(await session.generate(request))
        *earlier, last = replies
        return Play(replies=(last,), intermediate=tuple(map(RoleReply, earlier)))
