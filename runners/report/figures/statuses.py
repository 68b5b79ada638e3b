"""What became of answers and samples: stacked bars of statuses and failures, a row a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ....core.score import Status
from ...looks import COLOURS
from ...results import Results
from ..model import Figure
from .layout import Json, Panel, axes, layout
from .names import Subjects
from .numbers import counted, joined
from .scales import rows_axis, rows_height, titled
from .texts import hover, literal, shortened

_BLUE, _RED, _GREEN, _PINK, _SKY, _ORANGE = COLOURS
_GREY = "#808080"
_STATUSES: dict[Status, str] = {
    "ok": _GREEN,
    "unparsed": _ORANGE,
    "empty": _GREY,
    "refused": _PINK,
    "truncated": _SKY,
    "not_applicable": _BLUE,
    "scorer_error": _RED,
}
_ANSWERED, _NOT_ASKED = "answered", "not yet asked"
_FAILURES = (_RED, _ORANGE, _PINK, _SKY, _BLUE)


class _Part(msgspec.Struct, frozen=True):
    """One colour of the bars of a panel; `pattern` tells it from another of that colour."""

    name: str
    colour: str
    pattern: str
    counts: tuple[int, ...]


class _Panel(msgspec.Struct, frozen=True):
    title: str
    noun: str
    runs: tuple[str, ...]
    parts: tuple[_Part, ...]

    @property
    def totals(self) -> list[int]:
        """How many there are in each run."""
        return [sum(counts) for counts in zip(*(part.counts for part in self.parts), strict=True)]


def statuses(subjects: Subjects) -> Figure | None:
    """Return the bars; None where every answer is ok and every sample was answered."""
    names = tuple(run.name for run in subjects.runs)
    panels = [
        _Panel("answers", "answer", names, (*_of_answers(subjects.results),)),
        _Panel("samples", "sample", names, (*_of_samples(subjects.results),)),
    ]
    panels = [panel for panel in panels if len(panel.parts) > 1]
    if not panels:
        return None
    return Figure(
        id="statuses",
        title="What became of answers and samples",
        alt=_alt(panels),
        note=_note(panels),
        data=tuple(
            {**trace, **axes(i)} for i, panel in enumerate(panels) for trace in _bars(panel)
        ),
        layout=layout(
            [_drawn(panel) for panel in panels],
            legend=[part.name for panel in panels for part in panel.parts],
            barmode="stack",
            bargap=0.3,
        ),
    )


def _of_answers(runs: Sequence[Results]) -> Iterator[_Part]:
    for status, colour in _STATUSES.items():
        counts = tuple(run.statuses.get(status, 0) for run in runs)
        if any(counts):
            yield _Part(status, colour, "", counts)


def _of_samples(runs: Sequence[Results]) -> Iterator[_Part]:
    yield _Part(_ANSWERED, _GREEN, "", tuple(run.predicted for run in runs))
    kinds = dict.fromkeys(kind for run in runs for kind in run.failed)
    for position, kind in enumerate(kinds):
        counts = tuple(run.failed.get(kind, 0) for run in runs)
        pattern = ("/", "x", ".")[position // len(_FAILURES) % 3]
        yield _Part(f"failed: {kind}", _FAILURES[position % len(_FAILURES)], pattern, counts)
    waiting = tuple(max(0, r.planned - r.predicted - sum(r.failed.values())) for r in runs)
    if any(waiting):
        yield _Part(_NOT_ASKED, _GREY, "", waiting)


def _drawn(panel: _Panel) -> Panel:
    # Not a fixed range: when a reader takes `ok` out by the legend, the others grow.
    x = {**titled(f"{panel.noun}s, %"), "rangemode": "tozero"}
    x["autorangeoptions"] = {"maxallowed": 100}
    height = rows_height(panel.runs)
    return Panel(title=panel.title, x=x, y=rows_axis(panel.runs), height=height)


def _bars(panel: _Panel) -> Iterator[Json]:
    for part in panel.parts:
        shares = [_share(n, total) for n, total in zip(part.counts, panel.totals, strict=True)]
        yield {
            "type": "bar",
            "orientation": "h",
            "name": shortened(part.name),
            "legendgroup": literal(f"{panel.noun} {part.name}"),
            "y": [*range(len(panel.runs))],
            "x": shares,
            "marker": {
                "color": part.colour,
                "pattern": {"shape": part.pattern, "fillmode": "overlay"},
            },
            "hoverinfo": "text",
            "hovertext": [
                hover(
                    [
                        run,
                        part.name,
                        f"{n:,} of {counted(total, panel.noun)} ({share:.1f}%)",
                    ]
                )
                for run, n, total, share in zip(
                    panel.runs, part.counts, panel.totals, shares, strict=True
                )
            ],
        }


def _share(n: int, total: int) -> float:
    return round(100 * n / total, 3) if total else 0.0


def _note(panels: Sequence[_Panel]) -> str:
    totals = (f"{sum(panel.totals):,} {panel.noun}s" for panel in panels)
    return (
        f"Shares of {' and '.join(totals)}, a row a run. Failed samples count as missing in every "
        "table, never as wrong. A click on a name in the legend takes it out."
    )


def _alt(panels: Sequence[_Panel]) -> str:
    parts = (
        f"{run}: " + ", ".join(f"{p.counts[i]:,} {p.name}" for p in panel.parts if p.counts[i])
        for panel in panels
        for i, run in enumerate(panel.runs)
    )
    return joined(parts, 12) + "."
