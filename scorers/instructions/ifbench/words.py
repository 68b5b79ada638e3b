"""Instructions of IFBench on which words follow each other: `words:...`."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from ....core.errors import MissingExtraError
from ...text import without_ascii_punctuation
from ..check import Arguments, Check, UncheckableReplyError
from ..english import first_tag
from .reading import EDGES, is_spelled, spelled_tokens
from .splitting import split_sentences

_ALPHABET = string.ascii_lowercase
_VOWELS = frozenset("aeiou")
_CLUSTER = re.compile("[bcdfghjklmnpqrstvwxyz]{2}")
_PRIMES = frozenset(n for n in range(2, 100) if all(n % d for d in range(2, n)))
_PARAGRAPH_EDGES = (
    string.punctuation + "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{EN DASH}\N{EM DASH}"
    "\N{HORIZONTAL ELLIPSIS}\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}"
    "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
)


def _alphabet(reply: str, _given: Arguments) -> bool:
    """Look whether initials go on in the alphabet; words without letters are passed over."""
    lowered = (word.lower() for word in without_ascii_punctuation(reply).split())
    initials = [word[0] for word in lowered if is_spelled(word)]
    if not initials or initials[0] not in _ALPHABET:
        return False
    first = _ALPHABET.index(initials[0])
    return all(
        initial == _ALPHABET[place % len(_ALPHABET)]
        for place, initial in enumerate(initials, start=first)
    )


def _vowel(reply: str, _given: Arguments) -> bool:
    """Count different vowels in lower case."""
    return len(_VOWELS.intersection(reply)) <= 3


def _consonants(reply: str, _given: Arguments) -> bool:
    words = filter(is_spelled, reply.lower().split())
    return all(_CLUSTER.search(word) for word in words)


def _palindrome(reply: str, _given: Arguments) -> bool:
    words = without_ascii_punctuation(reply).lower().split()
    return sum(len(word) >= 5 and word == word[::-1] for word in words) >= 10


def _prime_lengths(reply: str, _given: Arguments) -> bool:
    return all(len(word) in _PRIMES for word in without_ascii_punctuation(reply).split())


def _start_verb(reply: str, _given: Arguments) -> bool:
    words = spelled_tokens(reply)
    return bool(words) and "VB" in first_tag(words)


def _repeats(reply: str, given: Arguments) -> bool:
    times = Counter(without_ascii_punctuation(reply.lower()).split())
    return all(count <= given["small_n"] for count in times.values())


def _odd_even_syllables(reply: str, _given: Arguments) -> bool:
    """Compare the parities of words that follow each other. Raises MissingExtraError."""
    try:
        import syllapy
    except ImportError:
        raise MissingExtraError("counting syllables", "livebench") from None
    words = without_ascii_punctuation(reply).lower().split()
    return _differ([syllapy.count(word) % 2 for word in words])


def _last_first(reply: str, _given: Arguments) -> bool:
    """Compare the last word of each sentence with the first of the next.

    Raises UncheckableReplyError for a sentence without words before another.
    """
    return all(
        _last_word(sentence) == _first_word(following)
        for sentence, following in pairwise(split_sentences(reply))
    )


def _last_word(sentence: str) -> str:
    words = sentence.rstrip(EDGES).split()
    if not words:
        raise UncheckableReplyError("a sentence has no last word")
    return words[-1].lower()


def _first_word(sentence: str) -> str | None:
    words = sentence.lstrip(EDGES).split()
    return words[0].rstrip(EDGES).lower() if words else None


def _paragraph_last_first(reply: str, _given: Arguments) -> bool:
    """Look for two paragraphs that begin and end with one word; blank ones count as such."""
    paragraphs = reply.split("\n\n")
    return len(paragraphs) > 1 and all(map(_ends_as_it_begins, paragraphs))


def _ends_as_it_begins(paragraph: str) -> bool:
    words = [word for raw in paragraph.lower().split() if (word := raw.strip(_PARAGRAPH_EDGES))]
    return not words or words[0] == words[-1]


def _no_consecutive(reply: str, _given: Arguments) -> bool:
    words = without_ascii_punctuation(reply.lower()).split()
    return _differ([word[0] for word in words])


def _differ(items: Sequence[object]) -> bool:
    return all(item != following for item, following in pairwise(items))


def _keywords_specific_position(reply: str, given: Arguments) -> bool:
    """Compare the mth token with letters of the nth sentence."""
    sentences = split_sentences(reply)
    nth, mth = int(given["n"]), int(given["m"])
    if len(sentences) < nth:
        return False
    words = spelled_tokens(sentences[nth - 1])
    return len(words) >= mth and words[mth - 1].lower() == given["keyword"].strip().lower()


def _words_position(reply: str, given: Arguments) -> bool:
    """Compare the second token with letters, and the last but one."""
    words = spelled_tokens(reply)
    return len(words) > 1 and words[1] == words[-2] == given["keyword"].strip()


CHECKS: Mapping[str, Check] = {
    "words:alphabet": _alphabet,
    "words:vowel": _vowel,
    "words:consonants": _consonants,
    "words:palindrome": _palindrome,
    "words:prime_lengths": _prime_lengths,
    "words:start_verb": _start_verb,
    "words:repeats": _repeats,
    "words:odd_even_syllables": _odd_even_syllables,
    "words:last_first": _last_first,
    "words:paragraph_last_first": _paragraph_last_first,
    "words:no_consecutive": _no_consecutive,
    "words:keywords_specific_position": _keywords_specific_position,
    "words:words_position": _words_position,
}
