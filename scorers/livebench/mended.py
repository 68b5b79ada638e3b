"""What the variant `fixed` mends: answers are found as officially, and compared with more sense."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..extraction.labels import words_among
from ..verdict import Verdict
from .reading import NUMBER_WORDS, Grading, graded, share_score
from .web_of_lies import WORDS, web_of_lies_v2, web_of_lies_v3
from .zebra_puzzle import zebra_list

_NUMBER = re.compile(r"\d+")
_DIGITS = {word: str(number) for number, word in enumerate(NUMBER_WORDS)}


def fixed_web_of_lies_v2(truth: str, reply: str) -> Verdict:
    """Return 1 if the words of the answer are those of the truth, whatever stands between them."""
    answer = web_of_lies_v2(truth, reply).answer
    return graded(_words(answer) == _words(truth), answer)


def fixed_web_of_lies_v3(truth: str, reply: str) -> Verdict:
    """Return the score of the published rule without regard to spaces and case."""
    answer = web_of_lies_v3(truth, reply).answer
    return _share(_words(truth), _words(answer), answer)


def fixed_zebra_list(truth: str, reply: str) -> Verdict:
    """Return the score of the published rule, where an item holds the truth as whole words.

    Numbers may be spelled out.
    """
    answer = zebra_list(truth, reply).answer
    given = [f" {_plain(item)} " for item in (answer or "").split(",")]
    golden = [_plain(item) for item in truth.split(",")]
    found = [a if f" {a} " in b else b for a, b in zip(golden, given, strict=False)]
    return _share(golden, found, answer)


def fixed_aime(truth: str, reply: str) -> Verdict:
    """Return 1 if a whole number in the last 50 characters is the truth; else 0."""
    numbers = _NUMBER.findall(reply[-50:])
    right = any(number.lstrip("0") == truth.lstrip("0") for number in numbers)
    return graded(right, truth if right else next(reversed(numbers), None))


MENDED: Mapping[str, Grading] = {
    "web_of_lies_v2": fixed_web_of_lies_v2,
    "web_of_lies_v3": fixed_web_of_lies_v3,
    "aime": fixed_aime,
}


def _words(answer: str | None) -> list[str]:
    return words_among(answer or "", WORDS)


def _plain(item: str) -> str:
    words: list[str] = re.findall(r"\w+", item.lower().replace("position", ""))
    return " ".join([_DIGITS.get(word, word) for word in words])


def _share(golden: list[str], given: list[str], answer: str | None) -> Verdict:
    right = sum(a == b for a, b in zip(golden, given, strict=False))
    return graded(share_score(right, len(golden)), answer)
