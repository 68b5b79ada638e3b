"""Where recipes are looked for, and what happens to a name that is there twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evalrun.core.errors import ConfigError
from evalrun.runners.build import build_parts, takes_judge
from evalrun.runners.catalog import listing
from evalrun.runners.compose import Composer
from evalrun.runners.recipe_trees import TREE, broken_trees, search_path

MINE = """\
# @package _global_
defaults:
  - override /benchmark: file
  - override /scorer: includes
recipe: {name: mine, title: Mine}
"""


def write(folder: Path, **files: str) -> Path:
    """Write `group__name="text"` to `folder/group/name.yaml`."""
    for place, text in files.items():
        group, _, name = place.partition("__")
        (folder / group).mkdir(parents=True, exist_ok=True)
        (folder / group / f"{name}.yaml").write_text(text)
    return folder


def plugin(folder: Path, name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Announce recipes in `folder`, which is put where packages are found."""
    info = folder / f"{name}-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[evalrun.recipes]\n{name} = {value}\n")
    monkeypatch.syspath_prepend(str(folder))


def refusal(composer: Composer, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        composer.compose(overrides)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_recipes_are_those_of_evalrun_of_plugins_by_name_and_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("zebra", "apple"):
        write(tmp_path / name / f"{name}_yaml" / "tree", recipe__x=MINE)
        plugin(tmp_path / name, name, f"{name}_yaml.tree", monkeypatch)
    own = write(tmp_path / "own", recipe__mine=MINE)
    trees = search_path((own,))
    assert [tree.whose for tree in trees] == ["evalrun", "apple 1", "zebra 1", str(own)]
    assert trees[0].folder == TREE
    assert [tree.own for tree in trees] == [False, False, False, True]


def test_a_folder_that_a_plugin_announces_may_be_named_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = write(tmp_path / "apple_yaml", recipe__mine=MINE)
    plugin(tmp_path, "apple", "apple_yaml", monkeypatch)
    assert Composer((tree,)).compose(["recipe=mine"]).recipe.title == "Mine"


def test_the_packages_of_plugins_are_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "crashing_yaml" / "inner", recipe__mine=MINE)
    for folder in (tmp_path / "crashing_yaml", tmp_path / "crashing_yaml" / "inner"):
        (folder / "__init__.py").write_text("raise SystemExit(9)\n")
    plugin(tmp_path, "crashing", "crashing_yaml.inner", monkeypatch)
    assert Composer().compose(["recipe=mine"]).recipe.title == "Mine"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("nowhere_at_all.recipes", "no package named 'nowhere_at_all'"),
        ("email.recipes", "email.recipes is no package with YAML files"),
        ("this", "this is no package with YAML files"),
    ],
)
def test_a_plugin_without_its_folder_hinders_no_other_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    plugin(tmp_path, "broken", value, monkeypatch)
    [told] = broken_trees()
    assert told == (
        f"plugin broken 1 does not work (evalrun.recipes: broken = {value}): {reason}; "
        "mend or uninstall it"
    )
    assert Composer().compose(["recipe=quickstart"]).recipe.name == "quickstart"
    assert refusal(Composer(), "recipe=quikstart").endswith(told)


def test_a_name_that_is_defined_twice_is_refused_with_both_places(tmp_path: Path) -> None:
    own = write(tmp_path / "own", recipe__scbench=MINE)
    assert refusal(Composer((own,)), "recipe=scbench") == (
        f"recipe=scbench is defined twice: {TREE / 'recipe' / 'scbench.yaml'} (evalrun) and "
        f"{own / 'recipe' / 'scbench.yaml'} ({own}); give one another name"
    )


def test_a_name_that_defaults_choose_is_refused_as_well(tmp_path: Path) -> None:
    own = write(tmp_path / "own", recipe__mine=MINE, scorer__includes="name: exact\n")
    assert "scorer=includes is defined twice" in refusal(Composer((own,)), "recipe=mine")
    assert Composer((own,)).compose(["recipe=mine", "scorer=exact"]).scorer["name"] == "exact"


def test_the_model_of_a_role_may_not_be_defined_twice(tmp_path: Path) -> None:
    own = write(tmp_path / "own", model__openai="engine: constant\ntext: Yes.\n")
    overrides = ("recipe=logicom", "roles.persuader=openai")
    assert "model=openai is defined twice" in refusal(Composer((own,)), *overrides)


def test_other_recipes_do_not_mind_a_name_that_is_defined_twice(tmp_path: Path) -> None:
    own = write(tmp_path / "own", recipe__mine=MINE, model__llama3_8b="engine: constant\n")
    assert Composer((own,)).compose(["recipe=mine"]).recipe.name == "mine"


def test_listings_say_whose_each_recipe_is_and_show_what_is_faulty(tmp_path: Path) -> None:
    own = write(tmp_path / "own", recipe__mine=MINE, recipe__torn="recipe: {", recipe__file=MINE)
    table = listing(Composer((own,)), "recipes", tmp_path)
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["mine"] == ("Mine", str(own))
    assert rows["torn"][0].startswith("cannot be read: ")
    assert rows["scbench"][1] == "evalrun"
    assert rows["file"][1] == f"evalrun and {own}"


def test_with_evalruns_recipes_alone_listings_do_not_say_whose_they_are(tmp_path: Path) -> None:
    assert listing(Composer(), "recipes", tmp_path).header == ("name", "what")


def test_a_folder_without_recipes_is_told_with_the_nearest_that_has_some(tmp_path: Path) -> None:
    tree = write(tmp_path / "mine" / "recipes", recipe__mine=MINE)
    for wrong, near in (
        (tmp_path / "mine", tree),
        (tree / "recipe", tree),
        (tmp_path / "mine" / "recipe", tree),
    ):
        with pytest.raises(ConfigError, match="recipes") as caught:
            search_path((wrong,))
        assert str(caught.value).startswith(f"{wrong}: no ")
        assert str(caught.value).endswith(f"did you mean {near}?")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("benchmark: {_target_: os.mkdir, path: PLACE}", "unknown key 'benchmark._target_'"),
        ("scorer: {_target_: os.mkdir, _args_: [PLACE]}", "unknown key 'scorer._target_'"),
        ("benchmark: {path: !!python/object/apply:os.mkdir [PLACE]}", "constructor for the tag"),
    ],
)
def test_yaml_is_data_and_nothing_that_it_names_is_called(
    tmp_path: Path, text: str, message: str
) -> None:
    made = tmp_path / "made"
    write(tmp_path / "own", recipe__mine=MINE + text.replace("PLACE", str(made)) + "\n")
    with pytest.raises(ConfigError, match=re.escape(message)):
        build_all(Composer((tmp_path / "own",)))
    assert not made.exists()


def build_all(composer: Composer) -> None:
    config = composer.compose(["recipe=mine"])
    takes_judge(config)
    build_parts(config)


def test_settings_of_hydra_in_a_recipe_call_nothing(tmp_path: Path) -> None:
    made = tmp_path / "made"
    call = f"{{_target_: os.mkdir, path: {made}}}"
    text = f"{MINE}hydra: {{callbacks: {{mine: {call}}}}}\n"
    own = write(tmp_path / "own", recipe__mine=text)
    assert Composer((own,)).compose(["recipe=mine"]).recipe.name == "mine"
    assert not made.exists()
