"""Which of several options a reply chooses."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence

from .text import squeezed

_ADORNMENT = r"[\s\"'`*_$(\[{:\\]*"
# A statement needs its verb or sign, so that "to answer a question" is none.
_STATEMENT = re.compile(
    r"\b(?:answer|option|choice)\b[\s\"'`*_]*(?:\bis\b|:|=)" + _ADORNMENT, re.IGNORECASE
)
_FILLER = re.compile(
    rf"(?:(?:the|most|likely|probably|option|choice|letter|boxed|text|mathrm)\b{_ADORNMENT})*",
    re.IGNORECASE,
)
_UPPER = re.compile(r"([A-Z])(?![\w'\N{RIGHT SINGLE QUOTATION MARK}])")
# A small letter may be an article: it counts only where nothing could follow an article.
_LOWER = re.compile(r"([a-z])(?=\s*(?:[)\].}*:,;]|$))")
_LONE = re.compile(r"[\W_]*(?:(?:option|choice)[\W_]*)?([A-Za-z])[\W_]*", re.IGNORECASE)
_LEADING = re.compile(r"^[ \"'`*_(\[]*([A-Z])[\"'`*_]*[)\].:](?=\s|$|[*_\"'])", re.MULTILINE)
_MARKED = re.compile(
    r"\(([A-Z])\)|\*\*\(?([A-Z])[).:]?\*\*|\bboxed\{([A-Z])\}|\b(?i:option|choice)\s+([A-Z])\b"
)
# "A" and "I" before a word in small letters are words themselves.
_BARE = re.compile(r"(?<![\w'.-])(?<!not )(?:([B-HJ-Z])(?![\w'-])|([AI])(?![\w'-])(?!\s+[a-z]))")
_ARTICLE = re.compile(r"(?:a|an|the)\s+", re.IGNORECASE)
_START = re.compile(_ADORNMENT)
_SENTENCE_END = re.compile(r"[\"'`*_)\]}$ ]*(?:[.!;:\n]|$)")
# After a comma an alternative may follow, and then the first is no choice.
_COMMA = re.compile(r",(?!\s*(?:or|and|but|maybe|perhaps)\b)\s*", re.IGNORECASE)
_WORD_END = r"(?!\w)(?![.,]\d)"


def chosen_option(reply: str, options: Sequence[str]) -> int | None:
    """Return the index of the option that `reply` chooses; None if none, or not clear which.

    The letters are A, B, ... in the order of `options`; without options any letter may be chosen.
    The first of these that is found decides:

    1. the last statement such as "answer is (B)", "Answer: B" or "the answer is Paris";
    2. a first sentence or clause that is the text of an option, or a reply that is a lone letter;
    3. lines that begin with a letter, as in "B) Paris", all with the same;
    4. a single option marked anywhere as "(B)", "**B**" or "option B";
    5. a single option mentioned anywhere, by its text or by a letter that stands alone.
    """
    texts = _Texts(options)
    reply = reply.strip()
    count = len(options) or len(string.ascii_uppercase)
    deciding = (
        _stated(reply, texts, count),
        texts.sentence(reply),
        _index(_LONE.fullmatch(reply), count),
        _only(set(_letters(_LEADING, reply, count))),
    )
    for index in deciding:
        if index is not None:
            return index
    marked = set(_letters(_MARKED, reply, count))
    mentioned = set(texts.within(reply)) | set(_letters(_BARE, texts.removed_from(reply), count))
    return _only(marked or mentioned)


def index_of_target(target: str, options: Sequence[str]) -> int | None:
    """Return the index of the option that `target` names by its text or its letter, else None."""
    folded = [squeezed(option).casefold() for option in options]
    text = squeezed(target).casefold()
    if text in folded:
        return folded.index(text)
    return _index(_LONE.fullmatch(target), len(options) or len(string.ascii_uppercase))


class _Texts:
    """The texts of the options, to be found in replies as whole words in any case."""

    def __init__(self, options: Sequence[str]) -> None:
        texts = [squeezed(option) for option in options]
        self._indices: dict[str, int] = {}
        for index, text in enumerate(texts):
            self._indices.setdefault(text.casefold(), index)
        longest_first = sorted(filter(None, texts), key=len, reverse=True)
        pattern = "|".join(re.escape(text).replace(r"\ ", r"\s+") for text in longest_first)
        self._pattern = re.compile(rf"(?<!\w)(?:{pattern or '(?!)'}){_WORD_END}", re.IGNORECASE)

    def sentence(self, reply: str) -> int | None:
        """Return the option whose text is the first sentence or clause of `reply`."""
        found = self._match(reply, 0)
        if found is None:
            return None
        comma = _COMMA.match(reply, found.end())
        alone = comma is not None and self.at(reply, comma.end()) is None
        return self._index(found) if alone or _SENTENCE_END.match(reply, found.end()) else None

    def at(self, reply: str, begin: int) -> int | None:
        """Return the option whose text stands at `begin`."""
        found = self._match(reply, begin)
        return self._index(found) if found else None

    def within(self, reply: str) -> Iterator[int]:
        """Yield the options whose text stands in `reply`, the longest where several do."""
        for found in self._pattern.finditer(reply):
            index = self._index(found)
            if index is not None:
                yield index

    def removed_from(self, reply: str) -> str:
        return self._pattern.sub(" ", reply)

    def _match(self, reply: str, begin: int) -> re.Match[str] | None:
        """Match a text at `begin`, marks of emphasis and an article put aside."""
        begin = _end(_START, reply, begin)
        return self._pattern.match(reply, begin) or self._pattern.match(
            reply, _end(_ARTICLE, reply, begin)
        )

    def _index(self, found: re.Match[str]) -> int | None:
        return self._indices.get(squeezed(found[0]).casefold())


def _stated(reply: str, texts: _Texts, count: int) -> int | None:
    last = None
    for statement in _STATEMENT.finditer(reply):
        begin = statement.end()
        plain = _end(_FILLER, reply, begin)
        letter = _UPPER.match(reply, plain) or _LOWER.match(reply, plain)
        for index in (texts.at(reply, begin), texts.at(reply, plain), _index(letter, count)):
            if index is not None:
                last = index
                break
    return last


def _end(pattern: re.Pattern[str], text: str, begin: int) -> int:
    """Return where what `pattern` matches at `begin` ends; `begin` when it does not."""
    found = pattern.match(text, begin)
    return found.end() if found else begin


def _letters(pattern: re.Pattern[str], text: str, count: int) -> Iterator[int]:
    for found in pattern.finditer(text):
        index = _index(found, count)
        if index is not None:
            yield index


def _index(found: re.Match[str] | None, count: int) -> int | None:
    """Return the option of the letter that `found` captured, if there is such an option."""
    letter = found[found.lastindex].upper() if found and found.lastindex else ""
    index = string.ascii_uppercase.find(letter) if letter else -1
    return index if 0 <= index < count else None


def _only(indices: set[int]) -> int | None:
    return next(iter(indices)) if len(indices) == 1 else None
