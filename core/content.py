"""Content parts and messages: what is said to a model, in order."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

_NOT_LOCAL = ("http://", "https://", "data:")

Role = Literal["system", "user", "assistant", "tool"]


class TextPart(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    """A piece of text inside a message."""

    text: str


class ImagePart(msgspec.Struct, frozen=True, tag_field="type", tag="image"):
    """An image inside a message; `url` is a web address, a data URL or a local path."""

    url: str


class AudioPart(msgspec.Struct, frozen=True, tag_field="type", tag="audio"):
    """A sound inside a message; `url` is a web address, a data URL or a local path."""

    url: str


Part = TextPart | ImagePart | AudioPart
Content = str | tuple[Part, ...]


class ToolCall(msgspec.Struct, frozen=True):
    """A model's wish to have a tool called; `arguments` is its JSON as the model wrote it."""

    id: str
    name: str
    arguments: str


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One utterance of a conversation.

    An assistant's message may hold `tool_calls`; a tool's names the call that it answers.
    """

    role: Role
    content: Content
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


def local_path(url: str) -> Path | None:
    """Return the file that the `url` of a part names; None for a web address or a data URL."""
    return None if url.startswith(_NOT_LOCAL) else Path(url.removeprefix("file://"))


def text_of(content: Content) -> str:
    """Return the text of `content`, leaving out images and sounds."""
    if isinstance(content, str):
        return content
    return "".join(part.text for part in content if isinstance(part, TextPart))


def joined(first: Content, second: Content) -> Content:
    """Return `first` followed directly by `second`, with nothing put between them."""
    if isinstance(first, str) and isinstance(second, str):
        return first + second
    return _parts(first) + _parts(second)


def parted(first: Content, second: Content) -> tuple[Part, ...]:
    """Return the parts of `first` followed by those of `second`, the seam between them kept."""
    return _parts(first) + _parts(second)


def merged(content: Content) -> Content:
    """Return `content` with texts that stand next to each other as one; text alone as a string."""
    if isinstance(content, str):
        return content
    parts: list[Part] = []
    for part in content:
        if parts and isinstance(part, TextPart) and isinstance(parts[-1], TextPart):
            parts[-1] = TextPart(parts[-1].text + part.text)
        else:
            parts.append(part)
    if len(parts) == 1 and isinstance(parts[0], TextPart):
        return parts[0].text
    return tuple(parts)


def _parts(content: Content) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (TextPart(content),) if content else ()
    return content
