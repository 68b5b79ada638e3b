"""Quality against the size of the cache and against latency: a point for each KV method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from ..kv_report import KVRow, kv_rows
from ..pareto import on_front
from ..results import Results
from .labels import Named, write_names
from .style import INK, SMALL, Look, legend_below, looks_of, new_figure, plain

_PANEL = (4.6, 3.4)
# An axis whose largest value is so many times its smallest is logarithmic.
_WIDE = 8.0
# The share of an axis that is left around the points, and how far it may go beyond 0 and 100%.
_ROOM = 0.15
_OUTSIDE = 4.0


class _Axis(msgspec.Struct, frozen=True):
    """What quality is drawn against, in a unit that reads well."""

    label: str
    of: Callable[[KVRow], float | None]


class _Panel(msgspec.Struct, frozen=True):
    """What was drawn: the points, and the corners of their front."""

    axes: Axes
    points: list[Named]
    front: list[tuple[float, float]]


_AXES = (
    _Axis("KV cache, MB", lambda row: _megabytes(row.measures.cache_bytes)),
    _Axis("time to first token of later queries, s", lambda row: row.measures.ttft_later_s),
)


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
        line[0].set_title(_title(compared[0], rows), fontsize=SMALL + 1, loc="left")
        panels += [_draw(a, axis, compared, looks) for axis, a in zip(used, line, strict=True)]
    legend_below(figure, _legend())
    # Names are placed in pixels, once the layout is final.
    figure.draw_without_rendering()
    for panel in panels:
        write_names(panel.axes, panel.points, panel.front)
    return figure


def _title(row: KVRow, rows: Sequence[KVRow]) -> str:
    """Name what tells the rows that are compared with `row` from others."""
    fields = ("recipe", "model", "protocol", "scorer")
    parts = [getattr(row, name) for name in fields if len({getattr(r, name) for r in rows}) > 1]
    parts += [f"n = {row.planned}"] if len({r.planned for r in rows}) > 1 else []
    return " / ".join(parts)


def _draw(axes: Axes, axis: _Axis, rows: Sequence[KVRow], looks: dict[str, Look]) -> _Panel:
    plain(axes)
    axes.set_xlabel(axis.label, fontsize=SMALL)
    axes.set_ylabel("quality %", fontsize=SMALL)
    known = [(row, _point(row, x)) for row in rows if (x := axis.of(row)) is not None]
    points = [point for _, point in known]
    front = _front(points)
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
        marker=look.marker,
        markersize=6,
        markerfacecolor=look.colour if filled else "white",
        linestyle="",
    )


def _front(points: Sequence[Named]) -> list[tuple[float, float]]:
    """Return the corners of the front: each quality holds until a better one that costs more."""
    costs = [(point.x, -point.y) for point in points]
    best = [(x, -cost) for x, cost in sorted({c for c in costs if on_front(c, costs)})]
    corners = [((x0, y0), (x1, y0)) for (x0, y0), (x1, _) in pairwise(best)]
    return [corner for two in corners for corner in two] + best[-1:]


def _limit(axes: Axes, points: Sequence[Named]) -> None:
    """Give `axes` room around the points; x begins at 0, or is logarithmic for wide ranges."""
    ends = [end for p in points for end in (p.y, p.low, p.high) if end is not None]
    room = _ROOM * (max(ends) - min(ends)) or 1.0
    axes.set_ylim(max(-_OUTSIDE, min(ends) - room), min(100 + _OUTSIDE, max(ends) + room))
    least, most = min(point.x for point in points), max(point.x for point in points)
    if 0 < least * _WIDE <= most:
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


def _megabytes(value: float | None) -> float | None:
    return None if value is None else value * 1e-6
