"""One question to a judge about one reply, and how it shows what is not to be obeyed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..core.content import Message
from ..core.exchange import (
    FREE_TEXT,
    Prompt,
    ReplyForm,
    Request,
    SampleKey,
    Sampling,
    Usage,
)
from ..core.hashing import sha256_of
from ..core.interfaces import Endpoint
from .turns import TurnReply


class Judgement(msgspec.Struct, frozen=True):
    """What a judge says, and what that cost: nothing where it came from the reply cache."""

    text: str
    usage: Usage


async def ask_judge(
    judge: Endpoint,
    reply: TurnReply,
    question: str,
    sampling: Sampling,
    form: ReplyForm = FREE_TEXT,
) -> Judgement:
    """Return the judge's answer to `question`, which is about `reply`. Raises EndpointError."""
    prompt = Prompt(messages=(Message("user", question),))
    sample, turn = reply.sample, reply.turn
    row = (sample.row, sample.row_id) if turn.row is None else (turn.row, turn.row_id)
    key = SampleKey(sample.id, reply.epoch, *row)
    async with judge.open(prompt, key) as session:
        judgement = await session.generate(Request(sampling=sampling, turn=reply.index, form=form))
    return Judgement(judgement.text, Usage() if judgement.from_cache else judgement.usage)


def framed(parts: Mapping[str, str]) -> str:
    """Return texts between lines BEGIN and END, each with its name and the same code.

    A reply cannot hold the hash of itself, so it cannot close its own part; and the same parts are
    shown in the same words each time.
    """
    code = sha256_of(parts)[:16]
    return "\n\n".join(
        f"BEGIN {name} {code}\n{text}\nEND {name} {code}" for name, text in parts.items()
    )
