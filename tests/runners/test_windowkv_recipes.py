"""The recipes of WindowKV: which runs they make, and how these are tabulated."""

from __future__ import annotations

import csv

import pytest

from evalrun.benchmarks.longbench.datasets import DATASETS
from evalrun.runners.build import build_benchmark, build_scorer
from evalrun.runners.compose import Composer
from evalrun.runners.recipe_trees import TREE

PAPER = TREE / "papers" / "windowkv.csv"
METHODS = ["streamingllm", "h2o", "pyramidkv", "windowkv"]


def paper_columns() -> list[str]:
    with PAPER.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] == "LongBench"]
    return list(dict.fromkeys(row["column"] for row in rows))


def methods_of(recipe: str) -> list[tuple[str, int | None]]:
    runs = Composer().expand([f"recipe={recipe}"])
    return [(str(run.kv["method"]), run.kv.get("budget")) for run in runs]


def test_windowkv_runs_each_method_at_each_budget_of_the_papers_table() -> None:
    budgets = (2048, 1024, 512)
    assert methods_of("windowkv") == [
        ("full", None),
        *((method, budget) for budget in budgets for method in METHODS),
    ]


def test_the_needle_runs_each_method_at_one_budget() -> None:
    assert methods_of("windowkv_needle") == [("full", None), *((name, 512) for name in METHODS)]


def test_a_method_of_ones_own_replaces_the_sweep() -> None:
    (run,) = Composer().expand(["recipe=windowkv", "kv=windowkv", "kv.budget=256"])
    assert (run.kv["method"], run.kv["budget"]) == ("windowkv", 256)


def test_windowkvs_columns_are_those_of_the_papers_table() -> None:
    table = Composer().compose(["recipe=windowkv"]).table
    assert list(table.groups) == paper_columns()[:-1]
    assert list(table.groups.values()) == [(dataset.name,) for dataset in DATASETS]
    assert table.columns == "groups"


def test_longbench_groups_every_dataset_once() -> None:
    groups = Composer().compose(["recipe=longbench"]).table.groups
    assert len(groups) == 6
    grouped = [name for members in groups.values() for name in members]
    assert sorted(grouped) == sorted(dataset.name for dataset in DATASETS)


@pytest.mark.parametrize(
    ("recipe", "scorer"),
    [
        ("longbench", "longbench[variant=official]"),
        ("windowkv", "longbench[variant=official,edit_ratio=levenshtein]"),
    ],
)
def test_code_is_compared_as_with_the_packages_that_each_pins(recipe, scorer) -> None:
    config = Composer().compose([f"recipe={recipe}"])
    assert build_scorer(config, None).label == scorer


@pytest.mark.parametrize("recipe", ["needle", "windowkv_needle"])
def test_an_answer_to_the_needle_ends_with_its_line(recipe) -> None:
    config = Composer().compose([f"recipe={recipe}"])
    assert config.generation.stop == ("\n",)
    assert next(build_benchmark(config).samples()).id == "needle/1000/0"
