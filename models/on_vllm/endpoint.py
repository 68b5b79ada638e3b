"""vLLM in this process as an endpoint."""

from __future__ import annotations

import time
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import msgspec

from ...core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey, Sampling, Usage
from ...core.interfaces import Session
from ..forms import refuse_form
from ..local.length import fitting, reply_limit
from ..local.tokens import Asked, Conversations
from ..rendering import Transcript
from .continuations import likelihoods
from .engine import VLLMEngine
from .requests import Generated


class Started(msgspec.Struct, frozen=True):
    """A model that runs on vLLM in this process, and how conversations become its tokens."""

    engine: VLLMEngine
    conversations: Conversations
    environment: dict[str, Any]

    @property
    def is_dead(self) -> bool:
        """Whether a process of the engine has ended."""
        return self.engine.is_dead

    def endpoint(self) -> VLLMEndpoint:
        """Return an endpoint on the engine."""
        return VLLMEndpoint(self)

    def stop(self) -> None:
        """Shut the engine down."""
        self.engine.shut_down()


class Held(msgspec.Struct, frozen=True):
    """What a session holds: a conversation as text and as tokens."""

    transcript: Transcript
    ids: tuple[int, ...]


class VLLMEndpoint:
    """Any number of samples at a time: vLLM batches what is asked, and queues what does not fit."""

    max_concurrency: int | None = None

    def __init__(self, started: Started) -> None:
        self._started = started

    def open(
        self,
        prompt: Prompt,
        key: SampleKey,  # noqa: ARG002 - of the Endpoint interface
    ) -> AbstractAsyncContextManager[Session]:
        """Hold `prompt`; vLLM finds its blocks in the prefix cache from the second request on."""
        return nullcontext(VLLMSession(self._started, prompt))

    def environment(self) -> dict[str, Any]:
        """Return device, dtype and library versions."""
        return dict(self._started.environment)

    async def close(self) -> None:
        """Hold nothing: the engine serves other runs until the model is released."""


class VLLMSession:
    """A prompt and the turns kept behind it, sent again as tokens with every request."""

    def __init__(self, started: Started, prompt: Prompt) -> None:
        self._engine = started.engine
        self._conversations = started.conversations
        self._prompt = prompt
        self._held: Held | None = None

    async def generate(self, request: Request) -> Reply:
        """Answer `request`; a cancelled one is aborted. Raises SampleError, EndpointError."""
        form = request.form
        refuse_form(form, "model.engine=vllm", schemas=True, continuations=True)
        if form.continuations:
            return await self._likelihoods(request)
        start = time.perf_counter()
        held, asked = self._begun(request)
        kept = (*held.ids, *asked.ids)
        ids = (*kept, *asked.prefill_ids)
        sampling = request.sampling
        limit = reply_limit(len(ids), sampling.max_tokens, self._engine.max_length)
        generated = await self._engine.generate(ids, sampling, limit, form.reply_schema)
        if request.keep == "messages":
            self._held = Held(asked.transcript, kept)
        elif request.keep == "reply":
            transcript = self._conversations.replied(asked, generated.tokens)
            self._held = Held(transcript, (*ids, *generated.tokens))
        return self._reply(generated, len(ids), start)

    async def _likelihoods(self, request: Request) -> Reply:
        """Tell how likely the continuations are; the session keeps no reply, as there is none."""
        no_reply = msgspec.structs.replace(request, sampling=Sampling(max_tokens=1))
        held, asked = self._begun(no_reply)
        reply = await likelihoods(
            self._engine,
            self._conversations,
            asked.transcript.text + asked.prefill,
            request.form.continuations,
            self._prompt.max_tokens,
        )
        if request.keep != "nothing":
            self._held = Held(asked.transcript, (*held.ids, *asked.ids))
        return reply

    def _begun(self, request: Request) -> tuple[Held, Asked]:
        """Return what `request` starts from and adds; the first one decides the prompt's length."""
        if self._held is not None:
            return self._held, self._conversations.asked(self._held.transcript, request)
        opening = self._conversations.opening(self._prompt)
        asked = self._conversations.asked(opening.transcript, request)
        ids = fitting(
            opening.ids,
            asked.tokens,
            request.sampling.max_tokens,
            self._prompt.max_tokens,
            self._engine.max_length,
        )
        self._held = Held(opening.transcript, ids)
        return self._held, asked

    def _reply(self, generated: Generated, input_tokens: int, start: float) -> Reply:
        text = self._conversations.text(generated.tokens)
        if generated.stop_string is not None:
            text = text.partition(generated.stop_string)[0]
        decoding_s = generated.last_token_at - generated.first_token_at
        decoded = generated.sampled - 1
        return Reply(
            text=text,
            stop_reason=generated.stop_reason,
            timing=ReplyTiming(
                latency_s=generated.last_token_at - start,
                ttft_s=generated.first_token_at - start,
                decode_tokens_per_s=decoded / decoding_s if decoded and decoding_s > 0 else None,
            ),
            usage=Usage(
                input_tokens=input_tokens,
                output_tokens=generated.sampled,
                cached_tokens=generated.cached_tokens,
            ),
        )
