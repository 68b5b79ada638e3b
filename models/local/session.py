"""A prompt held by the torch endpoint, asked again and again."""

from __future__ import annotations

import asyncio

import msgspec

from ...core.exchange import KVReport, Prompt, Reply, ReplyTiming, Request, SampleKey, Usage
from ..forms import refuse_form
from ..rendering import Transcript
from .batching import Answered, Batcher, Begun, Job
from .causal_lm import State
from .decoding import Draft, Stops
from .length import fitting, reply_limit
from .loading import LoadedModel
from .measure import now
from .prompts import PromptStore
from .tokens import Asked


class Held(msgspec.Struct, frozen=True):
    """What a session holds: a conversation as text and in the model.

    `unseen` tokens belong to the conversation and have not passed the model yet: the last token
    of a reply that was kept.
    """

    transcript: Transcript
    state: State
    report: KVReport
    unseen: tuple[int, ...] = ()


class _Start(msgspec.Struct, frozen=True):
    """What a request starts from and adds, and the tokens and time of encoding just now."""

    held: Held
    asked: Asked
    started_at: float
    encoded_tokens: int = 0
    prefill_s: float = 0.0

    @property
    def ids(self) -> tuple[int, ...]:
        """The tokens that pass the model before the given beginning of the reply."""
        return (*self.held.unseen, *self.asked.ids)

    @property
    def input_tokens(self) -> int:
        """How many tokens the reply's prompt consists of."""
        return self.held.state.length + len(self.ids) + len(self.asked.prefill_ids)


class TorchSession:
    """A prompt that is encoded when first asked, and the turns kept on top of it."""

    def __init__(
        self,
        model: LoadedModel,
        batcher: Batcher,
        prompts: PromptStore,
        prompt: Prompt,
        key: SampleKey,
    ) -> None:
        self._model = model
        self._batcher = batcher
        self._prompts = prompts
        self._prompt = prompt
        self._task = key.task
        self._held: Held | None = None

    async def generate(self, request: Request) -> Reply:
        """Answer `request` beside others; a cancelled reply stops at its next token.

        Raises SampleError, EndpointError.
        """
        refuse_form(request.form, "model.engine=torch")
        starts: list[_Start] = []

        def begin() -> Begun:
            starts.append(self._start(request))
            return self._begun(starts[0], request)

        group = None if self._held else (self._prompt, self._task)
        job = Job(begin, group, keeps_reply=request.keep == "reply")
        self._batcher.put(job)
        # In the next round of the event loop, so that requests made together start together.
        asyncio.get_running_loop().call_soon(self._batcher.start)
        try:
            answered = await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            job.cancelled.set()
            raise
        self._held = self._after(starts[0], answered, request)
        return _reply(starts[0], answered)

    def _start(self, request: Request) -> _Start:
        """Return what `request` starts from: what is held, or the prompt, encoded if need be."""
        conversations = self._model.conversations
        if self._held is not None:
            asked = conversations.asked(self._held.transcript, request)
            return _Start(self._held, asked, now(self._model.lm.device))
        opening = self._prompts.opening(self._prompt)
        asked = conversations.asked(opening.transcript, request)
        ids = fitting(
            opening.ids,
            asked.tokens,
            request.sampling.max_tokens,
            self._prompt.max_tokens,
            self._model.max_length,
        )
        started_at = now(self._model.lm.device)
        prompt, fresh = self._prompts.encoded(ids, self._task, len(opening.ids) - len(ids))
        held = Held(opening.transcript, prompt.state, prompt.report)
        if not fresh:
            return _Start(held, asked, started_at)
        return _Start(held, asked, started_at, len(ids), prompt.report.prefill_s)

    def _begun(self, start: _Start, request: Request) -> Begun:
        model = self._model
        limit = reply_limit(start.input_tokens, request.sampling.max_tokens, model.max_length)
        stops = Stops(model.end_tokens, request.sampling.stop, limit)
        draft = Draft(model.conversations.text, request.sampling, stops)
        return Begun(start.held.state, start.ids, start.asked.prefill_ids, draft)

    def _after(self, start: _Start, answered: Answered, request: Request) -> Held:
        """Return what the session holds of request and reply."""
        held = start.held
        if request.keep == "messages":
            return Held(start.asked.transcript, answered.after_request, held.report)
        if answered.after_reply is not None:
            transcript = self._model.conversations.replied(start.asked, answered.decoded.tokens)
            return Held(transcript, answered.after_reply, held.report, answered.unseen)
        return held


def _reply(start: _Start, answered: Answered) -> Reply:
    decoded = answered.decoded
    return Reply(
        text=decoded.text,
        stop_reason=decoded.stop_reason,
        timing=ReplyTiming(
            latency_s=decoded.last_token_at - start.started_at,
            ttft_s=decoded.first_token_at - start.started_at,
            prefill_s=start.prefill_s,
            decode_tokens_per_s=decoded.tokens_per_s,
            batch=decoded.batch,
        ),
        usage=Usage(
            input_tokens=start.input_tokens,
            output_tokens=decoded.sampled,
            cached_tokens=start.held.state.length - start.encoded_tokens,
        ),
        kv=start.held.report,
    )
