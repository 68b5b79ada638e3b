"""What runs spent: bars of tokens and dollars, a row a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...results import Results
from ..model import Figure
from .layout import Json, Panel, axes, layout
from .names import NamedRun, Subjects
from .numbers import joined
from .scales import rows_axis, rows_height, titled
from .spending import DOLLARS, TOKENS, Part, Unit
from .texts import hover, literal, shortened


def cost(subjects: Subjects) -> Figure | None:
    """Return the bars, of dollars only where any were paid; None without a count of tokens."""
    units = [unit for unit in (TOKENS, DOLLARS) if unit.spent(subjects.results)]
    if TOKENS not in units:
        return None
    used = [[*_used(unit, subjects.results)] for unit in units]
    return Figure(
        id="cost",
        title="Tokens and money spent" if DOLLARS in units else "Tokens spent",
        alt=f"Spent by each run. {joined((_spent(run, units) for run in subjects.runs), 12)}.",
        note=_note(subjects.results),
        data=tuple(
            {**_bar(subjects, part, unit), **axes(position)}
            for position, (unit, parts) in enumerate(zip(units, used, strict=True))
            for part in parts
        ),
        layout=layout(
            [_drawn(subjects, unit) for unit in units],
            legend=[part.name for parts in used for part in parts],
            barmode="stack",
            bargap=0.3,
        ),
    )


def _used(unit: Unit, runs: Sequence[Results]) -> Iterator[Part]:
    yield from (part for part in unit.parts if any(part.of(run) for run in runs))


def _drawn(subjects: Subjects, unit: Unit) -> Panel:
    names = [run.name for run in subjects.runs]
    x = {**titled(unit.name), "rangemode": "tozero"}
    return Panel(x=x, y=rows_axis(names), height=rows_height(names))


def _bar(subjects: Subjects, part: Part, unit: Unit) -> Json:
    values = [part.of(run) for run in subjects.results]
    return {
        "type": "bar",
        "orientation": "h",
        "name": shortened(part.name),
        "legendgroup": literal(part.name),
        "y": [*range(len(values))],
        "x": values,
        "marker": {"color": part.colour},
        "hoverinfo": "text",
        "hovertext": [
            hover([run.name, f"{part.name}: {unit.written(value)}"])
            for run, value in zip(subjects.runs, values, strict=True)
        ],
    }


def _spent(run: NamedRun, units: Sequence[Unit]) -> str:
    amounts = " and ".join(unit.written(unit.spent([run.results])) for unit in units)
    return f"{run.name}: {amounts}"


def _note(runs: Sequence[Results]) -> str:
    samples = sum(run.predicted for run in runs)
    cached, replies = sum(run.replies_from_cache for run in runs), sum(run.replies for run in runs)
    notes = [f"What models and judges took for {samples:,} samples."]
    if cached:
        notes.append(
            f"{cached:,} of {replies:,} replies came from the reply cache: their tokens are "
            "counted, and cost nothing."
        )
    return " ".join(notes)
