"""What passes between a protocol and an endpoint: prompts, requests, replies."""

from __future__ import annotations

from typing import Literal

import msgspec

from .content import Message

StopReason = Literal["stop", "length", "refused"]
Keep = Literal["nothing", "messages", "reply"]


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """How a reply is decoded. `max_tokens` None leaves the limit to the endpoint."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None


class SampleKey(msgspec.Struct, frozen=True):
    """Which (sample, epoch) a session serves, and where the sample stands in the official file.

    `task` is for endpoints and KV methods that treat tasks differently.
    """

    sample_id: str
    epoch: int = 0
    row: int = 0
    row_id: str | int | None = None
    task: str = ""


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """The shared beginning of a session: what is encoded once, and compressed by a KV method.

    When `open_ended`, the last user message is unfinished: each request goes on inside it, and
    nothing of a request is seen while the prompt is encoded. `max_tokens` cuts the middle out of
    a longer prompt on endpoints that tokenize. `context` is the beginning of the last message that
    questions share, where that is text: what may be rewritten without touching a question.
    """

    messages: tuple[Message, ...]
    open_ended: bool = False
    max_tokens: int | None = None
    context: str = ""


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


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens and money spent. `cached_tokens` are input tokens that were not computed again."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
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


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint answered."""

    text: str
    stop_reason: StopReason
    timing: ReplyTiming
    usage: Usage = Usage()
    reasoning: str | None = None
    kv: KVReport | None = None
    shortened: Shortened | None = None
