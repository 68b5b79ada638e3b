"""The recipes of scorers offer every option, with the default that the code has."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml

from evalrun.scorers.registry import SCORERS

RECIPES = Path(__file__).resolve().parents[2] / "recipes" / "scorer"


@pytest.mark.parametrize("name", sorted(SCORERS.builtin))
def test_a_recipe_lists_all_options_of_its_scorer(name):
    options = SCORERS.load(name).Options
    section = yaml.safe_load((RECIPES / f"{name}.yaml").read_text())
    assert set(section) == {field.name for field in msgspec.structs.fields(options)}
    assert msgspec.convert(section, options) == options()
    assert section["name"] == name


def test_every_recipe_has_its_scorer():
    assert {path.stem for path in RECIPES.glob("*.yaml")} == set(SCORERS.builtin)
