"""Sentences as IFBench splits text, without a model: at full stops that abbreviate nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

# Marks of the published splitter. A reply that holds them is split by them, as there.
_DOT = "<prd>"
_STOP = "<stop>"

_STARTERS = (
    r"(?:Mr|Mrs|Ms|Dr|Prof|Capt|Cpt|Lt|He\s|She\s|It\s|They\s|Their\s|Our\s|We\s|But\s|However\s"
    r"|That\s|This\s|Wherever)"
)
_SUFFIXES = "(?:Inc|Ltd|Jr|Sr|Co)"
_LETTER = "[A-Za-z]"


def _dots(found: re.Match[str]) -> str:
    return _DOT * len(found[0]) + _STOP


_Replacement = str | Callable[[re.Match[str]], str]

# One after the other: full stops that end nothing become `_DOT`, and what ends a sentence where no
# full stop is left gets `_STOP`.
_STEPS: tuple[tuple[str, _Replacement], ...] = (
    (r"(Mr|St|Mrs|Ms|Dr)[.]", rf"\1{_DOT}"),
    (r"[.](com|net|org|io|gov|edu|me)", rf"{_DOT}\1"),
    (r"([0-9])[.]([0-9])", rf"\1{_DOT}\2"),
    (r"[.]{2,}", _dots),
    (r"Ph[.]D[.]", f"Ph{_DOT}D{_DOT}"),
    (rf"\s({_LETTER})[.] ", rf" \1{_DOT} "),
    (rf"([A-Z][.][A-Z][.](?:[A-Z][.])?) ({_STARTERS})", rf"\1{_STOP} \2"),
    (rf"({_LETTER})[.]({_LETTER})[.]({_LETTER})[.]", rf"\1{_DOT}\2{_DOT}\3{_DOT}"),
    (rf"({_LETTER})[.]({_LETTER})[.]", rf"\1{_DOT}\2{_DOT}"),
    (rf" ({_SUFFIXES})[.] ({_STARTERS})", rf" \1{_STOP} \2"),
    (rf" ({_SUFFIXES})[.]", rf" \1{_DOT}"),
    (rf" ({_LETTER})[.]", rf" \1{_DOT}"),
    # A mark inside closing quotes ends the sentence behind them.
    (r"[.]\N{RIGHT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}."),
    (r'[.]"', '".'),
    (r'!"', '"!'),
    (r'[?]"', '"?'),
    (r"([.!?])", rf"\1{_STOP}"),
    (_DOT, "."),
)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of `text`; without any full stop, all of it.

    Source: `split_into_sentences` in `instructions_util.py`.
    """
    text = f" {text}  ".replace("\n", " ")
    for pattern, replacement in _STEPS:
        text = re.sub(pattern, replacement, text)
    sentences = [sentence.strip() for sentence in text.split(_STOP)]
    return sentences if sentences[-1] else sentences[:-1]
