"""Answers in the form in which they are compared, by their type."""

from __future__ import annotations

from typing import Literal

from .brackets import split_at_commas
from .rewriting import normal_mathematics
from .vocabulary import VOCABULARY, without_ends

AnswerType = Literal["NV", "EX", "EQ", "INT", "TF", "MCS", "MCM", "OL", "UOL", "OE"]
Variant = Literal["official", "fixed", "hybrid"]

LISTS: frozenset[AnswerType] = frozenset({"OL", "UOL"})
_AS_THEY_ARE: frozenset[AnswerType] = frozenset({"MCS", "MCM", "OE"})
_TRUE, _FALSE = ("T", "Y"), ("F", "N")


def normal_form(answer: str, kind: AnswerType, variant: Variant) -> str:
    """Return `answer` normalised for its type. Source: `norm_ans_str`.

    The items of what has several are normalised one by one, and joined as "(a, b)". `hybrid` reads
    words for true and false in lists as well; `fixed` keeps equations whole where they are asked
    for.
    """
    if kind in _AS_THEY_ARE or not answer:
        return answer
    has_words = kind == "TF" or (variant == "hybrid" and kind in LISTS)
    keep_equation = variant == "fixed" and kind == "EQ"
    items = [
        _normal_item(item, has_words=has_words, keep_equation=keep_equation)
        for item in _items(answer, kind)
    ]
    return items[0] if len(items) == 1 else f"({', '.join(items)})"


def _items(answer: str, kind: AnswerType) -> list[str]:
    if answer[0] == "(" and answer[-1] == ")" and kind in LISTS:
        return split_at_commas(answer.strip("()"))
    if answer[0] == "{" and answer[-1] == "}":
        return split_at_commas(answer.strip("{}"))
    return split_at_commas(answer)


def _normal_item(item: str, *, has_words: bool, keep_equation: bool) -> str:
    item = item.replace("\n", "").strip()
    item = without_ends(item, VOCABULARY.leading, VOCABULARY.trailing)
    word = (_truth(item) if has_words else None) or _weekday(item)
    return word or normal_mathematics(item, keep_equation=keep_equation)


def _truth(item: str) -> str | None:
    """Return True or False for an answer that says so. Source: `norm_str2bool`."""
    if item in _TRUE:
        return "True"
    if item in _FALSE:
        return "False"
    words = item.lower().strip().replace("noindent", "").split(" ")
    if "yes" in words or "true" in words:
        return "True"
    return "False" if "no" in words or "false" in words else None


def _weekday(item: str) -> str | None:
    """Return the day whose first letters a word begins with, whatever follows them."""
    word = item.lower().strip()
    if " " in word:
        return None
    return next((day for day in VOCABULARY.weekdays if word.startswith(day[:3].lower())), None)
