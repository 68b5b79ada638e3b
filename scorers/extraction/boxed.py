"""Answers in LaTeX boxes."""

from __future__ import annotations

import re

_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


def boxed(text: str, *, commands: tuple[str, ...] = ("boxed", "fbox")) -> list[str]:
    r"""Return what stands in the boxes of `text`, in order: `\boxed{...}`, braces balanced.

    A box inside a box is part of the outer one; a box that is never closed is none. White space
    before the brace is allowed, escaped braces do not count.
    """
    command = re.compile(r"\\(?:" + "|".join(map(re.escape, commands)) + r")\s*\{")
    pairs = brace_pairs(text)
    contents: list[str] = []
    position = 0
    while match := command.search(text, position):
        position = match.end()
        end = pairs.get(match.end() - 1)
        if end is not None:
            contents.append(text[match.end() : end])
            position = end + 1
    return contents


def last_boxed(text: str, *, commands: tuple[str, ...] = ("boxed", "fbox")) -> str | None:
    """Return what stands in the last box of `text`; None when it has none."""
    contents = boxed(text, commands=commands)
    return contents[-1] if contents else None


def brace_pairs(text: str) -> dict[int, int]:
    r"""Return where each brace that is closed opens, and where it closes. `\{` is no brace."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            pairs[opened.pop()] = match.start()
    return pairs
