"""KV methods compared: the quality of each, and what it takes in memory and time."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence

import msgspec

from .pareto import Costs, on_front
from .results import Cell, Measures, Results, mean_cell
from .tables.numbers import number
from .tables.results import (
    MEASURES,
    Line,
    distinct,
    lines_of,
    mean_measures,
    warnings_of,
    with_interval,
    wording_of,
)
from .tables.table import MISSING, Table

FULL = "full"

# What tells rows apart; all but the first two have a column only where they differ.
_NAMES = ("model", "kv", "recipe", "protocol", "scorer")

_RULE = (
    "front: * where no other row of the same model, recipe, protocol, scorer and samples has at "
    "least this quality, no more cache and no more time to the first token of later queries, and "
    "is better in one of them; what was not measured counts as worst"
)


class KVRow(msgspec.Struct, frozen=True, kw_only=True):
    """One use of a KV method, and how it compares with the others.

    `quality` is the recipe's average, or else the mean of `tasks`. `share_of_full` is the bytes of
    the cache by those of the full one, where that was run on the same samples. `on_front` is None
    where there is no quality to compare.
    """

    recipe: str
    model: str
    kv: str
    protocol: str
    scorer: str
    tasks: tuple[str, ...]
    quality: Cell | None
    measures: Measures
    share_of_full: float | None = None
    on_front: bool | None = None

    @property
    def planned(self) -> int:
        """How many verdicts the quality was to be of."""
        return self.quality.n + self.quality.n_missing if self.quality else 0

    @property
    def comparison(self) -> tuple[Hashable, ...]:
        """What rows that can be compared have in common: everything but the KV method."""
        return (self.recipe, self.model, self.protocol, self.scorer, self.tasks, self.planned)

    @property
    def costs(self) -> Costs:
        """Quality, bytes of the cache, and seconds to the first token of later queries.

        All as costs, of which less is better; what was not measured is worse than what was.
        """
        quality = self.quality.value if self.quality else None
        costs = (self.measures.cache_bytes, self.measures.ttft_later_s)
        return (
            math.inf if quality is None else -quality,
            *(math.inf if cost is None else cost for cost in costs),
        )


def kv_lines(runs: Sequence[Results]) -> list[Line]:
    """Put runs that differ in nothing but their tasks on one line."""
    tasks = [(run, {cell.name: cell for cell in run.level("task")}) for run in runs]
    return lines_of(tasks, same=lambda run: tuple(getattr(run, name) for name in _NAMES))


def kv_rows(runs: Sequence[Results]) -> list[KVRow]:
    """Return a row for each use of a KV method; those that can be compared stand together."""
    return [row for row, _ in kv_rows_of_lines(runs)]


def kv_rows_of_lines(runs: Sequence[Results]) -> list[tuple[KVRow, Line]]:
    """Return what `kv_rows` does, each row with the runs that it is of."""
    compared: dict[tuple[Hashable, ...], list[tuple[KVRow, Line]]] = {}
    for line in kv_lines(runs):
        row = _row(line)
        compared.setdefault(row.comparison, []).append((row, line))
    return [
        (_compared(row, [peer for peer, _ in pairs]), line)
        for pairs in compared.values()
        for row, line in pairs
    ]


def kv_table(runs: Sequence[Results]) -> Table:
    """Return quality beside memory and latency, a row for each use of a KV method."""
    rows = kv_rows(runs)
    names = [
        name for name in _NAMES if name in _NAMES[:2] or len({getattr(r, name) for r in rows}) > 1
    ]
    columns = {name: of for name, of in KV_COLUMNS.items() if any(of(row) for row in rows)}
    lines = [
        tuple(str(getattr(row, name)) for name in names)
        + tuple(of(row) or MISSING for of in columns.values())
        + (_MARKS[row.on_front],)
        for row in rows
    ]
    title = f"{' / '.join(distinct(row.recipe for row in rows))}: KV methods"
    averages = ", ".join(distinct(row.quality.name for row in rows if row.quality))
    counted = f"quality: {averages or 'none'}, with 95% intervals{wording_of(runs)}"
    notes = (counted, _RULE, *warnings_of(runs))
    numeric = (*(False for _ in names), *(True for _ in columns), False)
    return Table(title, (*names, *columns, "front"), tuple(lines), notes, numeric=numeric)


def _row(line: Line) -> KVRow:
    run = line.runs[0]
    return KVRow(
        recipe=run.recipe,
        model=run.model,
        kv=run.kv,
        protocol=run.protocol,
        scorer=run.scorer,
        tasks=tuple(sorted(line.cells)),
        quality=overall(line),
        measures=mean_measures(line.runs),
    )


def overall(line: Line) -> Cell | None:
    """Return the recipe's average of a line, or else the mean of its tasks; None without any."""
    averages = [cell for run in line.runs for cell in run.level("all")]
    if len(averages) == len(line.runs) == 1:
        return averages[0]
    names = sorted(line.cells)
    if not names:
        return None
    name = f"mean of {', '.join(names)}" if len(names) > 1 else names[0]
    return mean_cell("all", name, [line.cells[task] for task in names])


def _compared(row: KVRow, peers: Sequence[KVRow]) -> KVRow:
    """Return `row` with its place among the rows that can be compared with it, itself included."""
    mine = row.measures.cache_bytes
    full = next((peer.measures.cache_bytes for peer in peers if peer.kv == FULL), None)
    return msgspec.structs.replace(
        row,
        share_of_full=mine / full if mine is not None and full else None,
        on_front=on_front(row.costs, [peer.costs for peer in peers]) if row.tasks else None,
    )


def _of_measures(of: Callable[[Measures], str | None]) -> Callable[[KVRow], str | None]:
    return lambda row: of(row.measures)


KV_COLUMNS: dict[str, Callable[[KVRow], str | None]] = {
    "quality %": lambda row: with_interval(row.quality),
    "n": lambda row: str(row.quality.n if row.quality else 0),
    "tokens kept": _of_measures(MEASURES["tokens kept"]),
    "tokens read": _of_measures(lambda m: number(m.tokens_read, 1, 0)),
    "cache MB": _of_measures(MEASURES["cache MB"]),
    "of full %": lambda row: number(row.share_of_full, 100, 1),
    "prefill s": _of_measures(MEASURES["prefill s"]),
    "first TTFT s": _of_measures(lambda m: number(m.ttft_first_s, 1, 3)),
    "later TTFT s": _of_measures(lambda m: number(m.ttft_later_s, 1, 3)),
    "decode tok/s": _of_measures(MEASURES["decode tok/s"]),
    "batch": _of_measures(lambda m: number(m.batch, 1, 1)),
    "peak MB": _of_measures(MEASURES["peak MB"]),
}
_MARKS = {True: "*", False: "", None: MISSING}
