"""The abilities of MMBench by level, as the data write them and as tables call them."""

from __future__ import annotations

import msgspec

from .rows import Pass


class Ability(msgspec.Struct, frozen=True):
    """An ability of the second level: what tables call it, and the first level it belongs to."""

    short: str
    of: str


# Source: MMB_abbrs of multiple_choice.py in VLMEvalKit, and the README of open-compass/MMBench.
ABILITIES = {
    "coarse_perception": Ability("CP", "Perception"),
    "finegrained_perception (instance-level)": Ability("FP-S", "Perception"),
    "finegrained_perception (cross-instance)": Ability("FP-C", "Perception"),
    "attribute_reasoning": Ability("AR", "Reasoning"),
    "relation_reasoning": Ability("RR", "Reasoning"),
    "logic_reasoning": Ability("LR", "Reasoning"),
}


def labels_of(base: Pass) -> dict[str, str]:
    """Return the labels of a question: its split, and the three levels where they are given."""
    labels = {"split": base.split, "category": base.category, "ability": base.ability}
    known = ABILITIES.get(base.ability or "")
    if known is not None:
        labels |= {"ability": known.short, "level_1": known.of}
    return {name: value for name, value in labels.items() if value is not None}
