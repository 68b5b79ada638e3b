"""How a sample is played: which requests are made, and what the model sees of earlier turns."""

from __future__ import annotations

import asyncio
from typing import Literal, TypeVar

import msgspec

from ..core.config import Options
from ..core.content import Message
from ..core.errors import DataError
from ..core.exchange import FREE_TEXT, Keep, Reply, ReplyForm, Request, SampleKey, Sampling
from ..core.interfaces import Endpoint, Play
from ..core.registry import Registry
from ..core.sample import Sample, Turn
from .prompts import context_prompt, whole_prompt

Material = TypeVar("Material", bound=msgspec.Struct)

PROTOCOLS = Registry(
    "protocols",
    {
        "archon": "evalrun.runners.archon.protocol:Archon",
        "by_method": "evalrun.runners.by_method:ByMethod",
        "debate": "evalrun.runners.dialogue.debate:Debate",
        "dfsdt": "evalrun.runners.tools.protocols:ToolAgent",
        "heads_up": "evalrun.runners.poker.heads_up:HeadsUp",
        "likelihood": "evalrun.runners.likelihood:ByLikelihood",
        "multi_request": "evalrun.runners.protocols:MultiRequest",
        "multi_turn": "evalrun.runners.protocols:MultiTurn",
        "react": "evalrun.runners.tools.protocols:ToolAgent",
        "single_turn": "evalrun.runners.protocols:SingleTurn",
        "stepwise": "evalrun.runners.stepwise:Stepwise",
        "until": "evalrun.runners.until:Until",
        "votes": "evalrun.runners.votes:Votes",
    },
)


class SingleTurnOptions(Options, frozen=True):
    """The section `protocol` of `protocol=single_turn`."""

    name: str


class SingleTurn:
    """One question, one reply."""

    Options = SingleTurnOptions

    def __init__(self, options: SingleTurnOptions) -> None:
        self.options = options

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Ask the only turn of `sample`. Raises DataError when it has several."""
        only_turn(sample, "use protocol=multi_turn or protocol=multi_request")
        return Play(replies=await _conversation(sample, key, endpoint, sampling, "golden"))


class MultiTurnOptions(Options, frozen=True):
    """The section `protocol` of `protocol=multi_turn`."""

    name: str
    history: Literal["golden", "own"] = "golden"


class MultiTurn:
    """One conversation: the context and the first question, then question after question.

    With `history=golden` the model sees the golden answers to earlier questions and never its
    own replies (SCBench, multi-turn mode); with `history=own` its replies stay (paper Table 13).
    """

    Options = MultiTurnOptions

    def __init__(self, options: MultiTurnOptions) -> None:
        self.options = options

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Ask the turns of `sample` one after another."""
        history = self.options.history
        return Play(replies=await _conversation(sample, key, endpoint, sampling, history))


class MultiRequestOptions(Options, frozen=True):
    """The section `protocol` of `protocol=multi_request`."""

    name: str


class MultiRequest:
    """Independent requests on one shared context, which is encoded without seeing any of them.

    SCBench's multi-request mode.
    """

    Options = MultiRequestOptions

    def __init__(self, options: MultiRequestOptions) -> None:
        self.options = options

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Ask all turns of `sample` at the same time; the endpoint decides how many run at once."""
        async with endpoint.open(context_prompt(sample), key) as session:
            requests = [
                request_of(turn, sampling, index, messages=(Message("user", turn.query),))
                for index, turn in enumerate(sample.turns)
            ]
            replies = await asyncio.gather(*(session.generate(request) for request in requests))
        return Play(replies=tuple(replies))


async def _conversation(
    sample: Sample,
    key: SampleKey,
    endpoint: Endpoint,
    sampling: Sampling,
    history: Literal["golden", "own"],
) -> tuple[Reply, ...]:
    replies: list[Reply] = []
    async with endpoint.open(whole_prompt(sample), key) as session:
        previous: Turn | None = None
        for index, turn in enumerate(sample.turns):
            messages = _follow_up(previous, turn, history) if previous else ()
            keep: Keep = "reply" if history == "own" else "messages"
            request = request_of(turn, sampling, index, messages=messages, keep=keep)
            replies.append(await session.generate(request))
            previous = turn
    return tuple(replies)


def only_turn(sample: Sample, remedy: str) -> Turn:
    """Return the only turn of `sample`. Raises DataError with the way out when it has several."""
    if len(sample.turns) != 1:
        raise DataError(f"sample {sample.id} has {len(sample.turns)} turns; {remedy}")
    return sample.turns[0]


def material(sample: Sample, name: str, kind: type[Material], protocol: str) -> Material:
    """Return what `protocol` plays `sample` from, which its benchmark put under `name`.

    Raises DataError for a sample of another benchmark.
    """
    try:
        return msgspec.convert(sample.metadata.get(name), kind)
    except msgspec.ValidationError:
        raise DataError(
            f"sample {sample.id} is no {name}: protocol={protocol} needs a recipe whose samples are"
        ) from None


def request_of(
    turn: Turn,
    sampling: Sampling,
    index: int = 0,
    *,
    messages: tuple[Message, ...] = (),
    keep: Keep = "nothing",
) -> Request:
    """Return the request for the reply to `turn`.

    The turn's own limit holds where `sampling` has none, its own temperature always. `messages`
    are what the session does not hold yet.
    """
    return Request(
        messages=messages,
        sampling=_sampling_of(turn, sampling),
        keep=keep,
        prefill=turn.prefill,
        turn=index,
        form=_form(turn),
    )


def _follow_up(
    previous: Turn, turn: Turn, history: Literal["golden", "own"]
) -> tuple[Message, ...]:
    query = Message("user", turn.query)
    if history == "own":
        return (query,)
    return (Message("assistant", previous.reference or ""), query)


def _sampling_of(turn: Turn, sampling: Sampling) -> Sampling:
    limit = sampling.max_tokens if sampling.max_tokens is not None else turn.max_tokens
    temperature = sampling.temperature if turn.temperature is None else turn.temperature
    return msgspec.structs.replace(sampling, max_tokens=limit, temperature=temperature)


def _form(turn: Turn) -> ReplyForm:
    if turn.reply_schema is None and not turn.tools:
        return FREE_TEXT
    return ReplyForm(reply_schema=turn.reply_schema, tools=turn.tools)
