"""Retr.Prefix-Suffix: find the string with a given beginning and a given end.

SCBench paper, Table 3: 6000 strings of a length in [65, 123). The alphabet is not published:
ASCII letters and digits are used.
"""

from __future__ import annotations

import random
import string

from ....core.rows import Row
from .distinct import distinct

TURNS = 5
AFFIX = 8
LENGTHS = range(65, 123)

_ALPHABET = string.ascii_letters + string.digits


def prefix_suffix_row(rng: random.Random, strings: int) -> Row:
    """Return a row with `strings` strings, of which exactly one has both affixes of a turn.

    All beginnings and all ends are distinct, but for two decoys a turn: one shares only the
    beginning, the other only the end. Needs at least 15 strings.
    """
    starts = distinct(strings, lambda: _letters(rng, AFFIX))
    ends = distinct(strings, lambda: _letters(rng, AFFIX))
    asked = list(zip(starts[:TURNS], ends[:TURNS], strict=True))
    for turn, (start, end) in enumerate(asked):
        starts[TURNS + turn] = start
        ends[2 * TURNS + turn] = end
    words = [_word(rng, start, end) for start, end in zip(starts, ends, strict=True)]
    answers = words[:TURNS]
    rng.shuffle(words)
    return {
        "context": f"Dictionary = {words}",
        "multi_turns": [
            {"input": _query(start, end), "answer": answer}
            for (start, end), answer in zip(asked, answers, strict=True)
        ],
    }


def _query(start: str, end: str) -> str:
    return (
        f"\nPrefix: {start}\nSuffix: {end}\n"
        "The only word of the dictionary with this prefix and this suffix is: "
    )


def _word(rng: random.Random, start: str, end: str) -> str:
    return start + _letters(rng, rng.choice(LENGTHS) - 2 * AFFIX) + end


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(_ALPHABET, k=count))
