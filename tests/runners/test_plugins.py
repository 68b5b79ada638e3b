"""Parts that other packages announce as entry points."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalrun.core.errors import ConfigError, MissingExtraError
from evalrun.core.plugins import KINDS, RECIPES, all_plugins, plugins
from evalrun.core.registry import Registry
from evalrun.runners.plugin_list import _REGISTRIES, plugin_states, plugin_table

SCORERS = Registry("scorers", {"exact": "pathlib:Path"})


def install(folder: Path, name: str, entry_points: str, **modules: str) -> None:
    """Put a distribution, and its modules, where packages are found."""
    info = folder / f"{name}-2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2\n")
    (info / "entry_points.txt").write_text(entry_points)
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def refusal(registry: Registry, name: str) -> str:
    with pytest.raises(ConfigError) as caught:
        registry.load(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_a_plugin_announces_is_listed_and_imported_when_asked_for(packages: Path) -> None:
    install(packages, "apple", "[evalrun.scorers]\npeel = plugin_peel:Peel\n")
    assert SCORERS.names() == ["exact", "peel"]
    (packages / "plugin_peel.py").write_text("class Peel: ...\n")
    assert SCORERS.load("peel").__name__ == "Peel"


@pytest.mark.parametrize(
    ("module", "text", "reason"),
    [
        ("plugin_a", "import no_such_library\n", "ModuleNotFoundError: No module named"),
        ("plugin_b", "1 / 0\n", "ZeroDivisionError: division by zero"),
        ("plugin_c", "def (\n", "SyntaxError: "),
        ("plugin_d", "", "AttributeError: module 'plugin_d' has no attribute 'Peel'"),
        ("plugin_i", "raise SystemExit(3)\n", "SystemExit: 3"),
        ("plugin_e", "raise ValueError('two\\nlines')\n", "ValueError: two lines"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_one_line_that_names_it(
    packages: Path, module: str, text: str, reason: str
) -> None:
    install(packages, "apple", f"[evalrun.scorers]\npeel = {module}:Peel\n", **{module: text})
    line = refusal(SCORERS, "peel")
    told = f"plugin apple 2 does not work (evalrun.scorers: peel = {module}:Peel): "
    assert line.startswith(told + reason)


def test_a_plugin_may_say_itself_what_it_needs(packages: Path) -> None:
    text = (
        "from evalrun.core.errors import MissingExtraError\n"
        "raise MissingExtraError('peeling', 'knife')\n"
    )
    install(packages, "apple", "[evalrun.scorers]\npeel = plugin_f:Peel\n", plugin_f=text)
    with pytest.raises(MissingExtraError, match="peeling needs an extra"):
        SCORERS.load("peel")


def test_a_plugin_takes_the_place_of_no_part_of_evalrun(packages: Path) -> None:
    install(packages, "apple", "[evalrun.scorers]\nexact = plugin_g:Exact\n")
    assert SCORERS.load("exact") is Path
    told = "never used, evalrun has one of this name itself"
    assert ("apple 2", f"evalrun.scorers: exact = plugin_g:Exact: {told}") in plugin_states()


def test_two_plugins_of_one_name_are_both_told(packages: Path) -> None:
    for name in ("zebra", "apple"):
        install(packages, name, f"[evalrun.scorers]\npeel = {name}_peel:Peel\n")
    assert refusal(SCORERS, "peel") == (
        "scorers 'peel' is announced by apple 2 and zebra 2: uninstall one of them"
    )


def test_every_plugin_is_listed_without_importing_it(packages: Path) -> None:
    install(
        packages,
        "apple",
        "[evalrun.scorers]\npeel = plugin_h:Peel\n[evalrun.kv]\ncore = plugin_h:Core\n"
        "[evalrun.recipes]\napple = plugin_h_yaml\n",
        plugin_h="raise SystemExit\n",
    )
    assert {(p.kind, p.name) for p in all_plugins()} >= {
        ("scorers", "peel"),
        ("kv", "core"),
        (RECIPES, "apple"),
    }
    assert ("apple 2", "kv", "core", "plugin_h:Core") in plugin_table().rows
    assert [p.name for p in plugins("kv") if p.distribution == "apple 2"] == ["core"]


def test_every_kind_of_part_has_a_registry() -> None:
    assert set(_REGISTRIES) == set(KINDS) - {RECIPES}
