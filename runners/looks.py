"""How runs look in drawings, whatever draws them: colours, markers and dashes by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from .kv_report import FULL
from .results import Results
from .tables.results import distinct

Marker = Literal[
    "circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x", "star"
]
Dashes = Literal["solid", "dash", "dot", "dashdot"]

# The colours that Okabe and Ito 2008 ("Color Universal Design") chose so that everyone can tell
# them apart; black is kept for the full cache, and yellow is too faint on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
# The circle is kept for the full cache; one marker more than there are colours, so that 42 looks
# differ.
_MARKERS = get_args(Marker)[1:]
_DASHES = get_args(Dashes)


class Look(msgspec.Struct, frozen=True):
    """How one thing is drawn in every plot."""

    colour: str
    marker: Marker
    dashes: Dashes


def nth_look(position: int) -> Look:
    """Return the look of the thing at a 0-based position."""
    return Look(
        COLOURS[position % len(COLOURS)],
        _MARKERS[position % len(_MARKERS)],
        _DASHES[position // len(COLOURS) % len(_DASHES)],
    )


def looks_of(runs: Iterable[Results]) -> dict[str, Look]:
    """Return a look for each KV method; the full cache is a black circle."""
    methods = distinct(run.kv for run in runs if run.kv != FULL)
    looks = {method: nth_look(position) for position, method in enumerate(methods)}
    return {FULL: Look("black", "circle", "solid"), **looks}
