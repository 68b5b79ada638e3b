"""Texts as WildBench's judge is shown them, and what of them is counted."""

from __future__ import annotations

from typing import Literal

Variant = Literal["official", "fixed"]

EMPTY = "[This model response is empty.]"
TRUNCATED = "... (truncated)"


def shortened(text: str, words: int | None) -> str:
    """Return the first `words` words of a longer text, with a mark (`shorten` of `src/eval.py`).

    Words are what single spaces separate.
    """
    parts = text.split(" ")
    return text if words is None or len(parts) <= words else " ".join(parts[:words]) + TRUNCATED


def response(text: str, words: int | None) -> str:
    """Return a response as a verdict counts it: cut, without white space around it, never blank."""
    return shortened(text, words).strip() or EMPTY


def is_cut(text: str) -> bool:
    """Whether a text ends as one that was cut."""
    return text.endswith(TRUNCATED)


def is_empty(text: str) -> bool:
    """Whether a text stands for an empty response."""
    return text in ("", EMPTY)
