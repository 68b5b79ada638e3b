"""Content parts and messages: what is said to a model, in order."""

from __future__ import annotations

from typing import Literal

import msgspec

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


class Message(msgspec.Struct, frozen=True):
    """One utterance of a conversation."""

    role: Role
    content: Content


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


def _parts(content: Content) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (TextPart(content),) if content else ()
    return content
