r"""Brackets in the text of answers: lists split at commas, outer pairs taken off."""

from __future__ import annotations

import re
from functools import cache

_PAIRS = ((r"\(", r"\)"), (r"\[", r"\]"), (r"\{", r"\}"), ("(", ")"), ("[", "]"), ("{", "}"))
_AS_PARENTHESES = ((r"\{", "("), (r"\}", ")"), (r"\rangle", ")"), (r"\langle", "("))
_OPENING, _CLOSING = "([<", ")]>"


def split_at_commas(text: str) -> list[str]:
    r"""Return what stands between commas outside of ( ) [ ] < >, without white space and dollars.

    `\{ \}` and `\langle \rangle` become parentheses. A last part that is empty is none. Source:
    `split_by_comma`.
    """
    for old, new in _AS_PARENTHESES:
        text = text.replace(old, new)
    parts: list[str] = []
    depth = start = 0
    for position, character in enumerate(text):
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    if start < len(text):
        parts.append(text[start:])
    return [part.strip().strip("$").strip() for part in parts]


def without_outer_pairs(text: str) -> str:
    """Return `text` without the brackets that enclose all of it, however many.

    A pair is told by brackets of its own kind alone. Source: `remove_out_paren`.
    """
    changed = True
    while changed:
        changed = False
        for opening, closing in _PAIRS:
            if text.startswith(opening) and text.endswith(closing):
                size = len(opening)
                if first_pair(text, opening, closing) == (0, len(text) - size):
                    text = text[size:-size]
                    changed = True
    return text


def first_pair(text: str, opening: str, closing: str) -> tuple[int, int]:
    """Return where the first `opening` is and where it is closed; -1 for what is not there."""
    depth = 0
    start = -1
    for match in _marks(opening, closing).finditer(text):
        if match[0] == opening:
            depth += 1
            start = match.start() if start < 0 else start
        elif start >= 0:
            depth -= 1
        if start >= 0 and depth == 0:
            return start, match.start()
    return start, -1


@cache
def _marks(opening: str, closing: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(opening)}|{re.escape(closing)}")
