"""Code between fences: what stands from ```language to the next ```."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_MARK = "```"
# A fence that begins a line, and the word behind it.
_LINE = re.compile(r"^[ \t]*```+[ \t]*([^\s`]*)[^\n`]*(?:\n|\Z)", re.MULTILINE)


class Fenced(msgspec.Struct, frozen=True):
    """A block of code, and the language that its fence names, in small letters; empty for none."""

    language: str
    code: str


def fenced(text: str, language: str) -> list[str]:
    r"""Return the blocks of `language`, in order: up to the next three backticks.

    As the pattern "```language\r?\n(.*?)```" finds them, in linear time: the name is matched
    exactly, the closing fence may stand anywhere, and a block without one is none.
    """
    opening = re.compile(rf"{_MARK}{re.escape(language)}\r?\n")
    blocks: list[str] = []
    position = 0
    while (start := opening.search(text, position)) is not None:
        end = text.find(_MARK, start.end())
        if end < 0:
            break
        blocks.append(text[start.end() : end])
        position = end + len(_MARK)
    return blocks


def fenced_blocks(text: str) -> Iterator[Fenced]:
    """Yield all blocks whose fences begin lines; one that is never closed goes on to the end."""
    opening: re.Match[str] | None = None
    for line in _LINE.finditer(text):
        if opening is None:
            opening = line
        elif not line.group(1):
            yield Fenced(opening.group(1).lower(), text[opening.end() : line.start()])
            opening = None
    if opening is not None:
        yield Fenced(opening.group(1).lower(), text[opening.end() :])
