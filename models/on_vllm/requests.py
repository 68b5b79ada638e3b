"""What is asked of vLLM's engine, and what it answers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from ...core.errors import SampleError
from ...core.exchange import Sampling


class Wanted(msgspec.Struct, frozen=True):
    """How a reply is decoded, and the JSON schema it shall fit, if any."""

    sampling: Sampling
    max_tokens: int
    reply_schema: dict[str, Any] | None = None


class Generated(msgspec.Struct, frozen=True):
    """The tokens of a reply, without the end token, which counts as `sampled`.

    `stop_string` is what ended the reply, if a string did. Times are readings of
    `time.perf_counter`.
    """

    tokens: tuple[int, ...]
    sampled: int
    stop_reason: Literal["stop", "length"]
    stop_string: str | None
    cached_tokens: int
    first_token_at: float
    last_token_at: float


class Scored(msgspec.Struct, frozen=True):
    """The log-probability of given tokens; `cached_tokens` of all were not computed again."""

    logprob: float
    cached_tokens: int


async def generated(engine: Any, prompt_ids: Sequence[int], wanted: Wanted) -> Generated:
    """Return what `engine`, an AsyncLLMEngine, puts behind `prompt_ids`. Raises SampleError."""
    first_token_at, newest = 0.0, None
    request = engine.generate(_prompt(prompt_ids), _parameters(wanted), uuid.uuid4().hex)
    async for output in request:
        first_token_at, newest = first_token_at or time.perf_counter(), output
    if newest is None or newest.outputs[0].finish_reason not in ("stop", "length"):
        raise _given_up()
    reply = newest.outputs[0]
    by_string = isinstance(reply.stop_reason, str)
    ended = reply.finish_reason == "stop" and not by_string
    return Generated(
        tokens=tuple(reply.token_ids[:-1] if ended else reply.token_ids),
        sampled=len(reply.token_ids),
        stop_reason=reply.finish_reason,
        stop_string=reply.stop_reason if by_string else None,
        cached_tokens=newest.num_cached_tokens or 0,
        first_token_at=first_token_at,
        last_token_at=time.perf_counter(),
    )


async def scored(engine: Any, prompt_ids: Sequence[int], continuation: Sequence[int]) -> Scored:
    """Return how likely `continuation`, which is not empty, is to follow `prompt_ids`.

    vLLM tells the log-probabilities of those tokens of a prompt that it computes, so the prompt may
    come from its prefix cache and `continuation` may not: when it does, all is computed again.
    Raises SampleError.
    """
    for reads_cache in (True, False):
        output = await _computed(engine, (*prompt_ids, *continuation), reads_cache=reads_cache)
        cached = output.num_cached_tokens or 0
        if cached < len(prompt_ids):
            return Scored(_sum_of_last(output.prompt_logprobs, continuation), cached)
    raise _given_up()


def _parameters(wanted: Wanted) -> Any:
    from vllm import SamplingParams  # pyright: ignore[reportMissingImports] - optional
    from vllm.sampling_params import (  # pyright: ignore[reportMissingImports] - optional
        StructuredOutputsParams,
    )

    sampling, schema = wanted.sampling, wanted.reply_schema
    return SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k or 0,
        seed=sampling.seed if sampling.temperature else None,
        max_tokens=wanted.max_tokens,
        stop=list(sampling.stop),
        structured_outputs=None if schema is None else StructuredOutputsParams(json=schema),
        # Replies are decoded where prompts are encoded; vLLM needs text to find stop strings.
        detokenize=bool(sampling.stop),
    )


async def _computed(engine: Any, ids: Sequence[int], *, reads_cache: bool) -> Any:
    from vllm import SamplingParams  # pyright: ignore[reportMissingImports] - optional

    parameters = SamplingParams(
        temperature=0.0,
        max_tokens=1,
        prompt_logprobs=0,
        flat_logprobs=True,
        detokenize=False,
        skip_reading_prefix_cache=not reads_cache,
    )
    newest = None
    async for output in engine.generate(_prompt(ids), parameters, uuid.uuid4().hex):
        newest = output
    if newest is None:
        raise _given_up()
    return newest


def _sum_of_last(logprobs: Any, tokens: Sequence[int]) -> float:
    """Return the sum of the log-probabilities that stand last, which are those of `tokens`."""
    count = len(tokens)
    if tuple(logprobs.token_ids[-count:]) != tuple(tokens):
        raise _given_up()
    return sum(logprobs.logprobs[-count:])


def _prompt(ids: Sequence[int]) -> Any:
    from vllm import TokensPrompt  # pyright: ignore[reportMissingImports] - optional

    return TokensPrompt(prompt_token_ids=list(ids))


def _given_up() -> SampleError:
    return SampleError("vLLM gave up on this request", kind="server", passing=True)
