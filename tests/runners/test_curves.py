"""Quality by turn, worked out by hand."""

from __future__ import annotations

import pytest
from fabricated import cell, results

from evalrun.runners.curves import Curve, curve_rows
from evalrun.runners.results import Cell, Results

GROUPS = {"G": ("a", "b"), "H": ("c",)}


def turns(task: str, *values: float, **fields) -> list[Cell]:
    """The cells of a task with these values by turn."""
    cells = [cell("turn", task, value, turn=i, **fields) for i, value in enumerate(values)]
    return [*cells, cell("subtask", task, **fields)]


def run(*cells: Cell, **fields) -> Results:
    tasks = dict.fromkeys(cell.name for cell in cells)
    whole = [name for name, members in GROUPS.items() if {*members} <= {*tasks}]
    above = [*(cell("task", task) for task in tasks), *(cell("group", name) for name in whole)]
    return results(*cells, *above, **{"groups": GROUPS, **fields})


def values(curve: Curve) -> list[float | None]:
    return [pytest.approx(point.value) for point in curve.points]


def test_a_group_is_the_mean_of_its_tasks_at_each_turn() -> None:
    (row,) = curve_rows([run(*turns("a", 1.0, 0.5), *turns("b", 0.0, 0.5), *turns("c", 0.2, 0.1))])
    assert [panel.title for panel in row.panels] == ["G", "H"]
    (mean,), (alone,) = (panel.curves for panel in row.panels)
    assert values(mean) == [0.5, 0.5]
    assert values(alone) == [0.2, 0.1]
    assert [point.turn for point in mean.points] == [0, 1]
    assert not mean.uneven


def test_a_turn_that_some_tasks_lack_is_the_mean_of_the_others() -> None:
    (row,) = curve_rows([run(*turns("a", 1.0, 0.5), *turns("b", 0.0))])
    (panel,) = row.panels
    assert values(panel.curves[0]) == [0.5, 0.5]
    assert panel.curves[0].uneven


def test_a_task_that_no_group_stands_for_has_a_panel_of_its_own() -> None:
    (row,) = curve_rows([run(*turns("a", 1.0, 0.5), *turns("c", 0.2, 0.1))])
    assert [panel.title for panel in row.panels] == ["H", "a"]


def test_every_kv_method_has_a_curve_in_every_panel() -> None:
    runs = [run(*turns("c", 0.9, first), kv=kv) for kv, first in (("full", 0.9), ("tova", 0.1))]
    ((panel,),) = (row.panels for row in curve_rows(runs))
    assert [(curve.kv, values(curve)) for curve in panel.curves] == [
        ("full", [0.9, 0.9]),
        ("tova", [0.9, 0.1]),
    ]


def test_subtasks_that_take_turns_form_one_curve() -> None:
    cells = [
        cell("turn", "c", 0.8, turn=0, subtask="x"),
        cell("turn", "c", 0.4, turn=1, subtask="y"),
        cell("subtask", "c", subtask="x"),
        cell("subtask", "c", subtask="y"),
    ]
    (row,) = curve_rows([run(*cells)])
    assert values(row.panels[0].curves[0]) == [0.8, 0.4]


def test_only_the_metric_that_stands_for_the_task_is_drawn() -> None:
    cells = [*turns("c", 0.9, 0.8, metric="f1"), *turns("c", 0.1, 0.2, metric="exact")]
    (row,) = curve_rows([run(*cells)])
    assert values(row.panels[0].curves[0]) == [0.9, 0.8]


def test_models_and_modes_have_a_row_each_named_by_what_differs() -> None:
    runs = [
        run(*turns("c", 0.9, 0.8), model=model, protocol=protocol)
        for model in ("small", "large")
        for protocol in ("multi_turn", "multi_request")
    ]
    assert [row.title for row in curve_rows(runs)] == [
        "small / multi_turn",
        "small / multi_request",
        "large / multi_turn",
        "large / multi_request",
    ]


def test_runs_of_one_turn_have_no_curve() -> None:
    assert curve_rows([run(*turns("c", 0.9))]) == []
    assert curve_rows([]) == []
