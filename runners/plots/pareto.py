"""Quality against the size of the cache and against latency: a point for each KV method."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from ..kv_report import KVRow, kv_rows
from ..looks import Look, looks_of
from ..pareto import front_steps
from ..results import Results
from ..tradeoffs import CACHE, LATER_TTFT, CostAxis, comparison_title, is_wide
from .labels import Named, write_names
from .style import INK, MARKERS, SMALL, legend_below, new_figure, plain

_PANEL = (4.6, 3.4)
# The share of an axis that is left around the points, and how far it may go beyond 0 and 100%.
_ROOM = 0.15
_OUTSIDE = 4.0


class _Panel(msgspec.Struct, frozen=True):
    """What was drawn: the points, and the corners of their front."""

    axes: Axes
    points: list[Named]
    front: list[tuple[float, float]]


_AXES = (CACHE, LATER_TTFT)


def pareto_figure(runs: Sequence[Results]) -> Figure | None:
    """Return a line of panels for each comparison of KV methods; None when nothing was measured."""
    graded = [row for row in kv_rows(runs) if row.on_front is not None]
    used = [axis for axis in _AXES if any(axis.of(row) is not None for row in graded)]
    rows = [row for row in graded if any(axis.of(row) is not None for axis in used)]
    if not rows:
        return None
    looks = looks_of(runs)
    comparisons = list(dict.fromkeys(row.comparison for row in rows))
    figure, grid = new_figure(len(comparisons), len(used), _PANEL)
    panels: list[_Panel] = []
    for comparison, line in zip(comparisons, grid, strict=True):
        compared = [row for row in rows if row.comparison == comparison]
        line[0].set_title(comparison_title(compared[0], rows), fontsize=SMALL + 1, loc="left")
        panels += [_draw(a, axis, compared, looks) for axis, a in zip(used, line, strict=True)]
    legend_below(figure, _legend())
    # Names are placed in pixels, once the layout is final.
    figure.draw_without_rendering()
    for panel in panels:
        write_names(panel.axes, panel.points, panel.front)
    return figure


def _draw(axes: Axes, axis: CostAxis, rows: Sequence[KVRow], looks: dict[str, Look]) -> _Panel:
    plain(axes)
    axes.set_xlabel(axis.label, fontsize=SMALL)
    axes.set_ylabel("quality %", fontsize=SMALL)
    known = [(row, _point(row, x)) for row in rows if (x := axis.of(row)) is not None]
    points = [point for _, point in known]
    front = front_steps([(point.x, point.y) for point in points])
    axes.add_line(_dashes(front))
    for row, point in known:
        _draw_point(axes, point, looks[row.kv], filled=bool(row.on_front))
    if points:
        _limit(axes, points)
    return _Panel(axes, points, front)


def _point(row: KVRow, x: float) -> Named:
    assert row.quality is not None  # noqa: S101 - rows without it are not drawn
    value, low, high = (
        None if share is None else 100 * min(1.0, max(0.0, share))
        for share in (row.quality.value, row.quality.low, row.quality.high)
    )
    return Named(row.kv, x, value or 0.0, low, high)


def _draw_point(axes: Axes, point: Named, look: Look, *, filled: bool) -> None:
    if point.low is not None and point.high is not None:
        axes.vlines(point.x, point.low, point.high, color=look.colour, alpha=0.35, linewidth=1)
    axes.plot(
        [point.x],
        [point.y],
        color=look.colour,
        marker=MARKERS[look.marker],
        markersize=6,
        markerfacecolor=look.colour if filled else "white",
        linestyle="",
    )


def _limit(axes: Axes, points: Sequence[Named]) -> None:
    """Give `axes` room around the points; x begins at 0, or is logarithmic for wide ranges."""
    ends = [end for p in points for end in (p.y, p.low, p.high) if end is not None]
    room = _ROOM * (max(ends) - min(ends)) or 1.0
    axes.set_ylim(max(-_OUTSIDE, min(ends) - room), min(100 + _OUTSIDE, max(ends) + room))
    least, most = min(point.x for point in points), max(point.x for point in points)
    if is_wide(least, most):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlim(least * (least / most) ** _ROOM, most * (most / least) ** _ROOM)
    else:
        axes.set_xlim(0, (1 + _ROOM) * most or 1.0)


def _legend() -> list[tuple[Line2D, str]]:
    def point(face: str) -> Line2D:
        return Line2D([], [], color=INK, marker="o", markerfacecolor=face, linestyle="")

    return [
        (point(INK), "front of quality, cache and latency"),
        (point("white"), "beaten by another"),
        (_dashes([]), "front of this panel"),
    ]


def _dashes(corners: Sequence[tuple[float, float]]) -> Line2D:
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Line2D(xs, ys, color="0.6", linestyle="--", linewidth=1.0, zorder=1)
