"""Quality turn by turn: a panel for each group of tasks, a line for each KV method."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ..curves import Curve, CurvePanel, CurveRow, curve_rows
from ..looks import Look, looks_of
from ..results import Results
from ..tables.results import distinct
from .style import DASHES, MARKERS, SMALL, legend_below, new_figure, plain

_PANEL = (3.4, 2.8)
_MOST_COLUMNS = 4
# With more turns, markers would hide the line.
_MARKED_TURNS = 20
# The bands of more curves would cover each other.
_MOST_BANDS = 6


def turns_figure(runs: Sequence[Results]) -> Figure | None:
    """Return the curves; None when no run has several turns.

    Their 95% intervals are bands, in panels of few enough curves.
    """
    rows = curve_rows(runs)
    if not rows:
        return None
    looks = looks_of(runs)
    lines = [line for row in rows for line in _lines(row)]
    figure, grid = new_figure(len(lines), max(len(line.panels) for line in lines), _PANEL)
    for line, places in zip(lines, grid, strict=True):
        places[0].set_ylabel("\n".join(filter(None, [line.title, "value %"])), fontsize=SMALL)
        for axes, panel in zip(places, line.panels, strict=False):
            _draw(axes, panel, looks)
        for axes in places[len(line.panels) :]:
            axes.set_visible(False)
    methods = distinct(c.kv for row in rows for panel in row.panels for c in panel.curves)
    legend_below(figure, [(_line([], [], looks[method]), method) for method in methods])
    return figure


def _lines(row: CurveRow) -> Iterator[CurveRow]:
    """Yield the panels of a row in lines that fit on a page."""
    for start in range(0, len(row.panels), _MOST_COLUMNS):
        yield CurveRow(row.title, row.panels[start : start + _MOST_COLUMNS])


def _draw(axes: Axes, panel: CurvePanel, looks: dict[str, Look]) -> None:
    plain(axes)
    axes.set_title(panel.title, fontsize=SMALL + 1)
    note = " (not every task has every turn)" if any(c.uneven for c in panel.curves) else ""
    axes.set_xlabel(f"turn{note}", fontsize=SMALL)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(-3, 103)
    for curve in panel.curves:
        _draw_curve(axes, curve, looks[curve.kv])
        if len(panel.curves) <= _MOST_BANDS:
            _draw_band(axes, curve, looks[curve.kv])


def _draw_curve(axes: Axes, curve: Curve, look: Look) -> None:
    line = _line(_turns(curve), [_percent(cell.value) for cell in curve.points], look)
    if len(curve.points) > _MARKED_TURNS:
        line.set_marker("")
    axes.add_line(line)
    # A line that is added by itself does not move the limits of the axes.
    axes.autoscale_view()


def _draw_band(axes: Axes, curve: Curve, look: Look) -> None:
    axes.fill_between(
        _turns(curve),
        [_percent(cell.low) for cell in curve.points],
        [_percent(cell.high) for cell in curve.points],
        color=look.colour,
        alpha=0.1,
        linewidth=0,
    )


def _turns(curve: Curve) -> list[int]:
    return [(cell.turn or 0) + 1 for cell in curve.points]


def _percent(value: float | None) -> float:
    """Return a value in percent, not a number where there is none: matplotlib leaves a gap."""
    return math.nan if value is None else 100 * min(1.0, max(0.0, value))


def _line(turns: Sequence[int], values: Sequence[float], look: Look) -> Line2D:
    return Line2D(
        turns,
        values,
        color=look.colour,
        linestyle=DASHES[look.dashes],
        linewidth=1.2,
        marker=MARKERS[look.marker],
        markersize=4.5,
    )
