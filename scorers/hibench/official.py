"""How the official code finds an answer and compares it, its flaws included.

Source: evaluator/ of jzzzzh/HiBench, commit 300a814: `BasicEvaluator` in base.py, and the classes
by scenario that say which matcher is whose.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Matcher = Callable[[str, str], float]
"""Compares a whole reply with the answer; a share in [0, 1]."""

_ANSWER = re.compile(r"""\{\s*["']?answer["']?\s*[:=]\s*("[^"]*"|'[^']*|[^}\n]*)""")
_SPACE = re.compile(r"\s+")
_DROPPED = re.compile(r"[^a-zA-Z0-9 ,]")
_SEPARATOR = ","


def extracted(text: str) -> str | None:
    """Return the value behind the first key `answer`; None without one, or for an empty one.

    It is in double quotes, or begins with a single one and ends before the next, even if there is
    none, or is all up to a closing brace or the end of the line (`_extract_answer`).
    """
    match = _ANSWER.search(text.lower())
    return match[1].strip() if match and match[1] else None


def refined(text: str) -> str:
    """Return letters, digits, commas and single spaces of `text` (`_refine_string`).

    White space at the ends goes first, so that a symbol there may leave a space behind.
    """
    return _DROPPED.sub("", _SPACE.sub(" ", text.lower().strip()))


def number(reply: str, answer: str) -> float:
    """Compare as strings: 12.0 is 120 (`number_match`)."""
    found = _refined_answer(reply)
    return float(found is not None and found == refined(answer))


def string(reply: str, answer: str) -> float:
    """Look for the answer anywhere in the reply's: 12 is right for 1 (`string_match`)."""
    found = _refined_answer(reply)
    return float(found is not None and refined(answer) in found)


def unspaced_string(reply: str, answer: str) -> float:
    """Look for the answer in the reply's, spaces aside (`string_match` with `skip`)."""
    found = _refined_answer(reply)
    return float(found is not None and _unspaced(refined(answer)) in _unspaced(found))


def compact_string(reply: str, answer: str) -> float:
    """As `string`, white space taken out of both texts first (evaluator/code.py)."""
    return string(_unspaced(reply), _unspaced(answer))


def items(reply: str, answer: str) -> float:
    """Sort the entries of both and compare as many as the shorter list has (`list_match`).

    So their order does not matter, and entries that sort behind all others may be missing.
    """
    found = _refined_answer(reply)
    if found is None:
        return 0.0
    pairs = zip(_sorted_entries(found), _sorted_entries(refined(answer)), strict=False)
    return float(all(one == other for one, other in pairs))


def hierarchy(reply: str, answer: str) -> float:
    """Compare the digits, one after another (`hierarchical_structure_match`)."""
    found = _refined_answer(reply)
    return float(found is not None and _digits(found) == _digits(refined(answer)))


def hit_rate(reply: str, answer: str) -> float:
    """Return the share of the answer's entries that are among the reply's (`hit_rate`).

    The value is extracted from the answer, too; one without the key, which ends the official code
    in an error, is taken as it is.
    """
    found = extracted(reply)
    if found is None:
        return 0.0
    wanted = extracted(answer)
    given = _refined_entries(found)
    hits = [entry in given for entry in _refined_entries(answer if wanted is None else wanted)]
    return sum(hits) / len(hits)


def line_hit_rate(reply: str, answer: str) -> float:
    r"""As `hit_rate`, line breaks and `\n` written out counting as commas (evaluator/paper.py)."""
    return hit_rate(_on_one_line(reply), _on_one_line(answer))


MATCHERS: dict[str, Matcher] = {
    "number": number,
    "string": string,
    "unspaced_string": unspaced_string,
    "compact_string": compact_string,
    "list": items,
    "hierarchy": hierarchy,
    "hit_rate": hit_rate,
    "line_hit_rate": line_hit_rate,
}


def _refined_answer(reply: str) -> str | None:
    found = extracted(reply)
    return None if found is None else refined(found)


def _unspaced(text: str) -> str:
    return _SPACE.sub("", text)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _sorted_entries(text: str) -> list[str]:
    return sorted(_unspaced(text).split(_SEPARATOR))


def _refined_entries(text: str) -> list[str]:
    return [refined(entry) for entry in _unspaced(text.lower()).split(_SEPARATOR)]


def _on_one_line(text: str) -> str:
    return text.replace("\\n", "\n").replace("\n", _SEPARATOR)
