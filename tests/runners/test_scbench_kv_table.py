"""The recipe that compares KV methods on SCBench: which runs it makes."""

from __future__ import annotations

from evalrun.benchmarks.scbench.tasks import TASKS
from evalrun.core.config import Config
from evalrun.runners.build import build_parts
from evalrun.runners.compose import Composer

RECIPE = "recipe=scbench_kv_table"
# Table 1 of arXiv 2412.10319, without the models that have no attention in some layers.
METHODS = {
    "full",
    "llmlingua2",
    "a_shape",
    "tri_shape",
    "minference",
    "streamingllm",
    "snapkv",
    "pyramidkv",
    "kivi",
    "cacheblend",
    "quest",
    "retrieval_attention",
}


def expand(*overrides: str, multirun: bool = False) -> list[Config]:
    return Composer().expand([RECIPE, *overrides], multirun=multirun)


def choices(configs: list[Config]) -> list[tuple[str, str]]:
    return [(config.protocol["name"], config.kv["method"]) for config in configs]


def test_it_runs_every_method_that_the_paper_evaluates_in_both_modes() -> None:
    found = choices(expand())
    assert len(found) == 2 * len(METHODS)
    assert set(found) == {(m, kv) for m in ("multi_turn", "multi_request") for kv in METHODS}


def test_every_run_can_be_built() -> None:
    labels = [build_parts(config).kv.label for config in expand("protocol=multi_turn")]
    assert len(set(labels)) == len(METHODS)


def test_its_columns_are_the_groups_of_scbench() -> None:
    config = expand()[0]
    assert config.table.columns == "groups"
    assert config.table.groups == Composer().compose(["recipe=scbench"]).table.groups
    grouped = [task for tasks in config.table.groups.values() for task in tasks]
    assert sorted(grouped) == sorted(task.name for task in TASKS)


def test_methods_and_modes_of_ones_own_replace_the_recipes() -> None:
    assert choices(expand("kv=full,snapkv", multirun=True)) == [
        ("multi_turn", "full"),
        ("multi_request", "full"),
        ("multi_turn", "snapkv"),
        ("multi_request", "snapkv"),
    ]
    assert choices(expand("kv=tova", "protocol=multi_request")) == [("multi_request", "tova")]
