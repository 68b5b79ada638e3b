"""The search for the pattern of a head: of several that cost about the same, the most telling.

After the official `search_pattern` (the search of section 3.3 of arXiv 2407.02490): its candidates,
the rows that it scores, and what it uses when one of them wins. There it is run once, on a prompt
of about 30000 tokens. Shorter prompts get proportionally smaller sizes here: the official ones
would leave out little of them, or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import torch
from torch import Tensor

from .attention import Visibility, attention_weights
from .heads import Head
from .patterns import FALLBACK, Pattern

_SEARCHED_TOKENS = 30_000
# Rows so early see most of what is before them under any pattern; the official score skips them.
_SKIPPED_ROWS = 2_500
# The official score is the mean over all other rows; so many, evenly spaced, estimate it.
_SCORED_ROWS = 128


class Candidate(msgspec.Struct, frozen=True):
    """A pattern that is tried, and the one that is used if it wins."""

    tried: Pattern
    used: Pattern


# The official search ends in vertical and slash lines for every head. Its block-sparse candidate
# is an eighth of the key blocks: 58 blocks of 64 at 30000 tokens.
CANDIDATES = (
    Candidate(Pattern("stream_llm", 100, 800), Pattern("vertical_and_slash", 100, 800)),
    *(
        Candidate(lines, lines)
        for lines in (
            Pattern("vertical_and_slash", 30, 800),
            Pattern("vertical_and_slash", 100, 750),
            Pattern("vertical_and_slash", 500, 700),
            Pattern("vertical_and_slash", 3500, 100),
        )
    ),
    Candidate(Pattern("block_sparse", 58, 1), FALLBACK),
)


def candidates_for(tokens: int) -> tuple[Candidate, ...]:
    """Return the official candidates, with smaller sizes for prompts below 30000 tokens."""
    return tuple(
        Candidate(_scaled(candidate.tried, tokens), _scaled(candidate.used, tokens))
        for candidate in CANDIDATES
    )


def search_pattern(head: Head, candidates: Sequence[Candidate]) -> tuple[Pattern, float]:
    """Return the pattern to use for `head`, and the score in [0, 1] by which it was chosen.

    The score of a candidate is the share of attention that falls on what it lets queries see,
    averaged over queries. The highest wins; among equals, the first.
    """
    rows = _scored_rows(head.tokens, head.query.device)
    weights = attention_weights(head.query[rows], head.key, rows, head.scale)
    scores = [captured(weights, rows, head.seen(candidate.tried)) for candidate in candidates]
    best = max(range(len(scores)), key=scores.__getitem__)
    return candidates[best].used, scores[best]


def captured(weights: Tensor, rows: Tensor, seen: Visibility) -> float:
    """Return the mean over `rows` of the sum of `weights` (rows, tokens) where `seen` lets them."""
    columns = torch.arange(weights.shape[1], device=weights.device)
    return (weights * seen.visible(rows, columns)).sum(-1).mean().item()


def _scored_rows(tokens: int, device: torch.device) -> Tensor:
    first = _share(_SKIPPED_ROWS, tokens)
    count = min(_SCORED_ROWS, tokens - first)
    step = torch.arange(count, device=device)
    return first + step * (tokens - 1 - first) // max(1, count - 1)


def _scaled(pattern: Pattern, tokens: int) -> Pattern:
    return Pattern(
        pattern.name,
        max(1, _share(pattern.vertical, tokens)),
        max(1, _share(pattern.slash, tokens)),
    )


def _share(size: int, tokens: int) -> int:
    """Return what `size` at 30000 tokens comes to at `tokens`; it grows no further."""
    return round(size * min(1.0, tokens / _SEARCHED_TOKENS))
