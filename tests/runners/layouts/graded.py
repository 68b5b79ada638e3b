"""Run folders made of verdicts, as a finished run leaves them, and layouts filled from them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from evalrun.core.config import Config, TableOptions
from evalrun.core.layout import Layout
from evalrun.core.options import to_options
from evalrun.core.score import Score, TurnScore
from evalrun.runners.folder import RunFolder
from evalrun.runners.layouts.evaluate import evaluate
from evalrun.runners.layouts.grid import Estimate, Grid
from evalrun.runners.plan import Plan, PlannedCell
from evalrun.runners.results import Labels, StoredRun, aggregate
from evalrun.runners.status import Status

Values = float | None | Sequence[float | None]
_NUMBERS = itertools.count()


def verdict(
    sample: str,
    values: Values | Mapping[str, Values],
    *,
    task: str = "t",
    epoch: int = 0,
    subtasks: Sequence[str | None] = (),
    **fields: Any,
) -> Score:
    """Return the score of a sample: a value, or one a turn, of `accuracy` or of several metrics."""
    by_metric = values if isinstance(values, Mapping) else {"accuracy": values}
    lists = {name: v if isinstance(v, Sequence) else [v] for name, v in by_metric.items()}
    turns = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    whole = {"scorer": "exact", "status": "ok", "group": None, "labels": {}, **fields}
    return Score(
        id=f"{task}/{sample}#{epoch}",
        scores={},
        answer=None,
        sample_id=f"{task}/{sample}",
        epoch=epoch,
        task=task,
        turns=tuple(
            TurnScore(
                turn=i,
                scores=scores,
                status=whole["status"],
                subtask=subtasks[i] if subtasks else None,
            )
            for i, scores in enumerate(turns)
        ),
        **whole,
    )


def planned(scores: Iterable[Score]) -> Counter[PlannedCell]:
    """Count what a plan that asks for just these verdicts has."""
    return Counter(
        PlannedCell(s.task, t.turn, t.subtask, 1, tuple(sorted(s.labels.items())))
        for s in scores
        if s.scorer == "exact"
        for t in s.turns
    )


def run(
    folder: Path, scores: Sequence[Score], *, missing: Sequence[Score] = (), **parts: Any
) -> StoredRun:
    """Write a run with `scores`, whose plan has those that are `missing` too, and return it.

    `parts` are the names of its `model`, `kv` and `protocol`, its sections `benchmark`, `options`
    (of the run) and `table`, and the `provenance` of its data.
    """
    place = RunFolder(folder / f"run{next(_NUMBERS):03}")
    place.create()
    config = _config(**parts)
    place.config.write_text(yaml.safe_dump(msgspec.to_builtins(config)))
    counts = planned([*scores, *missing])
    cells = tuple(msgspec.structs.replace(cell, n=n) for cell, n in counts.items())
    plan = Plan(len(scores) + len(missing), cells)
    data = parts.get("provenance", {})
    place.status.write_bytes(msgspec.json.encode(_status(plan, config.table, data)))
    place.scores.write_bytes(b"".join(msgspec.json.encode(score) + b"\n" for score in scores))
    labels = Labels(
        recipe=config.recipe.name,
        model=config.model["name"],
        kv=config.kv["method"],
        protocol=config.protocol["name"],
        scorer="exact",
        prompts=data.get("prompts"),
    )
    results = aggregate(scores, (), labels, plan, config.table)
    results = msgspec.structs.replace(results, predicted=plan.total)
    place.results.write_bytes(msgspec.json.encode(results))
    return StoredRun(place, results)


def layout(*columns: Mapping[str, Any], **fields: Any) -> Layout:
    """Return a layout as YAML would give it; columns without a name are called by their place."""
    named = [{"name": f"c{index}", **column} for index, column in enumerate(columns)]
    return to_options({"title": "T", "rows": ["model"], "columns": named, **fields}, Layout)


def grid(runs: Sequence[StoredRun], *columns: Mapping[str, Any], **fields: Any) -> Grid:
    return evaluate(layout(*columns, **fields), runs)


def values(filled: Grid) -> dict[tuple[str, ...], list[float | None]]:
    """Return the values by the keys of their rows, to 4 decimals."""
    return {row.keys: [_rounded(cell.value) for cell in row.cells] for row in filled.rows}


def only(filled: Grid) -> Estimate:
    """Return the cell of a grid that has but one."""
    ((cell,),) = [row.cells for row in filled.rows]
    return cell


def _config(
    *,
    model: str = "m",
    kv: str = "full",
    protocol: str = "single_turn",
    benchmark: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    table: Mapping[str, Any] | None = None,
    **_: Any,
) -> Config:
    return to_options(
        {
            "recipe": {"name": "r", "title": "R"},
            "benchmark": {"name": "b", **(benchmark or {})},
            "protocol": {"name": protocol},
            "model": {"name": model},
            "kv": {"method": kv},
            "scorer": {"name": "exact"},
            "judge": {},
            "run": dict(options or {}),
            "table": dict(table or {}),
        },
        Config,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _status(plan: Plan, table: TableOptions, provenance: dict[str, Any]) -> Status:
    return Status(
        state="complete",
        started_at="2026-01-01T00:00:00+00:00",
        kv="full",
        graded_by={},
        provenance={"data": provenance, "model": {}},
        versions={},
        table=table,
        plan=plan,
    )
