"""How much better one of two texts is, as a signed extent: positive where A is better."""

from __future__ import annotations

from collections.abc import Mapping

Labels = Mapping[str, int]
"""What each label of a judge says: the extent by which A is better than B."""

MUCH, SLIGHTLY, TIE = 2, 1, 0

# A++: much better, A+: slightly better, A=B: of the same quality.
FIVE_LABELS: Labels = {
    "A++": MUCH,
    "A+": SLIGHTLY,
    "A=B": TIE,
    "B+": -SLIGHTLY,
    "B++": -MUCH,
}

_NAMES = {MUCH: "win_much", SLIGHTLY: "win", TIE: "tie", -SLIGHTLY: "lose", -MUCH: "lose_much"}


def reward(extent: float) -> float:
    """Return an extent as a reward in [-1, 1]: 1 for much better, 0.5 for slightly, 0 for a tie."""
    return extent / MUCH


def outcome_name(extent: float) -> str:
    """Return what an extent is called from the winner's or loser's side; means by their number."""
    return _NAMES.get(int(extent), "") if extent == int(extent) else f"{extent:+g}"


def with_length_margin(extent: float, length: int, other_length: int, margin: int | None) -> float:
    """Return `extent`, but a tie where a slight winner is longer by more than `margin` characters.

    `length` is that of the text whose side `extent` is on. None is no margin. Source: WB-Reward of
    WildBench (arXiv 2406.04770, section 4.2), K.
    """
    if margin is None or not 0 < abs(extent) <= SLIGHTLY:
        return extent
    lead = length - other_length if extent > 0 else other_length - length
    return TIE if lead > margin else extent
