"""Instructions of IFBench on sentences, one after the other: `sentence:...`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby, pairwise

from ...text import without_ascii_punctuation
from ..check import Arguments, Check
from .reading import EDGES
from .splitting import split_sentences


def _keyword(reply: str, given: Arguments) -> bool:
    sentences = split_sentences(reply)
    nth = int(given["N"])
    return len(sentences) >= nth and given["word"].lower() in sentences[nth - 1].lower()


def _increment(reply: str, given: Arguments) -> bool:
    lengths = [len(without_ascii_punctuation(text).split()) for text in split_sentences(reply)]
    return all(after == before + given["small_n"] for before, after in pairwise(lengths))


def _alliteration_increment(reply: str, _given: Arguments) -> bool:
    runs = [_longest_alliteration(sentence) for sentence in split_sentences(reply)]
    return all(before < after for before, after in pairwise(runs))


def _longest_alliteration(sentence: str) -> int:
    """Return how many words in a row, at most, begin as the word before them."""
    words = (word.lstrip(EDGES) for word in sentence.lower().split())
    initials = (word[0] for word in words if word)
    return max((len(list(run)) - 1 for _, run in groupby(initials)), default=0)


CHECKS: Mapping[str, Check] = {
    "sentence:keyword": _keyword,
    "sentence:increment": _increment,
    "sentence:alliteration_increment": _alliteration_increment,
}
