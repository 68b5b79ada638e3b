"""How quality goes from turn to turn: a curve for each KV method."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .kv_report import kv_lines
from .results import Cell, Results, mean_cell
from .tables.results import distinct, lone_tasks

_SETTING = ("recipe", "model", "protocol")


class Curve(msgspec.Struct, frozen=True):
    """The quality of one KV method in `runs`: cells of level "turn", by turn.

    A turn that some tasks do not ask is the mean of the others; the curve is `uneven` then.
    """

    runs: tuple[Results, ...]
    points: tuple[Cell, ...]
    uneven: bool

    @property
    def kv(self) -> str:
        """The KV method."""
        return self.runs[0].kv


class CurvePanel(msgspec.Struct, frozen=True):
    """Curves over one group of tasks, or over one task that no group stands for."""

    title: str
    curves: tuple[Curve, ...]


class CurveRow(msgspec.Struct, frozen=True):
    """The panels of one recipe, model and protocol; `title` tells them from others."""

    title: str
    panels: tuple[CurvePanel, ...]


def curve_rows(runs: Sequence[Results]) -> list[CurveRow]:
    """Return the curves of those runs that have several turns."""
    turned = [run for run in runs if len({cell.turn for cell in run.level("turn")}) > 1]
    settings = dict.fromkeys(_setting(run) for run in turned)
    differing = [len({*values}) > 1 for values in zip(*settings, strict=True)]
    return [
        CurveRow(
            " / ".join(part for part, differs in zip(setting, differing, strict=True) if differs),
            _panels([run for run in turned if _setting(run) == setting]),
        )
        for setting in settings
    ]


def _setting(run: Results) -> tuple[str, ...]:
    return tuple(getattr(run, name) for name in _SETTING)


def _panels(runs: Sequence[Results]) -> tuple[CurvePanel, ...]:
    groups = distinct(name for run in runs for name in run.whole_groups)
    lines = kv_lines(runs)
    panels = (
        CurvePanel(title, tuple(_curve(line.runs, title) for line in lines))
        for title in (*groups, *lone_tasks(runs))
    )
    return tuple(panels)


def _curve(runs: Sequence[Results], title: str) -> Curve:
    """Return the curve over the tasks of the group `title`, or over the task of that name."""
    turns: dict[int, dict[str, list[Cell]]] = {}
    asked: set[str] = set()
    for run in runs:
        tasks = run.whole_groups.get(title, (title,))
        for cell in _headline_turns(run):
            if cell.name in tasks and cell.turn is not None:
                turns.setdefault(cell.turn, {}).setdefault(cell.name, []).append(cell)
                asked.add(cell.name)
    points = tuple(_point(title, turn, by_task) for turn, by_task in sorted(turns.items()))
    uneven = any(by_task.keys() != asked for by_task in turns.values())
    return Curve(tuple(runs), points, uneven)


def _point(title: str, turn: int, by_task: dict[str, list[Cell]]) -> Cell:
    tasks = [mean_cell("turn", task, cells) for task, cells in by_task.items()]
    return msgspec.structs.replace(mean_cell("turn", title, tasks), turn=turn)


def _headline_turns(run: Results) -> list[Cell]:
    """Return the turns of the metric that stands for each task (and subtask)."""
    metrics = run.headlines
    return [c for c in run.level("turn") if metrics.get((c.name, c.subtask)) == c.metric]
