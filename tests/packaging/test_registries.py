"""Every name in a registry, and every option in the recipe tree, leads to a part that is there."""

from __future__ import annotations

import pytest
import yaml
from source_tree import ROOT

from evalrun.benchmarks.registry import BENCHMARKS
from evalrun.core.config import Options
from evalrun.core.registry import Registry
from evalrun.models.registry import KV_METHODS, MODELS
from evalrun.runners.protocols import PROTOCOLS
from evalrun.scorers.registry import SCORERS

SELECTORS = {
    "benchmark": ("name", BENCHMARKS),
    "kv": ("method", KV_METHODS),
    "model": ("engine", MODELS),
    "protocol": ("name", PROTOCOLS),
    "scorer": ("name", SCORERS),
}
NAMED_PARTS = [
    pytest.param(registry, name, id=f"{registry.kind} {name}")
    for _, registry in SELECTORS.values()
    for name in registry.builtin
]
GROUP_OPTIONS = [
    pytest.param(group, path.stem, id=f"{group}={path.stem}")
    for group in SELECTORS
    for path in sorted((ROOT / "recipes" / group).glob("*.yaml"))
]


@pytest.mark.parametrize(("registry", "name"), NAMED_PARTS)
def test_every_registered_part_can_be_imported_and_says_its_options(
    registry: Registry, name: str
) -> None:
    assert issubclass(registry.load(name).Options, Options)


@pytest.mark.parametrize(("group", "option"), GROUP_OPTIONS)
def test_every_option_of_the_recipe_tree_selects_a_registered_part(group: str, option: str) -> None:
    selector, registry = SELECTORS[group]
    section = yaml.safe_load((ROOT / "recipes" / group / f"{option}.yaml").read_text())
    assert section[selector] in registry.builtin
