"""Web of lies: three (or more) answers of yes, no and unknown."""

from __future__ import annotations

import re
from itertools import product

from ..verdict import Verdict
from .reading import (
    graded,
    official_box,
    share_score,
    solutions,
    solutions_or_typo,
    with_plain_boxes,
    without,
)

WORDS = ("yes", "no", "unknown")
_BOLD = re.compile(r"\*\*(.*?)\*\*")


def web_of_lies_v2(truth: str, reply: str) -> Verdict:
    """Return 1 if the answer is the truth, or holds it and three of the words; else 0.

    "unknown" counts as two words, for it holds "no". Source: `web_of_lies_v2/utils.py`.
    """
    found = solutions_or_typo(reply)
    answer = found[-1] if found else _bold_words(reply)
    if answer is None or not answer.strip():
        reply = _with_bold_as_boxes(reply)
        answer = _first_known(official_box(reply), answer)
    if answer is None:
        answer = _last_combination(reply)
    return graded(bool(answer) and _matches(answer or "", truth.lower()), answer)


def web_of_lies_v3(truth: str, reply: str) -> Verdict:
    """Return the mean of "all right" and the share of right items, compared with their spaces.

    Source: `web_of_lies_v3/utils.py`.
    """
    found = solutions(reply)
    answer = found[-1] if found else None
    if answer is None or not answer.strip():
        reply = _with_bold_as_boxes(reply)
        box = official_box(reply)
        answer = _first_known(None if box is None else without(box, "\\text{", "}"), answer)
    if answer is None:
        answer = _last_combination(reply)
    if answer is None:
        return graded(0, None)
    golden = truth.split(",")
    right = sum(a == b for a, b in zip(golden, answer.split(","), strict=False))
    return graded(share_score(right, len(golden)), answer)


def _matches(answer: str, truth: str) -> bool:
    return answer == truth or (sum(map(answer.count, WORDS)) == 3 and truth in answer)


def _bold_words(reply: str) -> str | None:
    """Return the last three of the words that stand in bold text; None without any."""
    words = (w for span in _BOLD.findall(reply) for w in span.split())
    plain = (without(word.lower(), ",", ".") for word in words)
    return ", ".join([word for word in plain if word in WORDS][-3:]) or None


def _with_bold_as_boxes(reply: str) -> str:
    reply = reply.replace("\\\\boxed{\\\\textbf{", "\\\\boxed{")
    return with_plain_boxes(reply).replace("\\textbf{", "\\boxed{")


def _first_known(box: str | None, answer: str | None) -> str | None:
    return answer if box is None else box


def _last_combination(reply: str) -> str | None:
    """Return the "a, b, c" whose first occurrence is the furthest right."""
    text = reply.lower()
    combinations = (", ".join(words) for words in product(WORDS, repeat=3))
    places = {text.find(words): words for words in combinations}
    return places[max(places)] if max(places) >= 0 else None
