"""Completions: OpenAI's API for plain text, which base models are asked by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec

from ...core.errors import EndpointError, SampleError
from ...core.exchange import Call, Likelihood, Prompt, Reply, ReplyTiming, Usage
from ..forms import refuse_form
from ..rendering import PlainRenderer
from .api import Answered, Body, Server
from .json_text import EncodedTexts, json_body
from .logprobs import EchoLogprobs, echoed_likelihood
from .replies import stop_reason
from .settings import ApiSettings
from .usage import UsageCount, split

PATH = "completions"

R = TypeVar("R")


class CompletionChoice(msgspec.Struct, frozen=True):
    """One completion."""

    text: str
    finish_reason: str | None = None
    logprobs: EchoLogprobs | None = None
    error: Any = None


class Completion(msgspec.Struct, frozen=True):
    """An answer of the completions API."""

    choices: Annotated[tuple[CompletionChoice, ...], msgspec.Meta(min_length=1)]
    usage: UsageCount | None = None


class CompletionsApi:
    """`POST completions`: the conversation is sent as plain text (`models.rendering`)."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._texts = EncodedTexts()
        self._renderer = PlainRenderer("")
        # Nothing need be generated for a likelihood, but some servers insist on a token.
        self._least_tokens = 0

    async def several(self, call: Call, n: int, server: Server) -> tuple[Reply, ...]:
        """Answer `call` with up to `n` replies, at least one. Raises SampleError, EndpointError.

        With continuations there is one reply, with the likelihood of each: that of the tokens
        behind the prompt in an echo of both (`logprobs.echoed_likelihood`), a request each.
        """
        refuse_form(call.form, "model.api=completions", continuations=True)
        if call.form.continuations:
            return (await self._likelihoods(call, server),)
        answered = await server.post(PATH, self.body(call, n), Completion)
        return _replies(answered, server)

    def identity(self) -> dict[str, Any]:
        """Return the model's settings."""
        return self._settings.identity()

    def body(self, call: Call, n: int = 1) -> Body:
        """Return the request for `call`. Raises SampleError for what cannot be sent."""
        fields = self._settings.fields(call.sampling, "max_tokens")
        if n > 1:
            fields["n"] = n
        return json_body({**fields, "prompt": self._texts.joined((self._text(call),))})

    def _text(self, call: Call) -> str:
        return self._renderer.opening(Prompt(messages=call.messages)).text

    async def _likelihoods(self, call: Call, server: Server) -> Reply:
        started = time.perf_counter()
        prompt = self._text(call)
        found = await _together(
            self._likelihood(call, (prompt, continuation), server)
            for continuation in call.form.continuations
        )
        return Reply(
            text="",
            stop_reason="stop",
            timing=ReplyTiming(latency_s=time.perf_counter() - started),
            usage=sum((usage for _, usage in found), Usage()),
            likelihoods=tuple(likelihood for likelihood, _ in found),
        )

    async def _likelihood(
        self, call: Call, texts: tuple[str, str], server: Server
    ) -> tuple[Likelihood, Usage]:
        answered, generated = await self._echoed(call, texts, server)
        completion = answered.content
        if completion.usage is not None and completion.usage.completion_tokens is not None:
            generated = int(completion.usage.completion_tokens)
        found = echoed_likelihood(completion.choices[0].logprobs, texts[1], generated)
        if found is None:
            raise EndpointError(
                f"{server.place}: the server does not echo the prompt with its likelihoods (echo, "
                "logprobs); take one that does, such as vLLM, or another protocol"
            )
        return found, (completion.usage or UsageCount()).usage()

    async def _echoed(
        self, call: Call, texts: Sequence[str], server: Server
    ) -> tuple[Answered[Completion], int]:
        """Return the echo of `texts`, and how many tokens were asked for behind it.

        A server that refuses to generate none is asked for one, from the first refusal on.
        """
        tokens = self._least_tokens
        try:
            return await server.post(PATH, self._echo_body(call, texts, tokens), Completion), tokens
        except SampleError as error:
            if error.kind != "bad_request" or tokens > 0:
                raise
        answered = await server.post(PATH, self._echo_body(call, texts, 1), Completion)
        self._least_tokens = 1
        return answered, 1

    def _echo_body(self, call: Call, texts: Sequence[str], max_tokens: int) -> Body:
        sampling = msgspec.structs.replace(
            call.sampling, temperature=0.0, top_p=1.0, top_k=None, max_tokens=max_tokens, stop=()
        )
        fields = self._settings.fields(sampling, "max_tokens")
        fields |= {"echo": True, "logprobs": 1, "prompt": self._texts.joined(texts)}
        return json_body(fields)


async def _together(asked: Iterable[Coroutine[Any, Any, R]]) -> list[R]:
    """Return the results of all; when one fails the others are dropped, and its error is raised."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _replies(answered: Answered[Completion], server: Server) -> tuple[Reply, ...]:
    good = [choice for choice in answered.content.choices if not choice.error]
    if not good:
        raise server.failure(answered.content.choices[0].error)
    usage = (answered.content.usage or UsageCount()).usage()
    timing = ReplyTiming(latency_s=answered.latency_s)
    return tuple(
        Reply(
            text=choice.text,
            stop_reason=stop_reason(choice.finish_reason),
            timing=timing,
            usage=share,
        )
        for choice, share in zip(good, split(usage, len(good)), strict=True)
    )
