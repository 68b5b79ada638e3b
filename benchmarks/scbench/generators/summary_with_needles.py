"""Mix.Sum+NIAH: summarise papers, and find the pass keys hidden between them.

SCBench paper, Table 3: about 8 documents and 5 needles. The papers are made up, see `documents`.
"""

from __future__ import annotations

import random

from ....core.rows import Row
from .documents import Document, documents

TURNS = 8
DOCUMENTS = 8
NEEDLES = 5

_OWNERS: tuple[str, ...] = (
    "harbour",
    "archive",
    "workshop",
    "observatory",
    "greenhouse",
    "mill",
    "ferry",
    "vault",
)


def summary_with_needles_row(rng: random.Random, paragraphs: int) -> Row:
    """Return a row of 8 papers with `paragraphs` paragraphs of detail each, and 5 pass keys.

    Each key has an owner of its own, and all keys are distinct. Turns alternate between the two
    subtasks and never ask for the same thing twice.
    """
    papers = documents(rng, DOCUMENTS, paragraphs)
    keys = rng.sample(range(10_000, 100_000), NEEDLES)
    needles = dict(zip(rng.sample(_OWNERS, NEEDLES), keys, strict=True))
    half = TURNS // 2
    summaries = rng.sample(range(DOCUMENTS), half)
    owners = rng.sample(list(needles), half)
    turns: list[Row] = []
    for paper, owner in zip(summaries, owners, strict=True):
        turns.append(_summary_turn(paper + 1, papers[paper]))
        turns.append(_needle_turn(owner, needles[owner]))
    return {"context": _context(rng, papers, needles), "multi_turns": turns}


def _context(rng: random.Random, papers: list[Document], needles: dict[str, int]) -> str:
    parts = [paper.text for paper in papers]
    for owner, key in needles.items():
        needle = f"The pass key of the {owner} is {key}. Remember it. {key} is its pass key."
        parts.insert(rng.randint(1, len(parts)), needle)
    return "\n\n".join(parts)


def _summary_turn(number: int, paper: Document) -> Row:
    return {
        "task": "scbench_summary",
        "input": f"Summarise document {number} in a few sentences.",
        "answer": paper.summary,
    }


def _needle_turn(owner: str, key: int) -> Row:
    return {
        "task": "scbench_passkey",
        "input": f"What is the pass key of the {owner}? Reply with the number alone.",
        "answer": str(key),
    }
