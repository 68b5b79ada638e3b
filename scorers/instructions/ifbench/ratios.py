"""Instructions of IFBench on shares and balances: `ratio:...`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..check import Arguments, Check, UncheckableReplyError
from ..english import stop_words
from .splitting import split_sentences

_OVERLAP_TOLERANCE = 2


def _stop_words(reply: str, given: Arguments) -> bool:
    """Compare the percentage of stop words.

    Raises UncheckableReplyError for a reply without words.
    """
    words = re.findall(r"\w+", reply)
    if not words:
        raise UncheckableReplyError("there are no words to take a share of")
    known = stop_words()
    return sum(word.lower() in known for word in words) / len(words) * 100 <= given["percentage"]


def _sentence_type(reply: str, _given: Arguments) -> bool:
    statements, questions, _ = _kinds(reply)
    return statements == 2 * questions


def _sentence_balance(reply: str, _given: Arguments) -> bool:
    return len(set(_kinds(reply))) == 1


def _kinds(reply: str) -> tuple[int, int, int]:
    """Return the numbers of statements, questions and exclamations."""
    sentences = split_sentences(reply)
    statements, questions, exclamations = (
        sum(sentence.endswith(mark) for sentence in sentences) for mark in ".?!"
    )
    return statements, questions, exclamations


def _overlap(reply: str, given: Arguments) -> bool:
    """Compare the share of the reply's trigrams, of characters, that the reference text has too.

    Raises UncheckableReplyError for a reply without trigrams.
    """
    trigrams = _trigrams(reply)
    if not trigrams:
        raise UncheckableReplyError("there are no trigrams to take a share of")
    share = len(trigrams & _trigrams(given["reference_text"])) / len(trigrams) * 100
    wanted = given["percentage"]
    return wanted - _OVERLAP_TOLERANCE <= share <= wanted + _OVERLAP_TOLERANCE


def _trigrams(text: str) -> set[str]:
    return {text[place : place + 3] for place in range(len(text) - 2)}


def _sentence_words(reply: str, _given: Arguments) -> bool:
    """Look for three different sentences of the same number of characters."""
    sentences = split_sentences(reply)
    different = len(sentences) == len(set(sentences)) == 3
    return different and len({len(sentence) for sentence in sentences}) == 1


CHECKS: Mapping[str, Check] = {
    "ratio:stop_words": _stop_words,
    "ratio:sentence_type": _sentence_type,
    "ratio:sentence_balance": _sentence_balance,
    "ratio:overlap": _overlap,
    "ratio:sentence_words": _sentence_words,
}
