"""Results by task, subtask and group: bars with their intervals, runs side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ...results import Cell, Level, Results
from ..model import Figure
from .layout import Json, Panel, axes, layout
from .names import SETTING, Series, Subjects, telling
from .numbers import counted, faded, in_words, interval_bars, joined, percents
from .scales import percent_bars_axis, rows_axis, rows_height
from .texts import hover, literal, shortened

# In the order of rows in the table of a run.
_LEVELS: tuple[Level, ...] = ("subtask", "task", "group", "all")
# More bars than this make a figure that nobody reads.
_MOST_BARS = 240
_LEAST_ROWS = 8
# Pixels: of a bar, and between the bars of two rows.
_BAR, _BETWEEN = 13, 12


class _Row(msgspec.Struct, frozen=True):
    """A row of the table, and what each series has there."""

    name: str
    cells: tuple[tuple[Series, Cell], ...]

    @property
    def is_mean(self) -> bool:
        return self.cells[0][1].level in ("group", "all")


class _Panel(msgspec.Struct, frozen=True):
    title: str
    rows: tuple[_Row, ...]
    left_out: int

    @property
    def series(self) -> list[Series]:
        """The series with bars here, each once, in the order of their first bar."""
        found: list[Series] = []
        for row in self.rows:
            found += [s for s, _ in row.cells if not any(s is other for other in found)]
        return found


def categories(subjects: Subjects) -> Figure | None:
    """Return bars for each recipe and protocol; None where there is no more than one bar.

    Rows stand in the order of the table of a run. Of too many, groups and averages stay, and as
    many of the first others as can be read.
    """
    settings = dict.fromkeys(map(_setting, subjects.results))
    found = [_panel(subjects, setting) for setting in settings]
    panels = [panel for panel in found if panel.rows]
    if sum(len(row.cells) for panel in panels for row in panel.rows) < 2:
        return None
    shown = [s for s in subjects.series if any(s is own for p in panels for own in p.series)]
    return Figure(
        id="categories",
        title="Results by task and group",
        alt=_alt(panels),
        note=_note(panels),
        data=(*_traces(panels, shown),),
        layout=layout(
            [_drawn(panel) for panel in panels],
            legend=[series.name for series in shown] if len(shown) > 1 else (),
            barmode="group",
            bargap=0.3,
        ),
    )


def _setting(run: Results) -> tuple[str, ...]:
    return tuple(getattr(run, field) for field in SETTING)


def _panel(subjects: Subjects, setting: tuple[str, ...]) -> _Panel:
    found: dict[tuple[str, str], list[tuple[Series, Cell]]] = {}
    asked = [
        (series, run.results)
        for series in subjects.series
        for run in series.runs
        if _setting(run.results) == setting
    ]
    for series, run in asked:
        for name, cell in _named(run):
            found.setdefault((cell.level, name), []).append((series, cell))
    rows = [
        _Row(name, tuple(cells))
        for wanted in _LEVELS
        for (level, name), cells in found.items()
        if level == wanted
    ]
    kept = _kept(rows)
    title = " / ".join(telling(asked[0][1], subjects.results, SETTING))
    return _Panel(title, tuple(kept), len(rows) - len(kept))


def _named(run: Results) -> Iterator[tuple[str, Cell]]:
    """Yield what the table of a run has a row for, of each task only the metric it stands for."""
    seen: set[tuple[str, str | None]] = set()
    for cell in run.level("subtask"):
        if cell.value is not None and (cell.name, cell.subtask) not in seen:
            seen.add((cell.name, cell.subtask))
            yield f"{cell.name} / {cell.subtask}" if cell.subtask else cell.name, cell
    split = {cell.name for cell in run.level("subtask") if cell.subtask}
    for cell in run.level("task"):
        if cell.name in split:
            yield f"{cell.name} (mean of subtasks)", cell
    for cell in run.level("group"):
        if len(run.whole_groups[cell.name]) != 1:
            yield f"{cell.name} (mean of tasks)", cell
    for cell in run.level("all"):
        yield f"{cell.name} (mean of groups)", cell


def _kept(rows: Sequence[_Row]) -> list[_Row]:
    """Return rows that can be read together, in their order."""
    side_by_side = max((len(row.cells) for row in rows), default=1)
    most = max(_LEAST_ROWS, _MOST_BARS // side_by_side)
    if len(rows) <= most:
        return list(rows)
    wanted = [*(row for row in rows if row.is_mean), *(row for row in rows if not row.is_mean)]
    chosen = wanted[:most]
    return [row for row in rows if any(row is other for other in chosen)]


def _drawn(panel: _Panel) -> Panel:
    cells = [cell for row in panel.rows for _, cell in row.cells]
    ends = [end for cell in cells for end in percents(cell) if end is not None]
    names = [row.name for row in panel.rows]
    bars = max(len(row.cells) for row in panel.rows)
    return Panel(
        title=panel.title,
        x=percent_bars_axis(ends, "value, %"),
        y=rows_axis(names),
        height=rows_height(names, _BAR * bars + _BETWEEN),
    )


def _traces(panels: Sequence[_Panel], shown: Sequence[Series]) -> Iterator[Json]:
    unseen = {series.name for series in shown}
    for position, panel in enumerate(panels):
        for series in (s for s in shown if any(s is own for own in panel.series)):
            in_legend = series.name in unseen and len(shown) > 1
            yield {**_bars(panel, series), **axes(position), "showlegend": in_legend}
            unseen.discard(series.name)


def _bars(panel: _Panel, series: Series) -> Json:
    own = [
        (place, row, cell)
        for place, row in enumerate(panel.rows)
        for owner, cell in row.cells
        if owner is series
    ]
    cells = [cell for _, _, cell in own]
    colour = series.look.colour
    return {
        "type": "bar",
        "orientation": "h",
        "name": shortened(series.name),
        "legendgroup": literal(series.name),
        "offsetgroup": literal(series.name),
        "y": [place for place, _, _ in own],
        "x": [percents(cell)[0] for cell in cells],
        "error_x": interval_bars(cells, colour),
        "marker": {"color": faded(colour, 0.5), "line": {"color": colour, "width": 1}},
        "hoverinfo": "text",
        "hovertext": [_hover(panel, series, row, cell) for _, row, cell in own],
    }


def _hover(panel: _Panel, series: Series, row: _Row, cell: Cell) -> str:
    metric = f"{cell.metric}, n = {cell.n:,}, {cell.n_missing:,} missing"
    return hover([row.name, series.name, panel.title, in_words(cell), metric])


def _note(panels: Sequence[_Panel]) -> str:
    n = sorted({cell.n for panel in panels for row in panel.rows for _, cell in row.cells})
    each = f"{n[0]:,} to {n[-1]:,}" if len(n) > 1 else f"{n[0]:,}"
    left_out = sum(panel.left_out for panel in panels)
    more = f" {counted(left_out, 'more row')} stand in the table only." if left_out else ""
    return f"Bars are means, lines on them 95% intervals; n = {each} verdicts a bar.{more}"


def _alt(panels: Sequence[_Panel]) -> str:
    parts = (
        f"{': '.join(filter(None, [panel.title, row.name]))}, {series.name}: {in_words(cell)}"
        for panel in panels
        for row in sorted(panel.rows, key=lambda row: not row.is_mean)
        for series, cell in row.cells
    )
    return f"Results by task and group. {joined(parts, 12)}."
