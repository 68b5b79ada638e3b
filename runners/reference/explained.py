"""What the docstring of a schema says of each key, and of the whole."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from .values import Struct, literals

_CODE = re.compile(r"`([^`]+)`")
_BULLET = re.compile(r"\n(?=- )")
_SENTENCE_END = re.compile(r"(?<=[.?!])(?<!e\.g\.)(?<!i\.e\.)(?<!et al\.)\s+(?=[A-Z\d`\"(])")
# Half a sentence that begins with code often is of another key.
_HALF = re.compile(r";\s+(?=`)")


class Explained(msgspec.Struct, frozen=True):
    """The sentences of a docstring: those `of` each key, and the paragraphs of none.

    `beside` are those that name a key and are of another one.
    """

    paragraphs: tuple[str, ...]
    of: Mapping[str, str]
    beside: Mapping[str, str]


def explained(schema: Struct) -> Explained:
    """Return what the docstrings of `schema`, and of those it extends, say of its keys.

    A sentence is of the keys that it names in backticks: those before its first colon, if there are
    any, and else all of them; or of the key one of whose values it names. One that names none is of
    the same keys as the one before it.
    """
    keys = {field.name: frozenset(literals(field.type)) for field in msgspec.structs.fields(schema)}
    found = [
        _read(base.__dict__.get("__doc__") or "", keys)
        for base in reversed(schema.__mro__)
        if issubclass(base, msgspec.Struct)
    ]
    return Explained(
        found[-1].paragraphs,
        {key: text for one in found for key, text in one.of.items()},
        {key: text for one in found for key, text in one.beside.items()},
    )


def _read(docstring: str, keys: Mapping[str, frozenset[str]]) -> Explained:
    paragraphs: list[str] = []
    of: dict[str, list[str]] = {}
    beside: dict[str, str] = {}
    for block in _blocks(docstring):
        about: frozenset[str] = frozenset()
        rest: list[str] = []
        for sentence in _sentences(block, keys):
            about = _keys_of(sentence, keys) or about
            for key in about:
                of.setdefault(key, []).append(_without_names(sentence, keys))
            beside |= dict.fromkeys(_CODE.findall(sentence), sentence)
            if not about:
                rest.append(sentence)
        if rest and not block.endswith(":"):
            paragraphs.append(" ".join(rest))
    return Explained(tuple(paragraphs), {key: " ".join(told) for key, told in of.items()}, beside)


def _blocks(docstring: str) -> Iterator[str]:
    """Yield paragraphs and items of lists, each on one line."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(docstring)):
        for block in _BULLET.split(paragraph):
            if block:
                yield " ".join(block.split()).removeprefix("- ")


def _sentences(block: str, keys: Iterable[str]) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(block):
        *halves, last = _halves(sentence, keys)
        yield from (f"{half}." for half in halves)
        yield last


def _halves(sentence: str, keys: Iterable[str]) -> list[str]:
    """Return the parts of a sentence, cut where one begins with a key."""
    parts: list[str] = []
    for part in _HALF.split(sentence):
        named = _CODE.match(part)
        if parts and not (named and named[1] in keys):
            parts[-1] += f"; {part}"
        else:
            parts.append(part)
    return parts


def _keys_of(sentence: str, keys: Mapping[str, frozenset[str]]) -> frozenset[str]:
    head, colon, _ = sentence.partition(": ")
    for part in (head, sentence) if colon else (sentence,):
        named = [name for name in _CODE.findall(part) if name in keys]
        if named:
            return frozenset(named)
    quoted = set(_CODE.findall(sentence))
    of_values = [key for key, values in keys.items() if quoted & values]
    return frozenset(of_values) if len(of_values) == 1 else frozenset()


def _without_names(sentence: str, keys: Iterable[str]) -> str:
    """Return `sentence` without what stands before its colon, where that is keys and no more."""
    head, colon, rest = sentence.partition(": ")
    names = head.replace("`", "").split(", ")
    if colon and "`" in head and all(name in keys for name in names):
        return rest[0].upper() + rest[1:]
    return sentence
