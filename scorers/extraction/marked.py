"""Answers between marks: tags and bold text; and the thoughts before them."""

from __future__ import annotations

import re
from collections.abc import Iterator


def tagged(text: str, tag: str, *, ignore_case: bool = False) -> list[str]:
    """Return what stands between `<tag>` and the next `</tag>`, in order, white space kept."""
    return [
        text[start + len(tag) + 2 : end - len(tag) - 3]
        for start, end in _spans(text, tag, ignore_case=ignore_case)
    ]


def last_tagged(text: str, tag: str, *, ignore_case: bool = False) -> str | None:
    """Return what stands in the last `<tag>...</tag>`; None without one."""
    contents = tagged(text, tag, ignore_case=ignore_case)
    return contents[-1] if contents else None


def bold(text: str, *, stars: int = 2) -> list[str]:
    """Return what stands between runs of `stars` asterisks, in order; no span holds one."""
    run = r"\*" * stars
    return re.findall(rf"{run}([^*]+){run}", text)


def without_thoughts(text: str, tag: str = "think") -> str:
    """Return `text` without its `<think>...</think>` parts, each up to the first closing tag."""
    kept: list[str] = []
    position = 0
    for start, end in _spans(text, tag):
        kept.append(text[position:start])
        position = end
    return "".join([*kept, text[position:]])


def after_last(text: str, *marks: str) -> str:
    """Return what follows the last of `marks` in `text`, for each of them in turn.

    A text without a mark stays as it is.
    """
    for mark in marks:
        text = text.rpartition(mark)[2] if mark in text else text
    return text


def _spans(text: str, tag: str, *, ignore_case: bool = False) -> Iterator[tuple[int, int]]:
    """Yield where `<tag>...</tag>` begins and ends: found, not matched, in linear time."""
    searched = text.lower() if ignore_case and len(text.lower()) == len(text) else text
    name = tag.lower() if ignore_case else tag
    position = 0
    while (start := searched.find(f"<{name}>", position)) >= 0:
        close = searched.find(f"</{name}>", start)
        if close < 0:
            return
        position = close + len(name) + 3
        yield start, position
