"""Answers that are one of a few words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence


def leading_label(text: str, labels: Mapping[str, str]) -> str | None:
    """Return the value of the first key with which `text` begins, spaces and case aside.

    Keys are in small letters, and tried in their order.
    """
    begun = text.strip().lower()
    for prefix, label in labels.items():
        if begun.startswith(prefix):
            return label
    return None


def words_among(text: str, words: Sequence[str]) -> list[str]:
    """Return the whole words of `text` that are among `words`, in order, in small letters."""
    choice = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return [found.lower() for found in re.findall(rf"\b(?:{choice})\b", text, re.IGNORECASE)]
