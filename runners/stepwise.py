"""A question worked on one reviewed step at a time, and answered from the whole chain."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..benchmarks.template import fill
from ..core.config import NonNegative, Options, Positive
from ..core.content import Message
from ..core.exchange import Prompt, Reply, Request, SampleKey, Sampling
from ..core.interfaces import Endpoint, Play, RoleReply, Session
from ..core.sample import Sample, Turn
from .prompts import whole_prompt
from .protocols import only_turn, request_of
from .votes import seeded

_PROMPTS = Path(__file__).with_name("stepwise_prompts.yaml")

# How replies begin, whatever markup stands before it.
_LABEL = re.compile(r"\W*(LAST +)?STEP\b[\s:*_]*", re.IGNORECASE)
_ACCEPTED = re.compile(r"\W*ACCEPT(?:ED)?\b", re.IGNORECASE)
_CONSISTENT = re.compile(r"\W*CONSISTENT\b", re.IGNORECASE)


class StepwiseOptions(Options, frozen=True):
    """The section `protocol` of `protocol=stepwise`.

    `max_steps` bounds a chain, `max_regenerations` how often a rejected step is written anew, and
    `max_restarts` how often a chain is begun anew. The paper's limits were not found; these are
    evalrun's own.
    """

    name: str
    max_steps: Positive = 10
    max_regenerations: NonNegative = 2
    max_restarts: NonNegative = 2


class Stepwise:
    """The only turn of a sample: steps, a review of each, a check of all, then the final answer.

    After Sane and McLean 2024 (arXiv 2412.12173): iterative steps in a fixed form, a feedback gate
    behind each, a global consistency check, restarts. The paper's prompts and code were not found,
    so that the wording and the limits are ours. A review that does not begin with its word counts
    as a rejection, and what no verdict could change any more is not reviewed: a step that was
    regenerated for the last time stays, and the last chain is answered from without a check.

    The final reply is what is graded; all others are kept as `Prediction.intermediate`.
    """

    Options = StepwiseOptions
    many_calls = True

    def __init__(self, options: StepwiseOptions) -> None:
        self.options = options

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Ask the only turn of `sample`, call after call. Raises DataError when it has several."""
        turn = only_turn(sample, "protocol=stepwise asks one")
        async with endpoint.open(self._prompt(sample), key) as session:
            calls = _Calls(session, turn, sampling)
            chain = await self._consistent_chain(calls)
            answer = await calls.answer(_wording("answer", steps=_told(chain)))
        return Play(replies=(answer,), intermediate=tuple(map(RoleReply, calls.replies)))

    def _prompt(self, sample: Sample) -> Prompt:
        """Return the question, in whose message each call goes on."""
        options = self.options
        a_step = 2 * options.max_regenerations + 1
        a_chain = options.max_steps * a_step + 1
        most = (options.max_restarts + 1) * a_chain
        return msgspec.structs.replace(whole_prompt(sample), open_ended=True, requests=most)

    async def _consistent_chain(self, calls: _Calls) -> list[str]:
        """Return the first chain that passes the check, or the last one that may be made."""
        chain = await self._chain(calls, hint="")
        for _ in range(self.options.max_restarts):
            verdict = await calls.ask(_wording("check", steps=_told(chain)))
            if _CONSISTENT.match(verdict):
                break
            chain = await self._chain(calls, hint=_wording("restarted", reason=verdict))
        return chain

    async def _chain(self, calls: _Calls, hint: str) -> list[str]:
        """Return steps up to the one that says that it is the last; `hint` begins the chain."""
        chain: list[str] = []
        for _ in range(self.options.max_steps):
            step = await self._step(calls, chain, "" if chain else hint)
            label = _LABEL.match(step)
            chain.append(step[label.end() :] if label else step)
            if label and label[1]:
                break
        return chain

    async def _step(self, calls: _Calls, chain: Sequence[str], hint: str) -> str:
        """Return the first next step that passes the review, or the last one that may be made."""
        asked = _wording("step", steps=_told(chain))
        step = await calls.ask(asked + hint)
        for _ in range(self.options.max_regenerations):
            verdict = await calls.ask(_wording("review", steps=_told(chain), step=step))
            if _ACCEPTED.match(verdict):
                break
            step = await calls.ask(asked + hint + _wording("rejected", step=step, reason=verdict))
        return step


class _Calls:
    """The calls of one play: each a request of its own on the question, with a seed of its own."""

    def __init__(self, session: Session, turn: Turn, sampling: Sampling) -> None:
        self.replies: list[Reply] = []
        self._session = session
        self._turn = turn
        # What the final answer is to look like is no affair of the calls before it.
        self._free = msgspec.structs.replace(turn, prefill=None, tools=(), reply_schema=None)
        self._sampling = sampling

    async def ask(self, text: str) -> str:
        """Return the reply to an intermediate call, whose text goes on behind the question."""
        reply = await self._session.generate(self._request(self._free, text))
        self.replies.append(reply)
        return reply.text.strip()

    async def answer(self, text: str) -> Reply:
        """Return the reply that is graded."""
        return await self._session.generate(self._request(self._turn, text))

    def _request(self, turn: Turn, text: str) -> Request:
        number = len(self.replies)
        sampling = seeded(self._sampling, number)
        return request_of(turn, sampling, number, messages=(Message("user", text),))


def _told(chain: Sequence[str]) -> str:
    if not chain:
        return _wording("none")
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(chain, start=1))
    return _wording("some", steps=steps)


def _wording(name: str, **fields: Any) -> str:
    return fill(_prompts()[name], fields, f"{_PROMPTS}, {name}")


@functools.cache
def _prompts() -> Mapping[str, str]:
    return msgspec.yaml.decode(_PROMPTS.read_bytes(), type=dict[str, str])
