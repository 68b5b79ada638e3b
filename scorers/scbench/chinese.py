"""The rule of Zh.QA."""

from __future__ import annotations

import string
from collections.abc import Sequence

from ..text import multiset_f1
from ..turns import TurnReply, Verdict
from .labels import as_iterated, as_list

# The marks that the official scorer deletes beside ASCII punctuation, as code point ranges. Its
# list lacks the full-width full stop, the opening double and both single angle brackets.
_OFFICIAL_RANGES = (
    (0x2013, 0x2014),
    (0x2018, 0x2019),
    (0x201B, 0x201F),
    (0x2026, 0x2027),
    (0x3001, 0x3003),
    (0x300B, 0x3011),
    (0x3014, 0x301F),
    (0x3030, 0x3030),
    (0x303E, 0x303F),
    (0xFE4F, 0xFE4F),
    (0xFF01, 0xFF0D),
    (0xFF0F, 0xFF0F),
    (0xFF1A, 0xFF20),
    (0xFF3B, 0xFF40),
    (0xFF5B, 0xFF64),
)
_LACKING = (0xFF0E, 0x300A, 0x3008, 0x3009)
_OFFICIAL_MARKS = {
    *map(ord, string.punctuation),
    *(code for low, high in _OFFICIAL_RANGES for code in range(low, high + 1)),
}
_OFFICIAL_DELETED: dict[int, None] = dict.fromkeys(_OFFICIAL_MARKS)
_FIXED_DELETED: dict[int, None] = dict.fromkeys(_OFFICIAL_MARKS.union(_LACKING))


def official_char_f1(reply: TurnReply) -> Verdict:
    """`char_f1` of qa_chn: best F1 of single characters over the labels.

    Both sides lose case, punctuation and white space first. The label is a bare string, which the
    official code takes for a list of one-character labels: a right answer of three different
    characters gets F1 of 1 against 3 characters, 0.5.
    """
    return _char_f1(reply, as_iterated(reply.turn.target), _OFFICIAL_DELETED)


def fixed_char_f1(reply: TurnReply) -> Verdict:
    """`char_f1` of qa_chn, a bare string being one label.

    Four marks that the official list forgets are deleted too, among them the opening double angle
    bracket of book titles, whose closing half it deletes.
    """
    return _char_f1(reply, as_list(reply.turn.target), _FIXED_DELETED)


def _char_f1(reply: TurnReply, labels: Sequence[str], deleted: dict[int, None]) -> Verdict:
    answer = _normalized(reply.output, deleted)
    scores = [multiset_f1(answer, _normalized(label, deleted)) for label in labels]
    return Verdict(scores={"char_f1": max(scores, default=0.0)}, answer=answer)


def _normalized(text: str, deleted: dict[int, None]) -> str:
    return "".join(text.lower().translate(deleted).split())
