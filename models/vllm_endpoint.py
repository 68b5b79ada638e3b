"""vLLM in this process as an endpoint."""

from __future__ import annotations

import time
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import msgspec

from ..core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey, Usage
from ..core.interfaces import Session
from .forms import refuse_form
from .local.length import fitting, reply_limit
from .local.tokens import Asked, Conversations
from .rendering import Transcript
from .vllm_engine import Generated, VLLMEngine


class Served(msgspec.Struct, frozen=True):
    """A model that vLLM serves, and how conversations become its tokens."""

    engine: VLLMEngine
    conversations: Conversations
    environment: dict[str, Any]


class Held(msgspec.Struct, frozen=True):
    """What a session holds: a conversation as text and as tokens."""

    transcript: Transcript
    ids: tuple[int, ...]


class VLLMEndpoint:
    """Any number of samples at a time: vLLM batches what is asked, and queues what does not fit."""

    max_concurrency: int | None = None

    def __init__(self, served: Served) -> None:
        self._served = served

    def open(
        self,
        prompt: Prompt,
        key: SampleKey,  # noqa: ARG002 - of the Endpoint interface
    ) -> AbstractAsyncContextManager[Session]:
        """Hold `prompt`; vLLM finds its blocks in the prefix cache from the second request on."""
        return nullcontext(VLLMSession(self._served, prompt))

    def environment(self) -> dict[str, Any]:
        """Return device, dtype and library versions."""
        return dict(self._served.environment)

    async def close(self) -> None:
        """Hold nothing: the engine serves other runs until the model is released."""


class VLLMSession:
    """A prompt and the turns kept behind it, sent again as tokens with every request."""

    def __init__(self, served: Served, prompt: Prompt) -> None:
        self._engine = served.engine
        self._conversations = served.conversations
        self._prompt = prompt
        self._held: Held | None = None

    async def generate(self, request: Request) -> Reply:
        """Answer `request`; a cancelled one is aborted. Raises SampleError, EndpointError."""
        refuse_form(request.form, "model.engine=vllm")
        start = time.perf_counter()
        held, asked = self._begun(request)
        kept = (*held.ids, *asked.ids)
        ids = (*kept, *asked.prefill_ids)
        sampling = request.sampling
        limit = reply_limit(len(ids), sampling.max_tokens, self._engine.max_length)
        generated = await self._engine.generate(ids, sampling, limit)
        if request.keep == "messages":
            self._held = Held(asked.transcript, kept)
        elif request.keep == "reply":
            transcript = self._conversations.replied(asked, generated.tokens)
            self._held = Held(transcript, (*ids, *generated.tokens))
        return self._reply(generated, len(ids), start)

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
