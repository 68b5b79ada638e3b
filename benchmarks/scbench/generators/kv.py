"""Retr.KV: look up values in a JSON object of random identifiers.

After InfiniteBench's key-value retrieval; SCBench paper, Table 3: 2500 pairs of length 36.
"""

from __future__ import annotations

import json
import random
import uuid

from ....core.rows import Row
from .distinct import distinct

TURNS = 5


def kv_row(rng: random.Random, pairs: int) -> Row:
    """Return a row with `pairs` pairs, all keys and values distinct.

    The pairs asked for are spread over the context, one in each fifth of it, and asked in random
    order. Needs at least 5 pairs.
    """
    names = distinct(2 * pairs, lambda: _identifier(rng))
    table = dict(zip(names[:pairs], names[pairs:], strict=True))
    keys = list(table)
    asked = [
        keys[rng.randrange(part * pairs // TURNS, (part + 1) * pairs // TURNS)]
        for part in range(TURNS)
    ]
    rng.shuffle(asked)
    return {
        "context": f"JSON data:\n{json.dumps(table)}",
        "multi_turns": [{"input": _query(key), "answer": table[key]} for key in asked],
    }


def _query(key: str) -> str:
    return f'\nKey: "{key}"\nThe value that belongs to this key is: '


def _identifier(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
