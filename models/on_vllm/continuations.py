"""How likely given continuations of a conversation are, on vLLM in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import takewhile

import msgspec

from ...core.errors import SampleError
from ...core.exchange import Likelihood, Reply, ReplyTiming, Sampling, Usage
from ..local.length import fitting
from ..local.tokens import Conversations
from .engine import VLLMEngine


class Split(msgspec.Struct, frozen=True):
    """A prompt and a continuation of it as tokens."""

    prompt: tuple[int, ...]
    continuation: tuple[int, ...]


def split(conversations: Conversations, prompt: str, continuation: str) -> Split:
    """Return the tokens of `prompt + continuation`, read as one text, cut where they part.

    The continuation begins where these tokens first differ from those of `prompt` alone. As in
    lm-eval (`TemplateLM._encode_pair`), a space at the end of the prompt thereby counts to the
    continuation, whose first token holds it. Raises SampleError when nothing stands before.
    """
    alone = conversations.whole(prompt)
    whole = conversations.whole(prompt + continuation)
    pairs = zip(alone, whole, strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    if common == 0:
        raise SampleError(
            "nothing stands before the continuation, and the model has no token that begins a text",
            kind="bad_request",
        )
    return Split(whole[:common], whole[common:])


async def likelihoods(
    engine: VLLMEngine,
    conversations: Conversations,
    prompt: str,
    continuations: Sequence[str],
    cut_to: int | None,
) -> Reply:
    """Return a reply that tells how likely each of `continuations` is to follow the text `prompt`.

    The prompt is computed once, into the prefix cache, and without the logits that vLLM would
    otherwise compute of all its tokens. Where it is longer than `cut_to`, its middle is cut out.
    Raises SampleError, EndpointError.
    """
    start = time.perf_counter()
    splits = [
        _fitting(split(conversations, prompt, continuation), cut_to, engine.max_length)
        for continuation in continuations
    ]
    first = min((one.prompt for one in splits), key=len)
    begun = await engine.generate(first, Sampling(), 1)
    scores = await asyncio.gather(*(_score(engine, one) for one in splits))
    usage = Usage(input_tokens=len(first), cached_tokens=begun.cached_tokens)
    return Reply(
        text="",
        stop_reason="stop",
        timing=ReplyTiming(latency_s=time.perf_counter() - start),
        usage=sum((score[1] for score in scores), usage),
        likelihoods=tuple(score[0] for score in scores),
    )


def _fitting(one: Split, cut_to: int | None, max_length: int) -> Split:
    """Return `one` with a prompt that leaves room for the continuation and a token more."""
    prompt = fitting(one.prompt, len(one.continuation), 1, cut_to, max_length)
    return Split(prompt, one.continuation)


async def _score(engine: VLLMEngine, one: Split) -> tuple[Likelihood, Usage]:
    """Return how likely a continuation is; an empty one is certain."""
    if not one.continuation:
        return Likelihood(logprob=0.0, tokens=0), Usage()
    scored = await engine.score(one.prompt, one.continuation)
    usage = Usage(
        input_tokens=len(one.prompt) + len(one.continuation),
        cached_tokens=scored.cached_tokens,
    )
    return Likelihood(logprob=scored.logprob, tokens=len(one.continuation)), usage
