"""Instructions of IFBench on how many of something a reply has: `count:...`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...text import without_ascii_punctuation
from ..check import Arguments, Check
from .reading import EDGES, listed

_MARKS = frozenset(".,!?;:")
_INTERROBANGS = ("?!", "!?", "\N{INTERROBANG}")
_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_KEYWORD_TIMES = {"keyword1": 1, "keyword2": 2, "keyword3": 3, "keyword4": 5, "keyword5": 7}


def _word_count_range(reply: str, given: Arguments) -> bool:
    return given["min_words"] <= len(re.findall(r"\w+", reply)) <= given["max_words"]


def _unique_word_count(reply: str, given: Arguments) -> bool:
    """Count different words; those of punctuation alone are one."""
    return len({word.strip(EDGES) for word in reply.lower().split()}) >= given["N"]


def _conjunctions(reply: str, given: Arguments) -> bool:
    """Count different conjunctions: with other case or punctuation they are others."""
    known = listed("conjunctions")
    found = {word for word in reply.split() if word.strip(EDGES).lower() in known}
    return len(found) >= given["small_n"]


def _person_names(reply: str, given: Arguments) -> bool:
    """Count the names that stand anywhere, in other words too."""
    return sum(name in reply for name in listed("names")) >= given["N"]


def _numbers(reply: str, given: Arguments) -> bool:
    """Count runs of digits, those with punctuation between them as one."""
    return len(re.findall(r"\d+", without_ascii_punctuation(reply))) == given["N"]


def _words_japanese(reply: str, given: Arguments) -> bool:
    """Look for a Japanese character in every Nth word that is no number."""
    words = [word for raw in reply.split() if (word := raw.strip(EDGES))]
    nth = (word for place, word in enumerate(words, start=1) if place % given["N"] == 0)
    return bool(words) and all(word.isdigit() or _JAPANESE.search(word) for word in nth)


def _pronouns(reply: str, given: Arguments) -> bool:
    words = without_ascii_punctuation(reply.replace("/", " ").lower()).split()
    known = frozenset(listed("pronouns"))
    return sum(word in known for word in words) >= given["N"]


def _punctuation(reply: str, _given: Arguments) -> bool:
    """Look for an interrobang, and for all marks outside those of the first spelling."""
    if not any(mark in reply for mark in _INTERROBANGS):
        return False
    spelling = "?!" if "?!" in reply else "!?"
    return _MARKS.issubset(reply.replace(spelling, ""))


def _keywords_multiple(reply: str, given: Arguments) -> bool:
    text = reply.lower()
    return all(
        text.count(given[name].strip().lower()) == times for name, times in _KEYWORD_TIMES.items()
    )


CHECKS: Mapping[str, Check] = {
    "count:word_count_range": _word_count_range,
    "count:unique_word_count": _unique_word_count,
    "count:conjunctions": _conjunctions,
    "count:person_names": _person_names,
    "count:numbers": _numbers,
    "count:words_japanese": _words_japanese,
    "count:pronouns": _pronouns,
    "count:punctuation": _punctuation,
    "count:keywords_multiple": _keywords_multiple,
}
