"""What all plots share: a look for each KV method, and figures without global state."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import msgspec
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..kv_report import FULL
from ..results import Results
from ..tables.results import distinct

INK = "0.25"
SMALL = 8
Dashes = Literal["-", "--", ":", "-."]

# The colours that Okabe and Ito 2008 ("Color Universal Design") chose so that everyone can tell
# them apart; black is kept for the full cache, and yellow is too faint on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
# One more than there are colours, so that 42 methods look different.
_MARKERS = ("s", "^", "D", "v", "P", "X", "*")
_DASHES = get_args(Dashes)

_LEGEND_CHARACTER = 0.062  # inches
_LEGEND_LINE = 0.2  # inches


class Look(msgspec.Struct, frozen=True):
    """How a KV method is drawn in every plot."""

    colour: str
    marker: str
    dashes: Dashes


def looks_of(runs: Iterable[Results]) -> dict[str, Look]:
    """Return a look for each KV method; the full cache is a black circle."""
    methods = distinct(run.kv for run in runs if run.kv != FULL)
    looks = {
        method: Look(
            _COLOURS[i % len(_COLOURS)],
            _MARKERS[i % len(_MARKERS)],
            _DASHES[i // len(_COLOURS) % len(_DASHES)],
        )
        for i, method in enumerate(methods)
    }
    return {FULL: Look("black", "o", "-"), **looks}


def new_figure(
    rows: int, columns: int, panel: tuple[float, float]
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure of `rows` times `columns` panels, each so many inches wide and high."""
    figure = Figure(figsize=(panel[0] * columns, panel[1] * rows), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False).tolist()


def plain(axes: Axes) -> None:
    """Give `axes` a faint grid and no frame above and to the right."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=SMALL)


def legend_below(figure: Figure, entries: Sequence[tuple[Artist, str]]) -> None:
    """Put a legend under all panels, and make `figure` higher by as much."""
    width, height = figure.get_size_inches()
    entry = 0.5 + _LEGEND_CHARACTER * max(len(label) for _, label in entries)
    columns = max(1, min(len(entries), int(width / entry)))
    figure.set_size_inches(width, height + _LEGEND_LINE * math.ceil(len(entries) / columns))
    figure.legend(
        [artist for artist, _ in entries],
        [label for _, label in entries],
        loc="outside lower center",
        ncols=columns,
        fontsize=SMALL,
        frameon=False,
    )
