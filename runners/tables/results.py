"""Results as tables: one run by turns, or several runs side by side."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

import msgspec

from ...core.exchange import Usage
from ..differences import Keys, differing_keys, values_text
from ..results import Cell, Level, Measures, Results
from .numbers import interval_text, number
from .table import MISSING, Table

# As many keys of configurations as a table has room for.
_SHOWN_KEYS = 3


class Line(msgspec.Struct):
    """Runs that share a row, and their cells by column."""

    runs: list[Results]
    cells: dict[str, Cell]

    @property
    def name(self) -> tuple[str, str]:
        """What rows are called: their model and their KV method."""
        return self.runs[0].model, self.runs[0].kv


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
    # A group of one task has that task's row already.
    above += [c for c in results.level("group") if len(results.whole_groups[c.name]) != 1]
    above += results.level("all")
    rows += [_row(f"{cell.name} (mean of {_MEANS[cell.level]})", cell, blank) for cell in above]
    title = f"{results.recipe} / {results.model}"
    title += f" + {results.kv}" if results.kv != "full" else ""
    numeric = (False, False, *(True,) * (len(header) - 2))
    return Table(title, tuple(header), tuple(rows), notes_of(results), numeric=numeric)


def runs_table(runs: Sequence[Results], configured: Sequence[Keys] = ()) -> Table:
    """Return several runs side by side: a row a model and KV method, a column a task.

    Recipes and protocols that differ get columns of their own. What was measured stands behind, and
    what was spent where anything cost money. `configured` are the configurations of the runs by
    dotted keys: those that tell rows of one name apart get columns.
    """
    headed = [(run, dict(_headed(run, runs))) for run in runs]
    columns = distinct(heading for _, cells in headed for heading in cells)
    measured = [name for name, of in MEASURES.items() if any(of(r.measures) for r in runs)]
    spent = SPENDING if any(_spent_in([run]).cost_usd for run in runs) else {}
    rows: list[tuple[str, ...]] = []
    lines = lines_of(headed, same=lambda run: (run.model, run.kv))
    # A run is itself, even beside one with the same results.
    keys = {id(run): told for run, told in zip(runs, configured, strict=False)}
    told_by = _telling_apart(lines, keys)
    for line in lines:
        told = [values_text([keys[id(run)] for run in line.runs], key) for key in told_by]
        values = [with_interval(line.cells.get(column)) for column in columns]
        measures = mean_measures(line.runs)
        behind = [MEASURES[name](measures) or MISSING for name in measured]
        behind += [of(_spent_in(line.runs)) for of in spent.values()]
        rows.append((*line.name, *told, *values, *behind))
    counted = f"values in %, with 95% intervals; n per cell: {_denominators(runs)}"
    named = ("model", "kv", *told_by)
    header = (*named, *columns, *measured, *spent)
    title = " / ".join(distinct(run.recipe for run in runs))
    notes = (f"{counted}{wording_of(runs)}", *warnings_of(runs))
    numeric = (*(False,) * len(named), *(True,) * (len(header) - len(named)))
    return Table(title, header, tuple(rows), notes, numeric=numeric)


def notes_of(results: Results) -> tuple[str, ...]:
    """Return what a reader must know beside the numbers: scorer, weighting, failures."""
    wording = f", prompts: {results.prompts}" if results.prompts else ""
    return (
        f"scorer {results.scorer}, protocol {results.protocol}{wording}, turns weighted by "
        f"{results.weighting}; {results.predicted} of {results.planned} samples; "
        f"{_spent(results.usage)}",
        *_further_spending(results),
        *warnings_of([results]),
    )


def table_of(runs: Sequence[Results], configured: Sequence[Keys] = ()) -> Table:
    """Return the table of one run, or of several side by side."""
    return run_table(runs[0]) if len(runs) == 1 else runs_table(runs, configured)


def lines_of(
    runs: Iterable[tuple[Results, dict[str, Cell]]], *, same: Callable[[Results], Hashable]
) -> list[Line]:
    """Put runs that are the `same` on one line, unless they claim the same column."""
    lines: list[Line] = []
    for run, cells in runs:
        for line in lines:
            if same(line.runs[0]) == same(run) and not line.cells.keys() & cells.keys():
                line.runs.append(run)
                line.cells.update(cells)
                break
        else:
            lines.append(Line([run], dict(cells)))
    return lines


def lone_tasks(runs: Iterable[Results]) -> list[str]:
    """Return the tasks that no group stands for: theirs is not whole in some run that has them."""
    lone: list[str] = []
    for run in runs:
        grouped = {task for members in run.whole_groups.values() for task in members}
        lone += [cell.name for cell in run.level("task") if cell.name not in grouped]
    return distinct(lone)


def wording_of(runs: Iterable[Results]) -> str:
    """Return the end of a note: whose prompts were used, where runs say so."""
    wordings = distinct(run.prompts for run in runs if run.prompts)
    return f"; prompts: {', '.join(wordings)}" if wordings else ""


def warnings_of(runs: Iterable[Results]) -> tuple[str, ...]:
    """Return what went wrong in runs, each thing once."""
    return tuple(distinct(warning for run in runs for warning in _warnings(run)))


def mean_measures(runs: Sequence[Results]) -> Measures:
    """Return the means of what was measured in `runs`, and the highest of their peaks."""
    means: dict[str, float | None] = {}
    for field in Measures.__struct_fields__:
        values = [v for run in runs if (v := getattr(run.measures, field)) is not None]
        means[field] = sum(values) / len(values) if values else None
    peaks = [r.measures.peak_memory_bytes for r in runs if r.measures.peak_memory_bytes is not None]
    return Measures(**{**means, "peak_memory_bytes": max(peaks, default=None)})


def with_interval(cell: Cell | None) -> str:
    """Return the value of a cell in percent, with its interval where there is one."""
    if cell is None:
        return MISSING
    return _percent(cell.value) + interval_text(cell.low, cell.high, _percent)


def distinct(texts: Iterable[str]) -> list[str]:
    """Return `texts` in their order, each once."""
    return list(dict.fromkeys(texts))


def _telling_apart(lines: Sequence[Line], keys: Mapping[int, Keys]) -> list[str]:
    """Return the keys by which rows of one name differ; `keys` are those of runs that have some."""
    told: dict[str, None] = {}
    for name in {line.name: None for line in lines}:
        alike = [line for line in lines if line.name == name]
        if all(id(run) in keys for line in lines for run in line.runs):
            rows = [[keys[id(run)] for run in line.runs] for line in alike]
            told.update(dict.fromkeys(differing_keys(rows)))
    return list(told)[:_SHOWN_KEYS]


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


def _headed(run: Results, runs: Sequence[Results]) -> list[tuple[str, Cell]]:
    """Return the cells of a run that have columns, under headings that tell runs apart."""
    prefix = [
        getattr(run, field)
        for field in ("recipe", "protocol")
        if len({getattr(other, field) for other in runs}) > 1
    ]
    return [(" ".join([*prefix, cell.name]), cell) for cell in _shown(run, runs)]


def _shown(run: Results, runs: Sequence[Results]) -> list[Cell]:
    """Return the cells that `run.columns` asks for."""
    tasks, above = run.level("task"), run.level("group") + run.level("all")
    if run.columns == "tasks":
        return tasks
    if run.columns == "groups":
        beside = (r for r in runs if (r.recipe, r.protocol) == (run.recipe, run.protocol))
        lone = lone_tasks(beside)
        tasks = [cell for cell in tasks if cell.name in lone]
    return tasks + above


def _warnings(results: Results) -> list[str]:
    where = f"{results.model}+{results.kv} {results.protocol}"
    warnings: list[str] = []
    if results.failed:
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(results.failed.items()))
        warnings.append(f"{where}: failed samples, counted as missing: {kinds}")
    odd = {status: n for status, n in sorted(results.statuses.items()) if status != "ok"}
    if odd:
        counts = ", ".join(f"{n} {status}" for status, n in odd.items())
        warnings.append(f"{where}: of {sum(results.statuses.values())} answers: {counts}")
    unfinished = results.planned - results.predicted - sum(results.failed.values())
    if unfinished:
        warnings.append(f"{where}: {unfinished} samples not yet asked")
    if results.truncated_inputs:
        warnings.append(f"{where}: {results.truncated_inputs} contexts cut to fit the model")
    return warnings


def _spent_in(runs: Sequence[Results]) -> Usage:
    """Return what the models and judges of `runs` spent."""
    return sum((run.usage + run.judge_usage for run in runs), Usage())


def _spent(usage: Usage) -> str:
    """Return tokens and money in words, with the share of the input that was cached."""
    cached = ""
    if usage.cached_tokens and usage.input_tokens:
        cached = f" ({100 * usage.cached_tokens / usage.input_tokens:.0f}% of it cached)"
    reasoning = f" ({usage.reasoning_tokens:,} of reasoning)" if usage.reasoning_tokens else ""
    cost = f", ${usage.cost_usd:.4f}" if usage.cost_usd else ""
    return (
        f"{usage.input_tokens:,} input{cached} and {usage.output_tokens:,} output tokens"
        f"{reasoning}{cost}"
    )


def _further_spending(results: Results) -> list[str]:
    """Say what each role and the judge spent, and what the reply cache saved."""
    notes: list[str] = []
    if results.by_role:
        split = (f"{n} {s.replies:,} ({_spent(s.usage)})" for n, s in results.by_role.items())
        notes.append(f"replies by role: {'; '.join(split)}")
    if results.judge_usage.tokens:
        notes.append(f"judge: {_spent(results.judge_usage)}")
    if results.replies_from_cache:
        notes.append(
            f"{results.replies_from_cache} of {results.replies} replies came from the reply cache, "
            "paid for by an earlier run (run.cache=false asks anew)"
        )
    return notes


def _denominators(runs: Sequence[Results]) -> str:
    counts = sorted({cell.n for run in runs for cell in run.level("task")})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}" if counts else "0"


def _percent(value: float | None) -> str:
    return number(value, 100, 1) or MISSING


def _kept(measures: Measures) -> str | None:
    if measures.tokens_kept is None or measures.tokens_seen is None:
        return None
    return f"{measures.tokens_kept:.0f} of {measures.tokens_seen:.0f}"


_MEANS: dict[Level, str] = {"task": "subtasks", "group": "tasks", "all": "groups"}

MEASURES: dict[str, Callable[[Measures], str | None]] = {
    "tokens kept": _kept,
    "cache MB": lambda m: number(m.cache_bytes, 1e-6, 2),
    "prefill s": lambda m: number(m.prefill_s, 1, 3),
    "decode tok/s": lambda m: number(m.decode_tokens_per_s, 1, 1),
    "peak MB": lambda m: number(m.peak_memory_bytes, 1e-6, 0),
}

SPENDING: dict[str, Callable[[Usage], str]] = {
    "tokens": lambda usage: f"{usage.tokens:,}",
    "USD": lambda usage: f"{usage.cost_usd:.4f}",
}
