"""How long replies took: a histogram a run, one above the other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec

from ..model import Figure
from .latencies import latencies
from .layout import Json, Panel, axes, layout
from .log_histogram import LogHistogram
from .names import NamedRun, Subjects
from .numbers import faded, joined
from .scales import log_axis, rows_axis, rows_height
from .texts import hover

# The highest bar of a run, as a share of the distance between runs, and how far marks lie below.
_HIGHEST, _BELOW = 0.8, 0.09
_ROW, _LONE_ROW = 46, 170
_GREY = "#808080"
_MARKS = {"median": (0.5, "diamond"), "95th percentile": (0.95, "diamond-open")}


class _Row(msgspec.Struct, frozen=True):
    run: NamedRun
    times: LogHistogram
    place: int


class _Panel(msgspec.Struct, frozen=True):
    title: str
    rows: tuple[_Row, ...]


def latency(subjects: Subjects) -> Figure | None:
    """Return the histograms; None when no reply was timed in these runs."""
    read = [(run, latencies(run.stored)) for run in subjects.runs]
    panels = [
        _panel("time to the whole reply", [(run, found.latency) for run, found in read]),
        _panel("time to the first token", [(run, found.ttft) for run, found in read]),
    ]
    panels = [panel for panel in panels if panel.rows]
    if not panels:
        return None
    cached = sum(found.from_cache for _, found in read)
    return Figure(
        id="latency",
        title="Latency of replies",
        alt="Median and 95th percentile of seconds a reply. " + _quantiles(panels),
        note=_note(panels, cached),
        data=(*(t for i, panel in enumerate(panels) for t in _traces(panel, i)), *_key()),
        layout=layout(
            [_drawn(panel) for panel in panels], legend=[*_MARKS], barmode="overlay", bargap=0
        ),
    )


def _panel(title: str, found: Sequence[tuple[NamedRun, LogHistogram]]) -> _Panel:
    timed = [(run, times) for run, times in found if times.n]
    return _Panel(title, tuple(_Row(run, times, i) for i, (run, times) in enumerate(timed)))


def _drawn(panel: _Panel) -> Panel:
    bars = [bar for row in panel.rows for bar in row.times.bars()]
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    shown = [row.run.name for row in panel.rows]
    return Panel(
        title=panel.title,
        x=log_axis(math.log10(low) - 0.05, math.log10(high) + 0.05, "seconds"),
        y={**rows_axis(shown), "range": [len(panel.rows) - 1 + 3 * _BELOW, -1]},
        height=_LONE_ROW if len(panel.rows) == 1 else rows_height(shown, _ROW) + _ROW,
    )


def _traces(panel: _Panel, position: int) -> Iterator[Json]:
    for row in panel.rows:
        yield {**_bars(row), **axes(position)}
        yield {**_marks(row), **axes(position)}


def _bars(row: _Row) -> Json:
    bars = row.times.bars()
    most = max(bar.n for bar in bars)
    return {
        "type": "bar",
        "x": [(bar.low + bar.high) / 2 for bar in bars],
        "width": [bar.high - bar.low for bar in bars],
        "y": [-_HIGHEST * bar.n / most for bar in bars],
        "base": [row.place] * len(bars),
        "marker": {"color": faded(row.run.look.colour, 0.75), "line": {"width": 0}},
        "showlegend": False,
        "hoverinfo": "text",
        "hovertext": [
            hover(
                [
                    row.run.name,
                    f"{bar.low:.3g} to {bar.high:.3g} s",
                    f"{bar.n:,} of {row.times.n:,} replies ({100 * bar.n / row.times.n:.1f}%)",
                ]
            )
            for bar in bars
        ],
    }


def _marks(row: _Row) -> Json:
    values = {name: row.times.quantile(share) for name, (share, _) in _MARKS.items()}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [*values.values()],
        "y": [row.place + _BELOW] * len(values),
        "marker": {
            "symbol": [symbol for _, symbol in _MARKS.values()],
            "color": row.run.look.colour,
            "size": 9,
            "line": {"width": 2, "color": row.run.look.colour},
        },
        "showlegend": False,
        "hoverinfo": "text",
        "hovertext": [
            hover([row.run.name, f"{name}: {value:.3g} s"]) for name, value in values.items()
        ],
    }


def _key() -> Iterator[Json]:
    """Yield what only the legend shows: a mark of each kind."""
    for name, (_, symbol) in _MARKS.items():
        yield {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [None],
            "y": [None],
            "marker": {
                "symbol": symbol,
                "color": _GREY,
                "size": 9,
                "line": {"width": 2, "color": _GREY},
            },
            "hoverinfo": "skip",
            **axes(0),
        }


def _note(panels: Sequence[_Panel], cached: int) -> str:
    left_out = f" {cached:,} replies came from the reply cache and are left out." if cached else ""
    return (
        f"Bars of each run are as high as their share of its replies, the tallest alike.{left_out} "
        f"Median and 95th percentile, within 1%: {_quantiles(panels)}"
    )


def _quantiles(panels: Sequence[_Panel]) -> str:
    parts = (
        f"{panel.title}, {row.run.name}: "
        + " and ".join(f"{row.times.quantile(share):.3g} s" for share, _ in _MARKS.values())
        + f" (n = {row.times.n:,})"
        for panel in panels
        for row in panel.rows
    )
    return joined(parts, 12) + "."
