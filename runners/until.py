"""Question after question, until a reply is not the one that goes on."""

from __future__ import annotations

from ..core.config import Options
from ..core.content import Message
from ..core.exchange import Reply, SampleKey, Sampling
from ..core.interfaces import Endpoint, Play
from ..core.sample import Sample
from .prompts import whole_prompt
from .protocols import request_of


class UntilOptions(Options, frozen=True):
    """The section `protocol` of `protocol=until`: how a reply begins after which is asked on."""

    name: str
    prefix: str = "+"


class Until:
    """One conversation, which ends with the first reply that does not begin with a prefix.

    White space before it and case aside. The model sees the prefix as its earlier replies. What is
    behind the last reply was not asked: the play is shorter than the sample.

    As generative process reward models of RLHFlow are asked step by step (ProcessBench's
    run_eval_prm_rlhflow.py).
    """

    Options = UntilOptions
    many_calls = True

    def __init__(self, options: UntilOptions, *, ends: bool = True) -> None:
        self.options = options
        self._ends = ends

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Ask the turns of `sample` one after another, as far as they go."""
        prefix = self.options.prefix
        replies: list[Reply] = []
        async with endpoint.open(whole_prompt(sample), key) as session:
            for index, turn in enumerate(sample.turns):
                said = (Message("assistant", prefix), Message("user", turn.query)) if index else ()
                request = request_of(turn, sampling, index, messages=said, keep="messages")
                replies.append(await session.generate(request))
                if self._ends and not begins_with(replies[-1].text, prefix):
                    break
        return Play(replies=tuple(replies))

    def longest(self) -> Until:
        """Return the protocol that asks every turn: what a dry run counts."""
        return Until(self.options, ends=False)


def begins_with(text: str, prefix: str) -> bool:
    """Whether `text` begins with `prefix`, white space at its ends and case aside."""
    return text.strip().lower().startswith(prefix.strip().lower())
