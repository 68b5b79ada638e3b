"""Composing the options of a choice once gives what Hydra gives of all overrides together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from hypothesis import example, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from evalrun.core.errors import ConfigError
from evalrun.runners.composition import DEFAULTS, Composition
from evalrun.runners.recipe_trees import TREE

CHOICES = [
    ["recipe=file", "model=recorded"],
    ["recipe=quickstart", "model=smollm2"],
    ["recipe=scbench", "model=llama3-8b", "kv=[]", "+kv@kv.parts.snapkv=snapkv"],
    ["recipe=file", "+model@roles.critic=recorded"],
]
KEYS = [
    "run.limit",
    "run.seed",
    "run.limit.deeper",
    "generation.stop",
    "generation.temperature",
    "generation.stop.0",
    "generation.new.deeper",
    "model.name",
    "model.new",
    "model.new.deeper",
    "kv.method",
    "kv.parts.snapkv.budget",
    "roles.critic.name",
    "benchmark.task",
    "benchmark",
    "table.groups",
    "selfcheck",
    "outputs",
]
VALUES = [
    "1",
    "0.5",
    "null",
    "true",
    "word",
    "'quoted, text'",
    "[]",
    "[a,b]",
    "{a:1}",
    "{a:{b:[1,2]}}",
    "${run.seed}",
    "${model.name}",
    "${absent.key}",
    "???",
    "''",
]
OVERRIDES = st.builds("++{}={}".format, st.sampled_from(KEYS), st.sampled_from(VALUES))
COMPOSITION = Composition(TREE, [], lambda _: None)


def by_hydra_alone(overrides: list[str]) -> Any:
    """Return what Hydra makes of all overrides, None where that is an error."""
    try:
        with initialize_config_dir(str(TREE), version_base="1.3"):
            tree = OmegaConf.merge(DEFAULTS, compose("config", overrides))
        return OmegaConf.to_container(tree, resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException):
        return None


def composed(overrides: list[str]) -> Any:
    try:
        return COMPOSITION.composed(overrides)
    except ConfigError:
        return None


@settings(max_examples=60, deadline=None)
@example(["recipe=file", "model=recorded"], ["++run.limit=???"])
@given(st.sampled_from(CHOICES), st.lists(OVERRIDES, max_size=5))
def test_settings_are_made_as_hydra_makes_them(chosen: list[str], changed: list[str]) -> None:
    overrides = [*changed[:2], *chosen, *changed[2:]]
    assert composed(overrides) == by_hydra_alone(overrides)


def test_a_choice_is_composed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    composition = Composition(TREE, [], lambda _: None)
    first = composition.composed(["recipe=file", "model=recorded", "++run.seed=1"])
    monkeypatch.setattr("hydra.compose", None)
    second = composition.composed(["recipe=file", "model=recorded", "++run.seed=2"])
    assert (first["run"]["seed"], second["run"]["seed"]) == (1, 2)
    assert {**first, "run": None} == {**second, "run": None}


def test_one_configuration_does_not_leak_into_the_next() -> None:
    composition = Composition(TREE, [], lambda _: None)
    chosen = ["recipe=file", "model=recorded"]
    plain = composition.composed(chosen)
    composition.composed([*chosen, "++model.new.deeper=1", "++table.groups={a:[b]}"])
    assert composition.composed(chosen) == plain


def test_a_recipe_may_refer_to_what_is_set_later(tmp_path: Path) -> None:
    folder = tmp_path / "recipe"
    folder.mkdir()
    text = "# @package _global_\nrecipe: {name: r, title: t}\nbenchmark: {seed: '${run.seed}'}\n"
    (folder / "referring.yaml").write_text(text, encoding="utf-8")
    composition = Composition(TREE, [tmp_path], lambda _: None)
    seeds = [
        composition.composed(["recipe=referring", "model=recorded", f"++run.seed={seed}"])
        for seed in (3, 4)
    ]
    assert [one["benchmark"]["seed"] for one in seeds] == [3, 4]
