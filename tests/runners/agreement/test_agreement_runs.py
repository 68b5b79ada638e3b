"""Runs of evalrun as leaderboards."""

from __future__ import annotations

from pathlib import Path

from boards import study_of
from fabricated import cell, results, stored

from evalrun.runners.agreement.leaderboards import Reading, Scenario
from evalrun.runners.agreement.runs import read_run_scores


def run_of(folder: Path, model: str, value: float, recipe: str = "r", **fields):
    cells = (
        cell("turn", "t", value, turn=0),
        cell("task", "t", value),
        cell("task", "u", None),
        cell("group", "G", value / 2),
        cell("all", "AVG", value / 4),
    )
    return stored(folder / recipe / model, results(*cells, recipe=recipe, model=model, **fields))


def test_tasks_groups_and_averages_are_scenarios(tmp_path: Path) -> None:
    run = run_of(tmp_path, "Org/Model-A", 0.8)
    assert read_run_scores([run], Reading()).scenarios == (
        Scenario("r_t", "r", {"model_a": 0.8}),
        Scenario("r_g", "r", {"model_a": 0.4}),
        Scenario("r", "r", {"model_a": 0.2}),
    )


def test_a_kv_method_makes_another_model(tmp_path: Path) -> None:
    runs = [run_of(tmp_path / kv, "m", 0.8, kv=kv) for kv in ("full", "snapkv-50%")]
    scores = read_run_scores(runs, Reading()).scenarios[0].scores
    assert list(scores) == ["m", "m_snapkv_50%"]


def test_of_several_runs_of_a_model_the_best_counts_and_missing_samples_are_said(
    tmp_path: Path,
) -> None:
    runs = [run_of(tmp_path / "1", "m", 0.2), run_of(tmp_path / "2", "m", 0.6, predicted=7)]
    read = read_run_scores(runs, Reading())
    assert read.scenarios[0].scores == {"m": 0.6}
    assert read.notes == (f"{runs[1].folder.path}: 3 of 10 samples are missing",)


def test_folders_of_runs_are_compared_with_each_other(tmp_path: Path) -> None:
    for number, (one, other) in enumerate(
        [(0.1, 0.2), (0.2, 0.4), (0.3, 0.3), (0.4, 0.8), (0.5, 1)]
    ):
        run_of(tmp_path, f"m{number}", one, "left")
        run_of(tmp_path, f"m{number}", other, "right")
    study = study_of(str(tmp_path), "scenarios=[left,right]", "aggregate.scenarios=[left,right]")
    found = {(row.scenario, row.reference): row.value for row in study.agreements}
    # left: 1 2 3 4 5; right: 1 3 2 4 5
    assert round(found["left", "right"], 9) == 0.8
    assert study.field.own == ("left_t", "left_g", "left", "right_t", "right_g", "right")
