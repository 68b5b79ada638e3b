"""Spatial questions: a number or a shape."""

from __future__ import annotations

import re
from itertools import pairwise

from ..extraction.marked import bold
from ..verdict import Verdict
from .reading import NUMBER_WORDS, graded, official_box, with_plain_boxes, without

_WORDS = {word: str(number) for number, word in enumerate(NUMBER_WORDS)}
_BOLD_RUN = re.compile(r"(\*{2,})(.*?)\1")
_SHAPES = ("tetrahedra", "tetrahedron", "triangle", "square")


def spatial(truth: str, reply: str) -> Verdict:
    """Return 1 if one of the last three bold texts, or the last box, is the truth; else 0.

    A number may be spelled out, and a shape may have a word before it. Source: `spatial/utils.py`.
    """
    if reply == truth:
        return graded(1, reply)
    golden = truth.strip().lower()
    spans = [span.strip().lower() for span in bold(reply)[-3:]]
    for span in reversed(spans):
        if _means(span, golden):
            return graded(1, span)
    box = official_box(with_plain_boxes(reply))
    if box is None:
        return graded(0, spans[-1] if spans else None)
    answer = without(box, "\\textbf{", "\\mathbf{", "\\text{", "}")
    return graded(answer == truth, answer)


def _means(span: str, golden: str) -> bool:
    if span == golden or _WORDS.get(span) == golden:
        return True
    return golden in _SHAPES and golden in span and len(span) < 2 * len(golden) + 5


def house_traversal(truth: str, reply: str) -> Verdict:
    """Return 1 if the last bold texts are the names in order, or the last one holds all; else 0.

    Source: `house_traversal/utils.py`.
    """
    spans = [span for _, span in _BOLD_RUN.findall(reply.lower())]
    if not spans:
        return graded(0, None)
    names = truth.lower().split(" ")
    last = spans[-len(names) :]
    one_each = len(last) == len(names) and all(
        name == span for name, span in zip(names, last, strict=True)
    )
    places = [spans[-1].find(name) for name in names]
    rising = places[0] >= 0 and all(a < b for a, b in pairwise(places))
    return graded(one_each or rising, spans[-1])
