"""Marks in a request that say up to where a provider should keep what it has computed.

Most providers find shared beginnings by themselves. Claude wants to be told: a content block with
`cache_control` ends a beginning that is stored for five minutes, at a price, and read back at a
tenth of the price of input (Anthropic, "Prompt caching").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from ..core.content import Content, Message, Part, TextPart, merged, text_of
from ..core.exchange import SharedPrefix

# LiteLLM's name of a provider that serves Claude, and what the name of the model holds there.
_MARKED = {
    "anthropic": "",
    "azure_ai": "claude",
    "bedrock": "anthropic.claude",
    "databricks": "claude",
    "openrouter": "anthropic/",
    "vertex_ai": "claude",
}
_MARK = {"type": "ephemeral"}
# A request takes at most 4 marks.
_MOST = 4
# About 1,024 tokens, in characters: providers store no shorter beginnings, and ignore their marks.
SHORTEST_STORED = 4_000


def wants_marks(litellm_name: str) -> bool:
    """Whether the model, named as LiteLLM does, stores only beginnings that are marked."""
    provider, _, name = litellm_name.partition("/")
    return provider in _MARKED and _MARKED[provider] in name


def marked(
    body: Sequence[dict[str, Any]],
    messages: Sequence[Message],
    shared: Sequence[SharedPrefix],
) -> list[dict[str, Any]]:
    """Return `body`, the request JSON of `messages`, with a mark at the end of each of `shared`.

    Texts are cut there and nowhere else, so that joined they are what they were. Beginnings of
    less than 4,000 characters get no mark; of more than four, the shortest and the longest do.
    """
    long_enough = [prefix for prefix in shared if _characters(messages, prefix) >= SHORTEST_STORED]
    chosen = [*long_enough[:1], *long_enough[1:][1 - _MOST :]]
    ends: dict[int, list[int]] = {}
    for prefix in chosen:
        ends.setdefault(prefix.message, []).append(prefix.part)
    return [
        {**entry, "content": _cut(entry["content"], messages[index].content, ends[index])}
        if index in ends
        else entry
        for index, entry in enumerate(body)
    ]


def _characters(messages: Sequence[Message], prefix: SharedPrefix) -> int:
    """Return how long the text up to the end of `prefix` is."""
    before = sum(len(text_of(message.content)) for message in messages[: prefix.message])
    return before + len(text_of(_head(messages[prefix.message].content, prefix.part)))


def _head(content: Content, part: int) -> tuple[Part, ...]:
    parts = (TextPart(content),) if isinstance(content, str) else content
    return parts[: part + 1]


def _cut(
    sent: str | list[dict[str, Any]], content: Content, ends: Sequence[int]
) -> list[dict[str, Any]]:
    """Return `sent`, the request JSON of `content`, cut and marked behind the parts `ends`."""
    whole = [{"type": "text", "text": sent}] if isinstance(sent, str) else sent
    seams: dict[int, set[int]] = {}
    for index, offset in (_seam(content, end) for end in ends):
        seams.setdefault(index, set()).add(offset)
    return [
        piece
        for index, part in enumerate(whole)
        for piece in _pieces(part, sorted(seams.get(index, ())))
    ]


def _seam(content: Content, end: int) -> tuple[int, int]:
    """Return where part `end` ends once texts are merged: in which part, after how many characters.

    The end of an image or a sound is at 0.
    """
    whole = merged(_head(content, end))
    if isinstance(whole, str) or not whole:
        return 0, len(whole)
    last = whole[-1]
    return len(whole) - 1, len(last.text) if isinstance(last, TextPart) else 0


def _pieces(part: dict[str, Any], offsets: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Yield `part` in pieces that end at `offsets`, each marked, and what is left of it."""
    if part["type"] != "text":
        yield {**part, "cache_control": _MARK} if offsets else part
        return
    text, start = cast(str, part["text"]), 0
    for offset in offsets:
        # An empty text cannot be marked, and need not: nothing is new behind the mark before it.
        if offset > start:
            yield {**part, "text": text[start:offset], "cache_control": _MARK}
            start = offset
    if start < len(text) or not start:
        yield {**part, "text": text[start:]}
