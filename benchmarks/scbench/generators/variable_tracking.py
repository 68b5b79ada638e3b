"""Retr.MultiHop: which variables hold a value after a chain of assignments.

After RULER's variable tracking; SCBench paper, Table 3: 2 hops, so 3 names a value. A row has a
chain for each of its 5 turns, since each turn asks for a value of its own.
"""

from __future__ import annotations

import itertools
import random
import string

from ....core.rows import Row
from .distinct import distinct

TURNS = 5
HOPS = 2
NAME_LENGTH = 5

_NOISE = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again."


def variable_tracking_row(rng: random.Random, noise_lines: int) -> Row:
    """Return a row with `noise_lines` lines of noise, the assignments scattered among them.

    All names and values are distinct, and the lines of a chain keep their order.
    """
    per_chain = HOPS + 1
    names = distinct(TURNS * per_chain, lambda: _name(rng))
    values = rng.sample(range(10_000, 100_000), TURNS)
    chains = [names[first : first + per_chain] for first in range(0, len(names), per_chain)]
    total = noise_lines + len(names)
    lines = [_NOISE] * total
    places = rng.sample(range(total), len(names))
    for turn, (chain, value) in enumerate(zip(chains, values, strict=True)):
        own = sorted(places[turn * per_chain : (turn + 1) * per_chain])
        for place, line in zip(own, _assignments(chain, value), strict=True):
            lines[place] = line
    return {
        "context": "\n".join(lines),
        "multi_turns": [
            {"input": _query(value), "answer": chain}
            for chain, value in zip(chains, values, strict=True)
        ],
    }


def _assignments(chain: list[str], value: int) -> list[str]:
    copies = [f"VAR {new} = VAR {old}" for old, new in itertools.pairwise(chain)]
    return [f"VAR {chain[0]} = {value}", *copies]


def _query(value: int) -> str:
    return (
        f"Question: which variables of the text above hold the value {value}, directly or through "
        f"other variables? List their names.\nAnswer: the {HOPS + 1} variables are"
    )


def _name(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_uppercase, k=NAME_LENGTH))
