"""Results as tables: one run by turns, or several runs side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from .results import Cell, Measures, Results

MISSING = "-"


class Table(msgspec.Struct, frozen=True):
    """Cells of text under their headings, with notes below."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def run_table(results: Results) -> Table:
    """Return the table of one run: a row a task (and subtask), a column a turn."""
    turns = sorted({cell.turn for cell in results.level("turn") if cell.turn is not None})
    several = len(turns) > 1
    header = ["task", "metric"]
    header += [f"turn {turn + 1}" for turn in turns] if several else []
    header += ["value %", "95% interval", "n", "missing"]
    rows: list[tuple[str, ...]] = []
    subtasks = results.level("subtask")
    for cell in subtasks:
        by_turn = {
            other.turn: _percent(other.value)
            for other in results.level("turn")
            if (other.name, other.subtask, other.metric) == (cell.name, cell.subtask, cell.metric)
        }
        name = f"{cell.name} / {cell.subtask}" if cell.subtask else cell.name
        values = [by_turn.get(turn, MISSING) for turn in turns] if several else []
        rows.append(_row(name, cell, values))
    blank = [MISSING] * (len(turns) if several else 0)
    split = {cell.name for cell in subtasks if cell.subtask}
    above = [c for c in results.level("task") if c.name in split]
    above += results.level("group") + results.level("all")
    rows += [_row(f"**{cell.name}**", cell, blank) for cell in above]
    title = f"{results.recipe} / {results.model}"
    title += f" + {results.kv}" if results.kv != "full" else ""
    return Table(title, tuple(header), tuple(rows), notes_of(results))


def runs_table(runs: Sequence[Results]) -> Table:
    """Return several runs side by side: a row a model and KV method, a column a task.

    Recipes and protocols that differ get columns of their own. What was measured stands behind.
    """
    columns = _columns(runs)
    measured = [name for name, of in _MEASURES.items() if any(of(r.measures) for r in runs)]
    rows: list[tuple[str, ...]] = []
    for line in _lines(runs):
        cells = {heading: _with_interval(cell) for r in line for heading, cell in _headed(r, runs)}
        measures = [_MEASURES[name](_mean_measures(line)) or MISSING for name in measured]
        names = (line[0].model, line[0].kv)
        rows.append((*names, *(cells.get(column, MISSING) for column in columns), *measures))
    notes = tuple(dict.fromkeys(note for run in runs for note in _warnings(run)))
    wordings = _distinct(run.prompts for run in runs if run.prompts)
    wording = f"; prompts: {', '.join(wordings)}" if wordings else ""
    counted = f"values in %, with 95% intervals; n per cell: {_denominators(runs)}{wording}"
    header = ("model", "kv", *columns, *measured)
    return Table(
        " / ".join(_distinct(r.recipe for r in runs)), header, tuple(rows), (counted, *notes)
    )


def notes_of(results: Results) -> tuple[str, ...]:
    """Return what a reader must know beside the numbers: scorer, weighting, failures."""
    usage = results.usage
    spent = f", ${usage.cost_usd:.4f}" if usage.cost_usd else ""
    tokens = f"{usage.input_tokens:,} input and {usage.output_tokens:,} output tokens"
    wording = f", prompts: {results.prompts}" if results.prompts else ""
    return (
        f"scorer {results.scorer}, protocol {results.protocol}{wording}, turns weighted by "
        f"{results.weighting}; {results.predicted} of {results.planned} samples; {tokens}{spent}",
        *_warnings(results),
    )


def table_of(runs: Sequence[Results]) -> Table:
    """Return the table of one run, or of several side by side."""
    return run_table(runs[0]) if len(runs) == 1 else runs_table(runs)


def _row(name: str, cell: Cell, values: list[str]) -> tuple[str, ...]:
    interval = MISSING
    if cell.low is not None and cell.high is not None:
        interval = f"{_percent(cell.low)} to {_percent(cell.high)}"
    return (
        name,
        cell.metric,
        *values,
        _percent(cell.value),
        interval,
        str(cell.n),
        str(cell.n_missing),
    )


def _lines(runs: Sequence[Results]) -> list[list[Results]]:
    """Put runs of the same model and KV method on one line, unless they claim the same column."""
    lines: list[list[Results]] = []
    for run in runs:
        mine = {heading for heading, _ in _headed(run, runs)}
        for line in lines:
            taken = {heading for other in line for heading, _ in _headed(other, runs)}
            if (line[0].model, line[0].kv) == (run.model, run.kv) and not mine & taken:
                line.append(run)
                break
        else:
            lines.append([run])
    return lines


def _columns(runs: Sequence[Results]) -> list[str]:
    return _distinct(heading for run in runs for heading, _ in _headed(run, runs))


def _headed(run: Results, runs: Sequence[Results]) -> list[tuple[str, Cell]]:
    """Return the task, group and overall cells of a run under headings that tell runs apart."""
    prefix = [
        getattr(run, field)
        for field in ("recipe", "protocol")
        if len({getattr(other, field) for other in runs}) > 1
    ]
    cells = run.level("task") + run.level("group") + run.level("all")
    return [(" ".join([*prefix, cell.name]), cell) for cell in cells]


def _warnings(results: Results) -> list[str]:
    where = f"{results.model}+{results.kv} {results.protocol}"
    warnings: list[str] = []
    if results.failed:
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(results.failed.items()))
        warnings.append(f"{where}: failed samples, counted as missing: {kinds}")
    odd = {status: n for status, n in sorted(results.statuses.items()) if status != "ok"}
    if odd:
        counts = ", ".join(f"{n} {status}" for status, n in odd.items())
        warnings.append(f"{where}: of {sum(results.statuses.values())} replies: {counts}")
    unfinished = results.planned - results.predicted - sum(results.failed.values())
    if unfinished:
        warnings.append(f"{where}: {unfinished} samples not yet asked")
    if results.truncated_inputs:
        warnings.append(f"{where}: {results.truncated_inputs} contexts cut to fit the model")
    return warnings


def _denominators(runs: Sequence[Results]) -> str:
    counts = sorted({cell.n for run in runs for cell in run.level("task")})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}" if counts else "0"


def _mean_measures(runs: Sequence[Results]) -> Measures:
    means: dict[str, float | None] = {}
    for field in Measures.__struct_fields__:
        values = [v for run in runs if (v := getattr(run.measures, field)) is not None]
        means[field] = sum(values) / len(values) if values else None
    return Measures(**means)


def _with_interval(cell: Cell) -> str:
    if cell.value is None or cell.low is None or cell.high is None:
        return MISSING
    return f"{_percent(cell.value)} [{_percent(cell.low)}, {_percent(cell.high)}]"


def _percent(value: float | None) -> str:
    return MISSING if value is None else f"{100 * value:.1f}"


def _number(value: float | None, scale: float, digits: int) -> str | None:
    return None if value is None else f"{value * scale:.{digits}f}"


def _kept(measures: Measures) -> str | None:
    if measures.tokens_kept is None or measures.tokens_seen is None:
        return None
    return f"{measures.tokens_kept:.0f} of {measures.tokens_seen:.0f}"


_MEASURES: dict[str, Callable[[Measures], str | None]] = {
    "tokens kept": _kept,
    "cache MB": lambda m: _number(m.cache_bytes, 1e-6, 2),
    "prefill s": lambda m: _number(m.prefill_s, 1, 3),
    "decode tok/s": lambda m: _number(m.decode_tokens_per_s, 1, 1),
    "peak MB": lambda m: _number(m.peak_memory_bytes, 1e-6, 0),
}


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
