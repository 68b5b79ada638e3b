"""Where panels, axes and legends of a figure lie, in wide pages and in narrow ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from .texts import literal, shortened

Json = dict[str, Any]

# Widths of plots that layouts are made for, in pixels: in a wide page and on a telephone.
_WIDE, _NARROW = 1100, 330
_CLEAR = "rgba(0,0,0,0)"

# Pixels: above a panel for its title, below it for ticks and their title, and between columns.
_TITLE, _TICKS, _BESIDE = 34, 56, 78
_LEGEND_LINE, _LEGEND_ENTRY, _LEGEND_CHARACTER = 21, 46, 7


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of axes, as Plotly knows them, under a title; `height` is that between the axes."""

    x: Json
    y: Json
    title: str = ""
    height: int = 260


def axes(position: int) -> dict[str, str]:
    """Return what a trace says to be drawn in the panel at a 0-based position."""
    number = "" if position == 0 else str(position + 1)
    return {"xaxis": f"x{number}", "yaxis": f"y{number}"}


def layout(
    panels: Sequence[Panel],
    *,
    legend: Sequence[str] = (),
    columns: int = 1,
    below: int = 0,
    **others: Any,
) -> Json:
    """Return the layout of `panels` in so many columns, above a legend of these names.

    `below` are pixels to leave free under all of it, and `others` what else the layout says.

    In `meta.narrow` stand the parts that differ in a narrow page, where there is one column: who
    draws there puts them in place of the parts of the same names.
    """
    wide = _placed(panels, min(columns, len(panels)), _WIDE, below + _legend_height(legend, _WIDE))
    narrow = _placed(panels, 1, _NARROW, below + _legend_height(legend, _NARROW))
    return {
        **wide,
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "hovermode": "closest",
        "showlegend": bool(legend),
        "meta": {"narrow": narrow},
        **others,
    }


def _placed(panels: Sequence[Panel], columns: int, width: int, below: int) -> Json:
    lines = [panels[start : start + columns] for start in range(0, len(panels), columns)]
    heights = [max(panel.height for panel in line) for line in lines]
    inner = sum(heights) + (len(lines) - 1) * (_TITLE + _TICKS)
    placed: Json = {
        "height": _TITLE + inner + _TICKS + below,
        "margin": {"l": 60, "r": 16, "t": _TITLE, "b": _TICKS + below, "pad": 0},
        "legend": _legend(),
        "annotations": [],
    }
    for position, panel in enumerate(panels):
        row, column = divmod(position, columns)
        top = 1 - (sum(heights[:row]) + row * (_TITLE + _TICKS)) / inner
        across = _span(column, columns, _BESIDE / width)
        _put(placed, position, panel, across, (top - panel.height / inner, top))
    return placed


def _put(
    placed: Json,
    position: int,
    panel: Panel,
    across: tuple[float, float],
    up: tuple[float, float],
) -> None:
    """Put the axes and the title of a panel into `placed`."""
    x, y = axes(position).values()
    domains = [[max(0.0, round(low, 4)), min(1.0, round(high, 4))] for low, high in (across, up)]
    placed[x.replace("x", "xaxis")] = {**panel.x, "domain": domains[0], "anchor": y}
    placed[y.replace("y", "yaxis")] = {**panel.y, "domain": domains[1], "anchor": x}
    if panel.title:
        placed["annotations"].append(_title(panel.title, domains[0][0], domains[1][1]))


def _span(column: int, columns: int, gap: float) -> tuple[float, float]:
    width = (1 - gap * (columns - 1)) / columns
    return column * (width + gap), column * (width + gap) + width


def _title(text: str, left: float, top: float) -> Json:
    return {
        "text": f"<b>{literal(text)}</b>",
        "x": left,
        "y": top,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "yshift": 4,
        "showarrow": False,
    }


def _legend() -> Json:
    return {
        "orientation": "h",
        "xref": "container",
        "x": 0.01,
        "xanchor": "left",
        "yref": "container",
        "y": 0,
        "yanchor": "bottom",
        "tracegroupgap": 0,
    }


def _legend_height(names: Sequence[str], width: int) -> int:
    """Return the pixels that a legend of these names needs in lines of so many."""
    lines, left = 0, 0
    for name in names:
        entry = _LEGEND_ENTRY + _LEGEND_CHARACTER * len(shortened(name))
        if lines == 0 or entry > left:
            lines, left = lines + 1, width
        left -= entry
    return 8 + _LEGEND_LINE * lines if lines else 0
