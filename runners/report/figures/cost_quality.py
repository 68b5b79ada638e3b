"""Quality against what it cost: in dollars where any were paid, in tokens otherwise."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from ...kv_report import KVRow, kv_rows_of_lines
from ...pareto import on_front
from ...results import Cell
from ...tables.results import Line
from ...tradeoffs import comparison_title
from ..model import Figure
from .layout import layout
from .names import SETTING, Subjects
from .numbers import in_words, joined
from .quality import Point, QualityPanel, counts_of, drawn, legend_of, traces
from .spending import DOLLARS, TOKENS, Unit

_COLUMNS = 2
# Costs that differ by less are the same: a line of points says nothing.
_SAME = 1.05


def cost_quality(subjects: Subjects) -> Figure | None:
    """Return a panel for all that was asked the same samples; None where costs are alike."""
    unit = DOLLARS if DOLLARS.spent(subjects.results) else TOKENS
    panels = [panel for panel in _panels(subjects, unit) if _costs_differ(panel)]
    if not panels:
        return None
    return Figure(
        id="cost-quality",
        title="Quality against cost",
        alt=_alt(panels, unit),
        note=f"Quality with 95% intervals against {unit.name} of models and judges, "
        f"{counts_of(panels)} verdicts a point; the dashed line is the front, and what another "
        "beats in both is pale. Replies from the reply cache cost nothing.",
        data=(*traces(panels),),
        layout=layout(
            [drawn(panel) for panel in panels],
            legend=legend_of(panels, subjects.series),
            columns=_COLUMNS,
        ),
    )


def _costs_differ(panel: QualityPanel) -> bool:
    """Whether the dearest costs so much more than the cheapest that there is something to see."""
    costs = [point.x for point in panel.points]
    return max(costs) > _SAME * min(costs)


def _panels(subjects: Subjects, unit: Unit) -> Iterator[QualityPanel]:
    graded = [
        (row, line)
        for row, line in kv_rows_of_lines(subjects.results)
        if row.quality is not None and row.quality.value is not None and unit.spent(line.runs)
    ]
    for asked in dict.fromkeys(_asked(row) for row, _ in graded):
        compared = [(row, line) for row, line in graded if _asked(row) == asked]
        title = comparison_title(compared[0][0], [row for row, _ in graded], names=SETTING)
        points = (*_points(subjects, compared, unit),)
        yield QualityPanel(title=title, label=unit.name, points=points)


def _asked(row: KVRow) -> tuple[Hashable, ...]:
    return (row.recipe, row.protocol, row.tasks, row.planned)


def _points(
    subjects: Subjects, compared: Sequence[tuple[KVRow, Line]], unit: Unit
) -> Iterator[Point]:
    costs = [(unit.spent(line.runs), -_value(row.quality)) for row, line in compared]
    for (row, line), own in zip(compared, costs, strict=True):
        if row.quality is not None:
            yield Point(
                series=subjects.series_of(line.runs[0]),
                quality=row.quality,
                x=own[0],
                beaten=not on_front(own, costs),
                lines=(f"{row.quality.name}, n = {row.quality.n:,}", unit.written(own[0])),
            )


def _value(cell: Cell | None) -> float:
    return cell.value or 0.0 if cell else 0.0


def _alt(panels: Sequence[QualityPanel], unit: Unit) -> str:
    parts = (
        f"{point.series.name}: {in_words(point.quality)} for {unit.written(point.x)}"
        for panel in panels
        for point in panel.points
    )
    return f"Quality against cost. {joined(parts, 12)}."
