"""Text as metrics compare it: targets, normalisation, overlap."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from ..core.errors import DataError

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)


def texts_of(target: Any) -> tuple[str, ...]:
    """Return the accepted answers of a turn: a target is one text or number, or a list of them.

    Raises DataError for any other shape.
    """
    items: Sequence[Any] = (
        cast(Sequence[Any], target) if isinstance(target, (list, tuple)) else (target,)
    )
    if not all(isinstance(item, (str, int, float)) for item in items):
        raise DataError(f"a target should be a text or a list of texts, found {target!r:.80}")
    return tuple(str(item) for item in items)


def squeezed(text: str) -> str:
    """Return `text` with runs of white space as one space, and none at the ends."""
    return " ".join(text.split())


def without_punctuation(text: str) -> str:
    """Return `text` without characters of the Unicode categories P (punctuation)."""
    return "".join(c for c in text if not unicodedata.category(c).startswith("P"))


def without_ascii_punctuation(text: str) -> str:
    """Return `text` without the characters of `string.punctuation`."""
    return text.translate(_ASCII_PUNCTUATION)


def squad_normalized(text: str) -> str:
    """Return `text` as SQuAD compares answers: no case, ASCII punctuation, articles, extra space.

    Source: Rajpurkar et al. 2016 (arXiv 1606.05250), section 6.1.
    """
    return squeezed(_ARTICLES.sub(" ", without_ascii_punctuation(text.lower())))


def multiset_f1(prediction: Sequence[str], reference: Sequence[str]) -> float:
    """Return the harmonic mean of precision and recall of two multisets of tokens, in [0, 1]."""
    common = (Counter(prediction) & Counter(reference)).total()
    if common == 0:
        return 0.0
    precision, recall = common / len(prediction), common / len(reference)
    return 2 * precision * recall / (precision + recall)
