"""How answers are compared when order, numbers and whole lists count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

from ..extraction.literals import NoLiteralError, parse_json, parse_value
from ..numbers import Number, numbers_in, same_number
from ..text import multiset_f1, squeezed
from .drawings import edges_of

Comparison = Callable[[str, Any], float]
"""Compares the value in a reply with the answer; a share in [0, 1]."""

_KEY = re.compile(r"""\{\s*["']?answer["']?\s*[:=]""", re.IGNORECASE)
_TRUE = ("true", "yes")
_FALSE = ("false", "no")
_NOTHING = ("none", "null", "[]", "no edges")
_ARROW = re.compile(r"\s*(?:->|→|\u27f6)\s*")
_SYMBOL = re.compile(r"\d+(?:\.\d+)?|\*\*|\S")
_NODE = re.compile(r"\d+", re.ASCII)
# Values of formulas are printed with two decimals.
_TOLERANCE = 0.005


def value_in(reply: str) -> str | None:
    """Return the value behind the last key `answer`, without the quotes around it; None without.

    It may run over several lines: in quotes up to one that a brace follows, else up to the next
    brace, or the end.
    """
    *_, key = [None, *_KEY.finditer(reply)]
    if key is None:
        return None
    rest = reply[key.end() :].strip()
    quote = rest[:1] if rest[:1] in ("'", '"') else ""
    closed = re.search(rf"{quote}\s*\}}", rest[len(quote) :])
    return _unquoted(rest[: len(quote) + closed.start() + len(quote)] if closed else rest)


def number(value: str, answer: Any) -> float:
    """Compare as numbers: 12.0 is 12."""
    return _near(value, answer, 0.0)


def rounded_number(value: str, answer: Any) -> float:
    """Compare as numbers that may differ by what two decimals leave open."""
    return _near(value, answer, _TOLERANCE)


def truth(value: str, answer: Any) -> float:
    """Compare as true or false; yes and no will do."""
    given, wanted = _truth(value), _truth(str(answer))
    return float(given is not None and given == wanted)


def text(value: str, answer: Any) -> float:
    """Compare as texts, case and the amount of white space aside."""
    return float(_plain(value) == _plain(str(answer)))


def sequence(value: str, answer: Any) -> float:
    """Compare numbers in their order."""
    given, wanted = _numbers(value), _numbers(str(answer))
    return float(given is not None and given == wanted)


def nodes(value: str, answer: Any) -> float:
    """Compare numbers in any order, none missing and none too many."""
    given, wanted = _numbers(value), _numbers(str(answer))
    return float(given is not None and wanted is not None and sorted(given) == sorted(wanted))


def names(value: str, answer: Any) -> float:
    """Compare names in any order, none missing and none too many."""
    return float(Counter(_entries(value)) == Counter(_entries(str(answer))))


def path(value: str, answer: Any) -> float:
    """Compare the steps of a way in their order."""
    return float(_steps(value) == _steps(str(answer)))


def tree(value: str, answer: Any) -> float:
    """Compare the edges, sides included; a reply may list them or draw the tree."""
    given, wanted = edges_of(value), edges_of(str(answer))
    if given is not None:
        return float(given == wanted)
    return float(_plain(value) in _NOTHING and wanted == frozenset())


def formula(value: str, answer: Any) -> float:
    """Compare symbol by symbol."""
    return float(_symbols(value) == _symbols(str(answer)))


def complexity(value: str, answer: Any) -> float:
    """Compare the first O(...), spaces and signs of multiplication aside."""
    return float(_order(value) == _order(str(answer)))


def items(value: str, answer: Any) -> float:
    """Return the F1 of the entries: those that are too many count as well."""
    return multiset_f1(_entries(value), _wanted_entries(answer))


def ordered_items(value: str, answer: Any) -> float:
    """Return whether the entries are those of the answer, in its order."""
    return float(_entries(value) == _wanted_entries(answer))


COMPARISONS: dict[str, Comparison] = {
    "number": number,
    "rounded_number": rounded_number,
    "truth": truth,
    "text": text,
    "sequence": sequence,
    "nodes": nodes,
    "names": names,
    "path": path,
    "tree": tree,
    "formula": formula,
    "complexity": complexity,
    "items": items,
    "ordered_items": ordered_items,
}


def _unquoted(value: str) -> str:
    bare = value.strip()
    if len(bare) < 2 or bare[0] != bare[-1] or bare[0] not in "\"'":
        return bare
    try:
        parsed = parse_json(bare) if bare[0] == '"' else bare[1:-1]
    except NoLiteralError:
        # Line breaks within quotes are no JSON.
        return bare[1:-1]
    return str(parsed)


def _plain(value: str) -> str:
    return squeezed(value).lower()


def _near(value: str, answer: Any, distance: float) -> float:
    given, wanted = _only_number(value), _only_number(str(answer))
    if given is None or wanted is None:
        return 0.0
    return float(same_number(given, wanted, absolute=distance, relative=0.0))


def _only_number(value: str) -> Number | None:
    found = list(numbers_in(value))
    return found[0] if len(found) == 1 else None


def _truth(value: str) -> bool | None:
    word = _plain(value)
    return word in _TRUE if word in (*_TRUE, *_FALSE) else None


def _numbers(value: str) -> list[str] | None:
    """Return the numbers of a list, which may be in brackets; None for anything else."""
    if _plain(value) in _NOTHING:
        return []
    bare = value.strip().removeprefix("[").removesuffix("]")
    parts = [part.strip().strip("\"'") for part in bare.split(",")]
    return parts if all(_NODE.fullmatch(part) for part in parts) else None


def _entries(value: str) -> list[str]:
    """Return the entries of a list: JSON, a Python literal, lines, or parted by commas."""
    if value.strip().startswith("["):
        try:
            return _split(cast("list[object]", parse_value(value)))
        except NoLiteralError:
            pass
    return _split([value])


def _wanted_entries(answer: Any) -> list[str]:
    if isinstance(answer, list):
        return _split(cast("list[object]", answer))
    return _entries(value_in(str(answer)) or str(answer))


def _split(texts: Sequence[object]) -> list[str]:
    lines = (line for text in texts for line in str(text).replace("\\n", "\n").splitlines())
    return [_plain(part) for line in lines for part in line.split(",") if part.strip()]


def _steps(value: str) -> list[str]:
    return [_plain(step) for step in _ARROW.split(value.strip())]


def _symbols(value: str) -> list[str]:
    return ["^" if symbol == "**" else symbol for symbol in _SYMBOL.findall(value)]


def _order(value: str) -> str:
    """Return the first O(...) of a text, or all of it, without what does not matter."""
    compact = re.sub(r"[\s*·]|\\cdot", "", value.replace("**", "^")).lower()
    start = compact.find("o(")
    if start < 0:
        return compact
    depth = 0
    for end in range(start + 1, len(compact)):
        depth += {"(": 1, ")": -1}.get(compact[end], 0)
        if depth == 0:
            return compact[start : end + 1]
    return compact[start:]
