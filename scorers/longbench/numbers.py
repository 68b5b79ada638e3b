"""Rules that look for a number: passage_retrieval_en and passage_count."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...core.errors import DataError
from ..text import texts_of
from ..turns import TurnReply, Verdict

_NUMBER = re.compile(r"\d+")
_PARAGRAPH = re.compile(r"Paragraph (\d+)")


def retrieval(reply: TurnReply) -> Verdict:
    """`accuracy` of passage_retrieval_en: share of the numbers that are the paragraph's.

    The answer says "Paragraph N". Numbers are compared as strings. Source: `retrieval_score`.
    """
    return _share(reply, _paragraph)


def count(reply: TurnReply) -> Verdict:
    """`accuracy` of passage_count: share of the numbers in the reply that are the right one.

    Numbers are compared as strings. Source: `count_score`.
    """
    return _share(reply, str)


def _share(reply: TurnReply, number_of: Callable[[str], str]) -> Verdict:
    right = [number_of(answer) for answer in texts_of(reply.turn.target)]
    found = _NUMBER.findall(reply.output)
    if not found:
        return Verdict(scores={"accuracy": 0.0}, parsed=False)
    best = max(found.count(number) for number in right) / len(found)
    return Verdict(scores={"accuracy": best}, answer=found)


def _paragraph(answer: str) -> str:
    found = _PARAGRAPH.search(answer)
    if found is None:
        raise DataError(f"the answer should say 'Paragraph N', found {answer!r:.80}")
    return found[1]
