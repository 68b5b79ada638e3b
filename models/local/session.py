"""A prompt held by the torch endpoint, asked again and again."""

from __future__ import annotations

import asyncio
import threading

import msgspec

from ...core.exchange import KVReport, Prompt, Reply, ReplyTiming, Request, Usage
from ..rendering import Transcript
from .causal_lm import State
from .decoding import Decoded, Stops, decode
from .length import fitting, reply_limit
from .loading import LoadedModel
from .measure import now
from .memory import memory_failures
from .prompts import PromptStore
from .tokens import Asked


class Held(msgspec.Struct, frozen=True):
    """What a session holds: a conversation as text and as cache.

    `unseen` tokens belong to the conversation and have not passed the model yet: the last token
    of a reply that was kept.
    """

    transcript: Transcript
    state: State
    report: KVReport
    unseen: tuple[int, ...] = ()


class Begun(msgspec.Struct, frozen=True):
    """What a request starts from, what it adds, and the tokens and time of encoding just now."""

    held: Held
    asked: Asked
    encoded_tokens: int = 0
    prefill_s: float = 0.0

    @property
    def input_tokens(self) -> int:
        """How many tokens the reply's prompt consists of."""
        return self.held.state.length + len(self.held.unseen) + self.asked.tokens

    @property
    def cached_tokens(self) -> int:
        """How many of them are not computed for this request."""
        return self.held.state.length - self.encoded_tokens


class TorchSession:
    """A prompt that is encoded when first asked, and the turns kept on top of it."""

    def __init__(self, model: LoadedModel, prompts: PromptStore, prompt: Prompt) -> None:
        self._model = model
        self._prompts = prompts
        self._prompt = prompt
        self._held: Held | None = None

    async def generate(self, request: Request) -> Reply:
        """Answer `request` on the model's thread; a cancelled reply stops at its next token.

        Raises SampleError.
        """
        cancelled = threading.Event()
        loop = asyncio.get_running_loop()
        try:
            reply, self._held = await loop.run_in_executor(
                self._model.worker, self._answer, request, self._held, cancelled
            )
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return reply

    def _answer(
        self, request: Request, held: Held | None, cancelled: threading.Event
    ) -> tuple[Reply, Held]:
        """Return the reply, and what the session holds after it."""
        start = now(self._model.lm.device)
        with memory_failures(self._prompts.clear):
            if held is None:
                begun = self._begin(request)
            else:
                begun = Begun(held, self._model.conversations.asked(held.transcript, request))
            decoded, after = self._decode(request, begun, cancelled)
        return _reply(begun, decoded, start), after

    def _begin(self, request: Request) -> Begun:
        """Encode the prompt, or find it encoded, if `request` will fit behind it."""
        opening = self._model.conversations.opening(self._prompt)
        asked = self._model.conversations.asked(opening.transcript, request)
        ids = fitting(
            opening.ids,
            asked.tokens,
            request.sampling.max_tokens,
            self._prompt.max_tokens,
            self._model.max_length,
        )
        prompt, fresh = self._prompts.encoded(ids, len(opening.ids) - len(ids))
        held = Held(opening.transcript, prompt.state, prompt.report)
        if not fresh:
            return Begun(held, asked)
        return Begun(held, asked, len(ids), prompt.report.prefill_s)

    def _decode(
        self, request: Request, begun: Begun, cancelled: threading.Event
    ) -> tuple[Decoded, Held]:
        """Return the reply, and what the session holds of request and reply."""
        lm, held, asked = self._model.lm, begun.held, begun.asked
        limit = reply_limit(begun.input_tokens, request.sampling.max_tokens, self._model.max_length)
        stops = Stops(self._model.end_tokens, request.sampling.stop, limit)
        state = lm.extended(lm.branched(held.state), (*held.unseen, *asked.ids))
        after = held
        if request.keep == "messages":
            after = Held(asked.transcript, lm.branched(state), held.report)
        state = lm.extended(state, asked.prefill_ids)
        decoded = decode(
            lm, state, self._model.conversations.text, request.sampling, stops, cancelled
        )
        if request.keep == "reply":
            transcript = self._model.conversations.replied(asked, decoded.tokens)
            after = Held(transcript, decoded.state, held.report, decoded.unseen)
        return decoded, after


def _reply(begun: Begun, decoded: Decoded, start: float) -> Reply:
    return Reply(
        text=decoded.text,
        stop_reason=decoded.stop_reason,
        timing=ReplyTiming(
            latency_s=decoded.last_token_at - start,
            ttft_s=decoded.first_token_at - start,
            prefill_s=begun.prefill_s,
            decode_tokens_per_s=decoded.tokens_per_s,
        ),
        usage=Usage(
            input_tokens=begun.input_tokens,
            output_tokens=decoded.sampled,
            cached_tokens=begun.cached_tokens,
        ),
        kv=begun.held.report,
    )
