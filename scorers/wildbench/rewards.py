"""WB-Reward: what a verdict on a pair counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ..pairwise.extents import MUCH, TIE, outcome_name, reward, with_length_margin
from .shown import Variant, is_cut, is_empty

REWARD, GROUP_REWARD = "reward", "group_reward"

# The baselines of the paper, by the names that metrics have.
BASELINES = {
    "gpt4t": "gpt-4-turbo-2024-04-09",
    "haiku": "claude-3-haiku-20240307",
    "llama": "Llama-2-70b-chat-hf",
}


class Pair(msgspec.Struct, frozen=True):
    """Two responses as verdicts count them (`response`), and a judge's verdict.

    `extent` is by how much it finds the first one better; None where its words could not be read.
    """

    text: str
    other: str
    extent: float | None


class Counting(msgspec.Struct, frozen=True):
    """How pairs are counted: `margin` is the K of the paper in characters, None its infinity.

    `official` counts a pair with a response that is empty or cut as 0, and leaves it out of groups.
    `fixed` leaves out what is cut, for it was not judged whole, and lets empty responses lose.
    """

    variant: Variant
    margin: int | None

    def extent(self, pair: Pair) -> float | None:
        """Return by how much the first response is better, once lengths are considered."""
        if pair.extent is None:
            return None
        return with_length_margin(pair.extent, len(pair.text), len(pair.other), self.margin)

    def rewards(self, pair: Pair) -> tuple[float | None, float | None]:
        """Return what a pair counts overall, and in its groups; None: it is left out."""
        extent = self.extent(pair)
        if extent is None:
            return None, None
        texts = (pair.text, pair.other)
        cut, empty = any(map(is_cut, texts)), any(map(is_empty, texts))
        if self.variant == "official" and (cut or empty):
            return 0.0, None
        return (None, None) if cut else (reward(extent), reward(extent))

    def outcome(self, pair: Pair) -> str:
        """Return what a pair came to in a word, for people."""
        extent = self.extent(pair)
        return "unparsed" if extent is None else outcome_name(extent)


def unasked_extent(text: str, other: str) -> int | None:
    """Return the fixed verdict where a response is empty: it loses by much, or both tie."""
    if not (is_empty(text) or is_empty(other)):
        return None
    if is_empty(text) and is_empty(other):
        return TIE
    return -MUCH if is_empty(text) else MUCH


def metrics_of(baselines: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the metrics: the mean over baselines first, which stands for all."""
    own = [f"{metric}_{name}" for name in baselines for metric in (REWARD, GROUP_REWARD)]
    return (REWARD, *own)


def scores_of(pairs: Mapping[str, Pair], counting: Counting) -> dict[str, float | None]:
    """Return the metrics of one reply against each baseline."""
    scores: dict[str, float | None] = dict.fromkeys(metrics_of(tuple(pairs)))
    for name, pair in pairs.items():
        overall, of_group = counting.rewards(pair)
        scores |= {f"{REWARD}_{name}": overall, f"{GROUP_REWARD}_{name}": of_group}
    known = [value for name in pairs if (value := scores[f"{REWARD}_{name}"]) is not None]
    scores[REWARD] = sum(known) / len(known) if known else None
    return scores
