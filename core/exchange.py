"""What passes between a protocol and an endpoint: prompts, requests, replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from .content import Message, ToolCall

StopReason = Literal["stop", "length", "refused"]
Keep = Literal["nothing", "messages", "reply"]


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """How a reply is decoded.

    Tokens are drawn from the `top_k` likeliest (None: from all), and of these from the nucleus
    `top_p`. `max_tokens` None leaves the limit to the endpoint.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None


class SampleKey(msgspec.Struct, frozen=True):
    """Which (sample, epoch) a session serves, and where the sample stands in the official file.

    `task` is for endpoints and KV methods that treat tasks differently. `shares_context` says that
    other samples, or other epochs of this one, are asked about the same context.
    """

    sample_id: str
    epoch: int = 0
    row: int = 0
    row_id: str | int | None = None
    task: str = ""
    shares_context: bool = False


class Tool(msgspec.Struct, frozen=True, omit_defaults=True):
    """A function that a model may ask to have called; `parameters` is a JSON schema."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = {}


class ReplyForm(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a reply is to be, where that is more than free text.

    With `reply_schema` it is JSON that fits this JSON schema; with `tools` it may ask for their
    calls. With `continuations` nothing is generated: the reply tells how likely each of them is to
    follow. An endpoint that cannot do what is asked raises EndpointError.
    """

    reply_schema: dict[str, Any] | None = None
    tools: tuple[Tool, ...] = ()
    continuations: tuple[str, ...] = ()


FREE_TEXT = ReplyForm()


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """The shared beginning of a session: what is encoded once, and compressed by a KV method.

    When `open_ended`, the last user message is unfinished: each request goes on inside it, and
    nothing of a request is seen while the prompt is encoded. `max_tokens` cuts the middle out of
    a longer prompt on endpoints that tokenize. `context` is the beginning of the last message that
    questions share, where that is text: what may be rewritten without touching a question.
    `requests` is how many requests will be made of the session, so far as that is known.
    """

    messages: tuple[Message, ...]
    open_ended: bool = False
    max_tokens: int | None = None
    context: str = ""
    requests: int = 1


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One reply asked of a session.

    `messages` are put behind what the session holds. `keep` says what the session holds
    afterwards: nothing new, these messages, or these messages and the reply itself.
    """

    sampling: Sampling
    messages: tuple[Message, ...] = ()
    keep: Keep = "nothing"
    prefill: str | None = None
    turn: int = 0
    form: ReplyForm = FREE_TEXT


class SharedPrefix(msgspec.Struct, frozen=True):
    """The conversation up to and including part `part` of message `message`, both 0-based.

    A message whose content is a string has the one part 0.
    """

    message: int
    part: int = 0


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a model that keeps nothing between requests: the whole conversation.

    `shared` names the beginnings of the conversation that other calls have too, the shortest first.
    Texts that stand next to each other in a message are one text to the model (`content.merged`);
    a seam between them marks where a shared beginning ends.
    """

    messages: tuple[Message, ...]
    sampling: Sampling
    form: ReplyForm = FREE_TEXT
    shared: tuple[SharedPrefix, ...] = ()


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens and money spent.

    `cached_tokens` are input tokens that were not computed again, `cache_write_tokens` input tokens
    that a provider stored for later calls at a price. `reasoning_tokens` are part of the output.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_usd: float = 0.0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Return all tokens, in and out."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
        )


class ReplyTiming(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Wall-clock seconds of one reply; None where the endpoint cannot tell.

    `prefill_s` is the time spent encoding the session's prompt, counted in the reply that
    caused it. `ttft_s` runs from the request to the first token of the reply.
    `decode_tokens_per_s` is the speed of this reply after its first token, without the time in
    which other prompts were encoded; `batch` is how many replies were decoded with it, on average.
    """

    latency_s: float
    ttft_s: float | None = None
    prefill_s: float | None = None
    decode_tokens_per_s: float | None = None
    batch: float | None = None


class KVReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the KV cache of the prompt held after encoding and compression, as measured.

    `tokens_seen` counts prompt tokens, `tokens_dropped` those cut out before encoding.
    `tokens_kept` is the mean over layers of `tokens_kept_per_layer`, the mean over KV heads.
    `tokens_read` is how many of them a new token attends to, the mean over layers and heads.
    `bytes` is the storage of the cache's own tensors: keys and values, codes, scales, indices,
    states. `peak_memory_bytes` is the highest memory of the device (the process, on a CPU) while
    encoding.
    """

    method: str
    tokens_seen: int
    tokens_kept: float
    tokens_kept_per_layer: tuple[float, ...]
    bytes: int
    prefill_s: float
    tokens_read: float | None = None
    tokens_dropped: int = 0
    peak_memory_bytes: int | None = None


class Shortened(msgspec.Struct, frozen=True, kw_only=True):
    """What rewriting the shared text of a prompt made of it, as measured.

    The `seconds` it took are part of the timing of the session's first reply; next to none are
    counted where the same text had been rewritten just before.
    """

    characters_before: int
    characters_after: int
    seconds: float


class Likelihood(msgspec.Struct, frozen=True, kw_only=True):
    """How likely a continuation is: the sum of the log-probabilities of its `tokens` tokens.

    `logprob` is None when the endpoint only tells that of its likeliest tokens, and this is none.
    """

    logprob: float | None
    tokens: int


class ReplyFile(msgspec.Struct, frozen=True):
    """An image or sound that a model made; `media_type` is such as image/png."""

    media_type: str
    data: bytes


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an endpoint answered.

    `likelihoods` has an entry for each continuation that was asked about. `from_cache` says that
    the reply was stored by an earlier run: its usage cost nothing now, its timing is of then.
    """

    text: str
    stop_reason: StopReason
    timing: ReplyTiming
    usage: Usage = Usage()
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    likelihoods: tuple[Likelihood, ...] = ()
    files: tuple[ReplyFile, ...] = ()
    kv: KVReport | None = None
    shortened: Shortened | None = None
    from_cache: bool = False


def total_usage(replies: Sequence[Reply]) -> Usage:
    """Return what all of `replies`, at least one, took together."""
    first, *others = (reply.usage for reply in replies)
    return sum(others, first)
