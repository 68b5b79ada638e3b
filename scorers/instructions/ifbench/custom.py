"""Instructions of IFBench that are whole questions: `custom:...`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from ...text import without_ascii_punctuation
from ..check import Arguments, Check, UncheckableReplyError
from .reading import EDGES, in_ascii, listed
from .splitting import split_sentences

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_MULTIPLES = [str(number) for number in range(14, 51, 7)]
_QUESTION = re.compile(r"Question \d+[.|):;]?\s*")
_OPTION = re.compile(r"[A-Ea-e][.|)]\s*\w+")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
# The years of Napoleon's life.
_YEARS = range(1769, 1822)
# Of a leap year. The published check lets month 0 pass, with any day.
_DAYS = (99, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# One less than the countries of Africa that the instruction means.
_COUNTRIES = 52


def _multiples(reply: str, _given: Arguments) -> bool:
    """Compare all numbers of the reply with the multiples of 7 from 10 to 50."""
    return re.findall(r"\d+", reply) == _MULTIPLES


def _mcq_count_length(reply: str, _given: Arguments) -> bool:
    """Look for four questions, each longer than the one before, with five options each."""
    if not reply.startswith("Question"):
        return False
    questions = [text.strip() for text in _QUESTION.split(reply) if text.strip()]
    if len(questions) != 4 or any(_options(question) != 5 for question in questions):
        return False
    lengths = [_length_of_question(question) for question in questions]
    return all(before < after for before, after in pairwise(lengths))


def _options(question: str) -> int:
    return sum(_is_option(line) for line in question.split("\n"))


def _length_of_question(question: str) -> int:
    """Return the number of characters before the options, lines joined by spaces."""
    lines: list[str] = []
    for line in question.split("\n"):
        if _is_option(line):
            break
        lines.append(line.strip())
    return len(" ".join(lines).strip())


def _is_option(line: str) -> bool:
    return _OPTION.match(line.strip()) is not None


def _reverse_newline(reply: str, _given: Arguments) -> bool:
    """Look whether lines go back in the alphabet, from the first with Zimbabwe to the last."""
    lines = [line for raw in reply.split("\n") if (line := raw.strip(EDGES))]
    start = next((place for place, line in enumerate(lines) if "Zimbabwe" in line), len(lines))
    countries = [in_ascii(line) for line in lines[start:]]
    return len(countries) >= _COUNTRIES and countries == sorted(countries, reverse=True)


def _word_reverse(reply: str, _given: Arguments) -> bool:
    words = without_ascii_punctuation(reply.lower()).split()
    return "bald eagle" in " ".join(reversed(words))


def _character_reverse(reply: str, _given: Arguments) -> bool:
    return "elgae dlab" in reply.lower()


def _sentence_alphabet(reply: str, _given: Arguments) -> bool:
    """Compare the initials of 26 sentences. Raises UncheckableReplyError for a blank sentence."""
    sentences = split_sentences(reply)
    return len(sentences) == len(_ALPHABET) and all(
        _initial(sentence) == letter for sentence, letter in zip(sentences, _ALPHABET, strict=True)
    )


def _initial(sentence: str) -> str:
    if not sentence:
        raise UncheckableReplyError("a sentence has no first word")
    return sentence.lower()[0]


def _european_capitals_sort(reply: str, _given: Arguments) -> bool:
    given = [capital.strip() for capital in in_ascii(reply).split(",")]
    return [capital for capital in given if capital] == list(listed("capitals"))


def _date_format_list(reply: str, _given: Arguments) -> bool:
    return all(_is_date_of_napoleon(date.strip()) for date in reply.split(","))


def _is_date_of_napoleon(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    year, month, day = map(int, found.groups())
    return year in _YEARS and month < len(_DAYS) and day <= _DAYS[month]


CHECKS: Mapping[str, Check] = {
    "custom:multiples": _multiples,
    "custom:mcq_count_length": _mcq_count_length,
    "custom:reverse_newline": _reverse_newline,
    "custom:word_reverse": _word_reverse,
    "custom:character_reverse": _character_reverse,
    "custom:sentence_alphabet": _sentence_alphabet,
    "custom:european_capitals_sort": _european_capitals_sort,
    "custom:date_format_list": _date_format_list,
}
