"""Panels of quality against something else: a point for each use of a model and KV method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ...pareto import front_steps
from ...results import Cell
from .layout import Json, Panel, axes
from .names import Series
from .numbers import faded, in_words, interval_bars, percents
from .scales import percent_axis, quantity_axis
from .texts import hover, literal, shortened

FRONT = "front of the panel"
_GREY = "#808080"


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A quality and what it is drawn against; `lines` say more of it, and beaten ones are pale."""

    series: Series
    quality: Cell
    x: float
    beaten: bool
    lines: tuple[str, ...]

    @property
    def y(self) -> float:
        """The quality in percent."""
        return percents(self.quality)[0] or 0.0


class QualityPanel(msgspec.Struct, frozen=True, kw_only=True):
    """Points that can be compared, at least one; `label` names what quality is drawn against."""

    title: str
    label: str
    points: tuple[Point, ...]
    more_is_better: bool = False

    @property
    def front(self) -> list[tuple[float, float]]:
        """The corners of the front of quality and `label`."""
        sign = -1 if self.more_is_better else 1
        steps = front_steps([(sign * point.x, point.y) for point in self.points])
        return [(sign * x, y) for x, y in steps]


def drawn(panel: QualityPanel) -> Panel:
    """Return the axes of a panel."""
    ends = [end for p in panel.points for end in percents(p.quality) if end is not None]
    return Panel(
        title=panel.title,
        x=quantity_axis([point.x for point in panel.points], panel.label),
        y=percent_axis(ends, "quality, %"),
        height=300,
    )


def legend_of(panels: Sequence[QualityPanel], series: Sequence[Series]) -> list[str]:
    """Return the names in the legend of `panels`."""
    shown = [point.series for panel in panels for point in panel.points]
    return [*(s.name for s in series if any(s is own for own in shown)), FRONT]


def traces(panels: Sequence[QualityPanel]) -> Iterator[Json]:
    """Yield the fronts and points of `panels`, of each name one for the legend."""
    listed: set[str] = set()
    for position, panel in enumerate(panels):
        yield {**_steps(panel), **axes(position), "showlegend": FRONT not in listed}
        listed.add(FRONT)
        for point in panel.points:
            name = point.series.name
            yield {**_mark(panel, point), **axes(position), "showlegend": name not in listed}
            listed.add(name)


def counts_of(panels: Sequence[QualityPanel]) -> str:
    """Return of how many verdicts a point is: `n = 450 to 900 verdicts a point`."""
    n = sorted({point.quality.n for panel in panels for point in panel.points})
    return f"n = {n[0]:,} to {n[-1]:,}" if len(n) > 1 else f"n = {n[0]:,}"


def _steps(panel: QualityPanel) -> Json:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": FRONT,
        "legendgroup": FRONT,
        "legendrank": 2000,
        "x": [x for x, _ in panel.front],
        "y": [y for _, y in panel.front],
        "line": {"color": _GREY, "dash": "dash", "width": 1.5},
        "hoverinfo": "skip",
    }


def _mark(panel: QualityPanel, point: Point) -> Json:
    look = point.series.look
    return {
        "type": "scatter",
        "mode": "markers",
        "name": shortened(point.series.name),
        "legendgroup": literal(point.series.name),
        "x": [point.x],
        "y": [point.y],
        "error_y": interval_bars([point.quality], faded(look.colour, 0.6)),
        "marker": {
            "symbol": look.marker,
            "size": 12,
            "color": faded(look.colour, 0.25) if point.beaten else look.colour,
            "line": {"color": look.colour, "width": 2},
        },
        "hoverinfo": "text",
        "hovertext": [
            hover([point.series.name, panel.title, in_words(point.quality), *point.lines])
        ],
    }
