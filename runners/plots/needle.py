"""Needle in a haystack: a map for each KV method, of the score at each length and depth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from ..needle_map import NeedleMap, needle_map
from ..results import StoredRun
from .style import INK, SMALL, new_figure

_PANEL = (4.4, 2.6)
_MOST_COLUMNS = 3
_MOST_TICKS = 10
# Up to so many places, each shows its number.
_NUMBERED = 80
_NAMES = ("recipe", "model", "kv", "protocol")


def needle_figure(runs: Sequence[StoredRun]) -> Figure | None:
    """Return a map for each run that asked for needles; None when none did."""
    maps = [(run, found) for run in runs if (found := needle_map(run)) is not None]
    if not maps:
        return None
    rows = math.ceil(len(maps) / _MOST_COLUMNS)
    figure, grid = new_figure(rows, math.ceil(len(maps) / rows), _PANEL)
    panels = [axes for line in grid for axes in line]
    titles = _titles([run for run, _ in maps])
    images = [
        _draw(axes, title, found)
        for axes, title, (_, found) in zip(panels, titles, maps, strict=False)
    ]
    for axes in panels[len(maps) :]:
        axes.set_visible(False)
    bar = figure.colorbar(images[0], ax=panels, shrink=0.8, pad=0.01)
    bar.set_label("score %; grey: no verdict", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    return figure


def _titles(runs: Sequence[StoredRun]) -> list[str]:
    """Name each run by its KV method, and by what else differs between runs."""
    shown = [
        name for name in _NAMES if name == "kv" or len({getattr(r.results, name) for r in runs}) > 1
    ]
    return [" / ".join(getattr(run.results, name) for name in shown) for run in runs]


def _draw(axes: Axes, title: str, found: NeedleMap) -> AxesImage:
    values = np.array(found.values, dtype=float) * 100
    colours = colormaps["viridis"].with_extremes(bad="0.8")
    image = axes.imshow(values, aspect="auto", cmap=colours, vmin=0, vmax=100)
    axes.set_title(f"{title}: mean {100 * found.mean:.1f}", fontsize=SMALL + 1)
    axes.set_xlabel("length, tokens", fontsize=SMALL)
    axes.set_ylabel("depth %", fontsize=SMALL)
    columns, rows = _ticks(len(found.lengths)), _ticks(len(found.depths))
    axes.set_xticks(columns, [str(found.lengths[i]) for i in columns], rotation=45)
    axes.set_yticks(rows, [f"{found.depths[i]:g}" for i in rows])
    axes.tick_params(labelsize=SMALL - 1)
    if values.size <= _NUMBERED:
        _write_numbers(axes, found)
    return image


def _ticks(size: int) -> list[int]:
    """Return evenly spaced positions, the first among them."""
    return list(range(0, size, math.ceil(size / _MOST_TICKS)))


def _write_numbers(axes: Axes, found: NeedleMap) -> None:
    for row, values in enumerate(found.values):
        for column, value in enumerate(values):
            if value is not None:
                ink = "white" if value < 0.6 else INK
                axes.text(
                    column,
                    row,
                    f"{100 * value:.0f}",
                    ha="center",
                    va="center",
                    color=ink,
                    fontsize=6,
                )
