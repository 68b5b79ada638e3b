"""Recipes and overrides: what is valid, and one clear line for what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalrun.core.errors import ConfigError
from evalrun.runners.build import build_parts
from evalrun.runners.compose import Composer

FILE = ("recipe=file", "benchmark.path=rows.jsonl")
composer = Composer()


def error_of(*overrides: str, composer: Composer = composer) -> str:
    with pytest.raises(ConfigError) as caught:
        composer.expand(list(overrides))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_recipe_picks_benchmark_protocol_and_scorer() -> None:
    config = composer.compose(["recipe=scbench", "model=llama3-8b"])
    assert config.recipe.name == "scbench"
    assert config.benchmark["name"] == "scbench"
    assert config.protocol["name"] == "multi_turn"
    assert config.scorer["name"] == "scbench"
    assert config.model["name"] == "llama3-8b"
    assert config.kv["method"] == "full"


def test_what_the_user_says_wins_over_the_recipe() -> None:
    config = composer.compose([*FILE, "scorer=includes", "run.limit=3", "protocol=multi_turn"])
    assert config.scorer["name"] == "includes"
    assert config.run.limit == 3
    assert config.protocol["name"] == "multi_turn"


def test_the_benchmark_follows_the_protocol() -> None:
    config = composer.compose(["recipe=scbench", "protocol=multi_request"])
    assert config.benchmark["mode"] == "multi_request"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("recipe=scbnch", "unknown recipe 'scbnch': did you mean 'scbench'?"),
        ("model=lama3-8b", "unknown model 'lama3-8b': did you mean 'llama3-8b'?"),
        ("kv=snapvk", "unknown kv 'snapvk': did you mean 'snapkv'?"),
        ("modle=smollm2", "unknown key 'modle': did you mean 'model'?"),
        ("run.limt=3", "unknown key 'run.limt': did you mean 'limit'?"),
        ("run.limit=many", "run.limit: expected int | null, got str"),
        ("run.limit=0", "run.limit: expected int >= 1"),
        ("run.save_inputs=some", "run.save_inputs: invalid enum value 'some'"),
        ("table.weighting=rows", "table.weighting: invalid enum value 'rows'"),
        ("run.limit", "'run.limit' is not an override: write key=value"),
        ("run.limit=1,2", "run.limit: expected int | null, got array"),
        ("kv=full,snapkv", "kv=full,snapkv: several runs need --multirun"),
        ("~run.limit", "'~run.limit' is not an override: write key=value"),
        ("~run=x", "~run=x: keys cannot be deleted"),
        ("launcher=slum", "unknown launcher 'slum': did you mean 'slurm'?"),
        ("protocol=[a,b]", "protocol=[a,b]: protocol takes the name of one protocol"),
    ],
)
def test_a_wrong_override_is_one_line_with_the_nearest_valid_name(
    override: str, message: str
) -> None:
    assert error_of("recipe=file", override) == message


def test_without_a_recipe_the_way_out_is_named() -> None:
    assert error_of("model=smollm2") == (
        "no recipe: say recipe=NAME; `evalrun ls recipes` lists them"
    )


def test_unbalanced_syntax_is_one_line() -> None:
    assert "run.limit=[1" in error_of("recipe=file", "run.limit=[1")


def test_several_values_are_every_combination() -> None:
    configs = composer.expand(
        [*FILE, "kv=full,snapkv", "run.seed=1,2"],
        multirun=True,
    )
    assert [(c.kv["method"], c.run.seed) for c in configs] == [
        ("full", 1),
        ("full", 2),
        ("snapkv", 1),
        ("snapkv", 2),
    ]


def test_without_multirun_several_values_are_a_list() -> None:
    config = composer.expand(["recipe=scbench", "benchmark.task=kv,vt"])[0]
    assert config.benchmark["task"] == ["kv", "vt"]


def test_a_recipe_may_sweep_and_the_user_may_fix_an_axis() -> None:
    assert len(composer.expand(["recipe=quickstart"])) == 12
    fixed = composer.expand(["recipe=quickstart", "kv=tova"])
    assert [(c.kv["method"], c.protocol["name"]) for c in fixed] == [
        ("tova", "multi_turn"),
        ("tova", "multi_request"),
    ]


def write_recipe(folder: Path, text: str) -> Composer:
    (folder / "recipe").mkdir()
    (folder / "recipe" / "mine.yaml").write_text(text)
    return Composer((folder,))


MINE = """\
# @package _global_
defaults:
  - override /benchmark: file
  - override /scorer: exact
recipe: {name: mine, title: Mine}
"""


def test_a_folder_of_the_users_own_recipes_stands_beside_the_shipped_ones(tmp_path: Path) -> None:
    folder = tmp_path / "my own, (odd) recipes"
    folder.mkdir()
    mine = write_recipe(folder, MINE)
    assert mine.compose(["recipe=mine", "benchmark.path=x.jsonl"]).recipe.title == "Mine"
    assert "mine" in mine.options("recipe")
    assert "scbench" in mine.options("recipe")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (MINE + "run: {limit: [}\n", "mine"),
        (MINE + "rnu: {limit: 1}\n", "unknown key 'rnu': did you mean 'run'?"),
        (MINE.replace("exact", "exat"), "scorer/exat"),
        (MINE + "run: {limit: '${nowhere.at.all}'}\n", "nowhere"),
        (MINE + "model: {_target_: os.system}\n", "unknown key"),
    ],
)
def test_a_faulty_recipe_of_the_users_own_is_one_line(tmp_path: Path, text: str, part: str) -> None:
    mine = write_recipe(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        build_parts(mine.compose(["recipe=mine", "benchmark.path=x.jsonl"]))
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)
