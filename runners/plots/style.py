"""What all plots share: looks as matplotlib knows them, and figures without global state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..looks import Dashes, Marker

INK = "0.25"
SMALL = 8

MARKERS: dict[Marker, str] = {
    "circle": "o",
    "square": "s",
    "triangle-up": "^",
    "diamond": "D",
    "triangle-down": "v",
    "cross": "P",
    "x": "X",
    "star": "*",
}
DASHES: dict[Dashes, Literal["-", "--", ":", "-."]] = {
    "solid": "-",
    "dash": "--",
    "dot": ":",
    "dashdot": "-.",
}

_LEGEND_CHARACTER = 0.062  # inches
_LEGEND_LINE = 0.2  # inches


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
