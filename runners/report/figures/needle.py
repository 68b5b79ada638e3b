"""Needle in a haystack: a map for each run, of the score at each length and depth."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...needle_map import NeedleMap, needle_map
from ..model import Figure
from .layout import Json, Panel, axes, layout
from .names import Subjects
from .numbers import counted, joined, percent
from .scales import titled
from .texts import hover

_COLUMNS = 2
# Up to so many places, each shows its number.
_NUMBERED = 80
_HEIGHT = 230
_BAR = 60


class _Map(msgspec.Struct, frozen=True):
    name: str
    found: NeedleMap

    @property
    def title(self) -> str:
        """The run, and the mean over all places."""
        return f"{self.name}: mean {100 * self.found.mean:.1f}%"

    @property
    def places(self) -> int:
        """How many places have a score."""
        return sum(value is not None for row in self.found.values for value in row)


def needle(subjects: Subjects) -> Figure | None:
    """Return a map for each run that asked for needles; None when none did."""
    maps = [
        _Map(run.name, found)
        for run in subjects.runs
        if (found := needle_map(run.stored)) is not None
    ]
    if not maps:
        return None
    numbers = "; numbers are written where they are few" if any(map(_is_numbered, maps)) else ""
    places = ", ".join(f"{each.name}: {counted(each.places, 'place')}" for each in maps)
    return Figure(
        id="needle",
        title="Needle in a haystack: score by length and depth",
        alt=_alt(maps),
        note=f"Mean score at each length of context and depth of the needle{numbers}; no colour: "
        f"no verdict. {places}.",
        data=tuple({**_heat(each), **axes(position)} for position, each in enumerate(maps)),
        layout=layout(
            [_drawn(each) for each in maps],
            columns=_COLUMNS,
            below=_BAR,
            coloraxis=_colours(),
        ),
    )


def _is_numbered(each: _Map) -> bool:
    return len(each.found.lengths) * len(each.found.depths) <= _NUMBERED


def _drawn(each: _Map) -> Panel:
    plain: Json = {"type": "category", "showgrid": False}
    return Panel(
        title=each.title,
        x={**titled("length of context, tokens"), **plain},
        y={**titled("depth, %"), **plain, "autorange": "reversed"},
        height=_HEIGHT,
    )


def _heat(each: _Map) -> Json:
    found = each.found
    numbers = {"texttemplate": "%{z:.0f}"} if _is_numbered(each) else {}
    return {
        "type": "heatmap",
        "x": [f"{length:,}" for length in found.lengths],
        "y": [f"{depth:g}" for depth in found.depths],
        "z": [[percent(value) for value in row] for row in found.values],
        "coloraxis": "coloraxis",
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
        "hoverinfo": "text",
        "hovertext": [
            [_hover(each.name, length, depth, value) for length, value in _pairs(found, row)]
            for depth, row in zip(found.depths, found.values, strict=True)
        ],
        **numbers,
    }


def _pairs(found: NeedleMap, row: Sequence[float | None]) -> list[tuple[int, float | None]]:
    return [*zip(found.lengths, row, strict=True)]


def _hover(name: str, length: int, depth: float, value: float | None) -> str:
    score = "no verdict" if value is None else f"score: {100 * value:.1f}%"
    return hover([name, f"length: {length:,} tokens", f"depth: {depth:g}%", score])


def _colours() -> Json:
    return {
        "cmin": 0,
        "cmax": 100,
        "colorscale": "Viridis",
        "colorbar": {
            "orientation": "h",
            "ticksuffix": "%",
            "thickness": 12,
            "outlinewidth": 0,
            "xref": "container",
            "x": 0.02,
            "xanchor": "left",
            "lenmode": "pixels",
            "len": 300,
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
        },
    }


def _alt(maps: Sequence[_Map]) -> str:
    return "Mean score over all lengths and depths. " + joined(map(_worst, maps)) + "."


def _worst(each: _Map) -> str:
    places = (
        (value, length, depth)
        for depth, row in zip(each.found.depths, each.found.values, strict=True)
        for length, value in _pairs(each.found, row)
        if value is not None
    )
    value, length, depth = min(places)
    return f"{each.title}, lowest {100 * value:.1f}% at {length:,} tokens and depth {depth:g}%"
