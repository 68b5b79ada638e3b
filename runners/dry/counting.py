"""A client that counts what it is asked, and answers with a placeholder."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from ...core.content import AudioPart, ImagePart, Message, TextPart
from ...core.exchange import (
    Call,
    Likelihood,
    Reply,
    ReplyForm,
    ReplyTiming,
    SharedPrefix,
    Usage,
)
from ...models.prices import Price, cost_usd

# What a chat template puts around a message: its role, and marks of where it begins and ends.
MESSAGE_TOKENS = 4
# What a reply is taken to have at most where nothing limits it.
ASSUMED_OUTPUT_TOKENS = 1024
# The smallest beginning that OpenAI and Anthropic keep for later requests.
SMALLEST_CACHED = 1024

_REMEMBERED = 1 << 16
_PLACEHOLDER = re.compile(r"\[a reply of at most (\d+) tokens\]")
_NO_TIME = ReplyTiming(latency_s=0.0)


class Tally(msgspec.Struct):
    """What was counted. `usage` holds the longest replies possible, and what they cost.

    `input_usd` is the cost without any output. `unlimited` counts replies without a limit.
    """

    requests: int = 0
    usage: Usage = Usage()
    input_usd: float = 0.0
    unlimited: int = 0
    images: int = 0
    sounds: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            requests=self.requests + other.requests,
            usage=self.usage + other.usage,
            input_usd=self.input_usd + other.input_usd,
            unlimited=self.unlimited + other.unlimited,
            images=self.images + other.images,
            sounds=self.sounds + other.sounds,
        )


class TokenCounter:
    """Counts tokens of texts; a text that comes again soon is not counted again.

    Hashes of texts are kept, never texts. The placeholder of a reply counts as that reply.
    """

    def __init__(self, count: Callable[[str], int]) -> None:
        self._count = count
        self._known: OrderedDict[tuple[int, int], int] = OrderedDict()

    def __call__(self, text: str) -> int:
        """Return the tokens of `text`."""
        key = (hash(text), len(text))
        tokens = self._known.get(key)
        if tokens is None:
            replies = sum(map(int, _PLACEHOLDER.findall(text)))
            tokens = replies + self._count(_PLACEHOLDER.sub("", text) if replies else text)
        _remember(self._known, key, tokens)
        return tokens


class CountingClient:
    """Stands for a model: counts requests, tokens and money in `tally`, and asks nothing.

    With `caches`, beginnings that an earlier call had too are counted as read from the provider's
    cache, and those that a later call may have as written to it. With `api="completions"`, the
    likelihood of each continuation takes a request of its own, with the whole conversation; with
    `api="images"`, replies have no tokens that are known.
    """

    def __init__(
        self, tokens: TokenCounter, price: Price | None, *, caches: bool, api: str = "chat"
    ) -> None:
        self.tally = Tally()
        self._tokens = tokens
        self._price = price
        self._caches = caches
        self._api = api
        self._prefixes: OrderedDict[int, None] = OrderedDict()

    async def call(self, call: Call) -> Reply:
        """Count `call`, and answer with a text that stands for the longest reply possible."""
        tokens, ends = self._read(call)
        if call.form.continuations:
            return self._scored(call, tokens)
        limit = 0 if self._api == "images" else call.sampling.max_tokens
        longest = ASSUMED_OUTPUT_TOKENS if limit is None else limit
        read, written = self._cached(call, ends)
        self._add(
            Usage(
                input_tokens=tokens,
                output_tokens=longest,
                cached_tokens=read,
                cache_write_tokens=written,
            )
        )
        self.tally.unlimited += limit is None
        text = f"[a reply of at most {longest} tokens]"
        return Reply(text=text, stop_reason="stop", timing=_NO_TIME)

    def identity(self) -> dict[str, Any]:
        """Return nothing: no reply of it is kept."""
        return {}

    def environment(self) -> dict[str, Any]:
        """Return nothing: no reply of it is kept."""
        return {}

    async def close(self) -> None:
        """Hold nothing."""

    def _scored(self, call: Call, tokens: int) -> Reply:
        """Count a call for likelihoods: most servers generate a token with each answer."""
        texts = call.form.continuations
        if self._api == "completions":
            for text in texts:
                self._add(Usage(input_tokens=tokens + self._tokens(text), output_tokens=1))
        else:
            self._add(Usage(input_tokens=tokens + sum(map(self._tokens, texts)), output_tokens=1))
        unknown = tuple(Likelihood(logprob=None, tokens=0) for _ in texts)
        return Reply(text="", stop_reason="stop", timing=_NO_TIME, likelihoods=unknown)

    def _add(self, usage: Usage) -> None:
        """Count a request."""
        tally, price = self.tally, self._price
        tally.requests += 1
        tally.usage += msgspec.structs.replace(usage, cost_usd=cost_usd(usage, price))
        tally.input_usd += cost_usd(msgspec.structs.replace(usage, output_tokens=0), price)

    def _read(self, call: Call) -> tuple[int, dict[SharedPrefix, tuple[int, int]]]:
        """Return the input tokens, and (hash, tokens) of the conversation up to each part."""
        form = _texts_of(call.form)
        tokens = sum(map(self._tokens, form))
        state, ends = hash(form), dict[SharedPrefix, tuple[int, int]]()
        for position, message in enumerate(call.messages):
            tokens += MESSAGE_TOKENS + self._of_tool_calls(message)
            for index, part in enumerate(_parts(message)):
                tokens += self._of_part(part)
                state = hash((state, message.role, part))
                ends[SharedPrefix(position, index)] = (state, tokens)
        return tokens, ends

    def _of_part(self, part: TextPart | ImagePart | AudioPart) -> int:
        match part:
            case TextPart(text):
                return self._tokens(text)
            case ImagePart():
                self.tally.images += 1
            case AudioPart():
                self.tally.sounds += 1
        return 0

    def _of_tool_calls(self, message: Message) -> int:
        return sum(self._tokens(wish.name + wish.arguments) for wish in message.tool_calls)

    def _cached(self, call: Call, ends: dict[SharedPrefix, tuple[int, int]]) -> tuple[int, int]:
        """Return the tokens read from the provider's cache and those written to it."""
        if not self._caches:
            return 0, 0
        read = max((tokens for key, tokens in ends.values() if key in self._prefixes), default=0)
        held = read
        for key, tokens in (ends[prefix] for prefix in call.shared if prefix in ends):
            if tokens >= SMALLEST_CACHED:
                _remember(self._prefixes, key, None)
                held = max(held, tokens)
        return read, held - read


def _texts_of(form: ReplyForm) -> tuple[str, ...]:
    """Return what a model reads before the conversation: tools, and the schema of the reply."""
    schema = () if form.reply_schema is None else (form.reply_schema,)
    return tuple(msgspec.json.encode(item).decode() for item in (*form.tools, *schema))


def _parts(message: Message) -> Iterator[TextPart | ImagePart | AudioPart]:
    if isinstance(message.content, str):
        yield TextPart(message.content)
    else:
        yield from message.content


def _remember(known: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    """Keep `value` under `key` as the latest, and forget the oldest of too many."""
    known[key] = value
    known.move_to_end(key)
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
