"""Quality against cache, latency and speed: a point for each KV method, and the Pareto front."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...kv_report import KV_COLUMNS, KVRow, kv_rows_of_lines
from ...tradeoffs import CACHE, DECODING, LATER_TTFT, CostAxis, comparison_title
from ..model import Figure
from .layout import layout
from .names import Series, Subjects
from .numbers import in_words, joined
from .quality import Point, QualityPanel, counts_of, drawn, legend_of, traces

_AXES = (CACHE, LATER_TTFT, DECODING)


def pareto(subjects: Subjects) -> Figure | None:
    """Return a panel for each comparison and axis; None when no cache or latency was measured."""
    panels = [*_panels(subjects)]
    if not panels:
        return None
    return Figure(
        id="pareto",
        title="Quality against memory and time",
        alt=_alt(panels),
        note=f"Quality with 95% intervals, {counts_of(panels)} verdicts a point. Full points are "
        "on the front of quality, cache and later time to first token together; pale ones are "
        "beaten by another. The dashed line is the front of a panel's own two axes.",
        data=(*traces(panels),),
        layout=layout(
            [drawn(panel) for panel in panels],
            legend=legend_of(panels, subjects.series),
            columns=len({panel.label for panel in panels}),
        ),
    )


def _panels(subjects: Subjects) -> Iterator[QualityPanel]:
    rows = [
        (row, subjects.series_of(line.runs[0]))
        for row, line in kv_rows_of_lines(subjects.results)
        if row.quality is not None and row.quality.value is not None
    ]
    used = [axis for axis in _AXES if any(axis.of(row) is not None for row, _ in rows)]
    if not {CACHE.label, LATER_TTFT.label} & {axis.label for axis in used}:
        return
    for comparison in dict.fromkeys(row.comparison for row, _ in rows):
        compared = [(row, series) for row, series in rows if row.comparison == comparison]
        title = comparison_title(compared[0][0], [row for row, _ in rows])
        for axis in used:
            points = (*_points(compared, axis),)
            if points:
                yield QualityPanel(
                    title=title,
                    label=axis.label,
                    points=points,
                    more_is_better=axis.more_is_better,
                )


def _points(rows: Sequence[tuple[KVRow, Series]], axis: CostAxis) -> Iterator[Point]:
    for row, series in rows:
        x = axis.of(row)
        if x is not None and row.quality is not None:
            yield Point(
                series=series,
                quality=row.quality,
                x=x,
                beaten=not row.on_front,
                lines=(*_numbers(row), _standing(row)),
            )


def _numbers(row: KVRow) -> Iterator[str]:
    for name, of in KV_COLUMNS.items():
        text = of(row)
        if text:
            yield f"{name}: {text}"


def _standing(row: KVRow) -> str:
    return "on the front of all three" if row.on_front else "beaten by another in all three"


def _alt(panels: Sequence[QualityPanel]) -> str:
    parts = (
        f"{point.series.name}: {in_words(point.quality)} at {panel.label}: {point.x:,.4g}"
        for panel in panels
        for point in panel.points
    )
    return f"Quality against what it costs. {joined(parts, 12)}."
