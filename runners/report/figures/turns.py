"""Quality turn by turn: a panel for each group of tasks, a line for each KV method or model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ...curves import Curve, curve_rows
from ..model import Figure
from .layout import Json, Panel, axes, layout
from .names import Series, Subjects
from .numbers import counted, faded, in_words, joined, percents
from .scales import percent_axis, titled
from .texts import hover, literal, shortened

_COLUMNS = 3
# With more turns, markers would hide the line; the bands of more curves would cover each other.
_MARKED_TURNS = 20
_MOST_BANDS = 6


class _Panel(msgspec.Struct, frozen=True):
    title: str
    curves: tuple[tuple[Series, Curve], ...]

    @property
    def uneven(self) -> bool:
        return any(curve.uneven for _, curve in self.curves)


def turns(subjects: Subjects) -> Figure | None:
    """Return the curves; None when no run has several turns.

    Their 95% intervals are bands, in panels of few enough curves.
    """
    panels = [*_panels(subjects)]
    if not panels:
        return None
    shown = [s for s in subjects.series if any(s is own for p in panels for own, _ in p.curves)]
    first = {s.name: next(p for p in panels if any(s is o for o, _ in p.curves)) for s in shown}
    return Figure(
        id="turns",
        title="Quality turn by turn",
        alt="Quality from the first turn to the last. " + _alt(panels),
        note=_note(panels),
        data=tuple(
            trace
            for position, panel in enumerate(panels)
            for series, curve in panel.curves
            for trace in _traces(
                panel, series, curve, position, in_legend=first[series.name] is panel
            )
        ),
        layout=layout(
            [_drawn(panel) for panel in panels],
            legend=[series.name for series in shown],
            columns=_COLUMNS,
        ),
    )


def _panels(subjects: Subjects) -> Iterator[_Panel]:
    for row in curve_rows(subjects.results):
        for panel in row.panels:
            curves = tuple((subjects.series_of(c.runs[0]), c) for c in panel.curves if c.points)
            if curves:
                yield _Panel(": ".join(filter(None, [row.title, panel.title])), curves)


def _drawn(panel: _Panel) -> Panel:
    cells = [cell for _, curve in panel.curves for cell in curve.points]
    ends = [end for cell in cells for end in percents(cell) if end is not None]
    note = " (not every task has every turn)" if panel.uneven else ""
    last = max(1 + (cell.turn or 0) for cell in cells)
    x: Json = {**titled(f"turn{note}"), "range": [0.7, last + 0.3]}
    step = {"dtick": 1} if last <= _MARKED_TURNS else {}
    return Panel(title=panel.title, x={**x, **step}, y=percent_axis(ends, "value, %"))


def _traces(
    panel: _Panel, series: Series, curve: Curve, position: int, *, in_legend: bool
) -> Iterator[Json]:
    place = {**axes(position), "legendgroup": literal(series.name)}
    if len(panel.curves) <= _MOST_BANDS:
        yield {**_band(series, curve), **place}
    yield {**_line(panel, series, curve), **place, "showlegend": in_legend}


def _line(panel: _Panel, series: Series, curve: Curve) -> Json:
    look = series.look
    marked = len(curve.points) <= _MARKED_TURNS
    return {
        "type": "scatter",
        "mode": "lines+markers" if marked else "lines",
        "name": shortened(series.name),
        "x": _turns(curve),
        "y": [percents(cell)[0] for cell in curve.points],
        "line": {"color": look.colour, "dash": look.dashes, "width": 2},
        "marker": {"symbol": look.marker, "size": 7},
        "hoverinfo": "text",
        "hovertext": [
            hover(
                [
                    series.name,
                    f"{panel.title}, turn {1 + (cell.turn or 0)}",
                    in_words(cell),
                    f"{cell.metric}, n = {cell.n:,}, {cell.n_missing:,} missing",
                ]
            )
            for cell in curve.points
        ],
    }


def _band(series: Series, curve: Curve) -> Json:
    known = [p for p in curve.points if p.low is not None and p.high is not None]
    turns = [1 + (cell.turn or 0) for cell in known]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*turns, *reversed(turns)],
        "y": [*(percents(p)[2] for p in known), *(percents(p)[1] for p in reversed(known))],
        "fill": "toself",
        "fillcolor": faded(series.look.colour, 0.15),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _turns(curve: Curve) -> list[int]:
    return [1 + (cell.turn or 0) for cell in curve.points]


def _note(panels: Sequence[_Panel]) -> str:
    n = [cell.n for p in panels for _, curve in p.curves for cell in curve.points]
    each = f"{min(n):,} to {max(n):,}" if min(n) < max(n) else f"{n[0]:,}"
    few = any(len(panel.curves) <= _MOST_BANDS for panel in panels)
    bands = "; bands are 95% intervals" if few else "; 95% intervals stand in the hover texts"
    return f"Mean of the metric that stands for each task, n = {each} verdicts a point{bands}."


def _alt(panels: Sequence[_Panel]) -> str:
    parts = (
        f"{panel.title}, {series.name}: {in_words(curve.points[0])} to "
        f"{in_words(curve.points[-1])} in {counted(len(curve.points), 'turn')}"
        for panel in panels
        for series, curve in panel.curves
    )
    return joined(parts) + "."
