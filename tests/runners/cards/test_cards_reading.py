"""Cards from YAML files: the shipped ones, those of a user, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalrun.core.errors import ConfigError
from evalrun.core.source import FileSource
from evalrun.runners.cards.facts import headings, place, revision, revisions, settings
from evalrun.runners.cards.options import key_comments, options_of, value_text
from evalrun.runners.cards.reading import read_card
from evalrun.runners.cards.summary import summary
from evalrun.runners.cards.writing import pages
from evalrun.runners.compose import Composer

RECIPE = """\
# @package _global_
defaults:
  - override /benchmark: file
  - override /scorer: exact
recipe: {name: capitals, title: Capital cities}
"""
CARD = """\
measures: Whether a model knows capital cities.
commands: [{run: evalrun recipe=capitals ..., note: all of them}]
tasks: [{names: [file], asks: a capital, rows: 2}]
licence: CC0-1.0
source: An atlas.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a recipe and its card."""
    for group, text in (("recipe", RECIPE), ("cards", CARD)):
        (tmp_path / group).mkdir()
        (tmp_path / group / "capitals.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def rewrite(folder: Path, text: str) -> Composer:
    (folder / "cards" / "capitals.yaml").write_text(text, encoding="utf-8")
    return Composer((folder,))


def test_a_card_of_the_user_is_read_beside_the_shipped_ones(folder: Path) -> None:
    told = read_card(Composer((folder,)), "capitals")
    assert told is not None
    assert told.card.licence == "CC0-1.0"
    assert told.card.faithful is None
    assert read_card(Composer((folder,)), "scbench") is not None


def test_a_recipe_without_a_card_has_none(folder: Path) -> None:
    (folder / "cards" / "capitals.yaml").unlink()
    assert read_card(Composer((folder,)), "capitals") is None


def test_only_the_pages_of_the_users_cards_are_made_from_their_folder(folder: Path) -> None:
    made = pages(Composer((folder,)))
    assert set(made) == {"recipes/capitals.md", "recipes/index.md", "faithfulness.md"}
    page = made["recipes/capitals.md"]
    assert "# Capital cities" in page
    assert "An atlas. Licence: CC0-1.0." in page
    assert "How faithful" not in page


def test_a_card_that_extends_another_says_only_what_differs(folder: Path) -> None:
    composer = rewrite(folder, "extends: scbench\nmeasures: The same, otherwise.\n")
    told, base = read_card(composer, "capitals"), read_card(composer, "scbench")
    assert told is not None
    assert base is not None
    assert told.card.measures == "The same, otherwise."
    assert told.card.faithful == base.card.faithful
    # Sections belong to the page of the other recipe.
    assert told.card.sections == ()
    assert "faithful" in told.inherited
    assert "measures" not in told.inherited


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CARD.replace("licence", "license"), "license"),
        (CARD.replace("CC0-1.0", "''"), "licence: expected str of length >= 1"),
        (CARD.replace("rows: 2", "rows: 0"), "tasks[0].rows"),
        (CARD + "faithful: {prompts: ours}", "faithful"),
        ("measures: a: b", "mapping values are not allowed"),
        ("- a list", "a card is a mapping"),
        ("extends: nothing\n" + CARD, "no card of 'nothing'"),
        ("extends: [scbench]\n" + CARD, "the name of a recipe"),
        ("extends: windowkv\n" + CARD, "the card of 'windowkv' extends another itself"),
    ],
)
def test_a_faulty_card_is_refused_in_one_line_that_names_the_file(
    folder: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        read_card(rewrite(folder, text), "capitals")
    told = str(raised.value)
    assert "capitals.yaml" in told
    assert message in told
    assert "\n" not in told


def test_the_comment_right_above_a_key_is_its_own() -> None:
    text = "# of the file\n\n# of a,\n# in two lines\na: |\n  # no comment\n  b: text\nb: 1\n"
    assert key_comments(text) == {"a": "of a, in two lines", "b": ""}


def test_options_have_the_values_of_the_recipe_and_the_comments_of_the_benchmark() -> None:
    composer = Composer()
    config = composer.compose(["recipe=quickstart_kv"])
    options = {o.key: o for o in options_of(composer, "quickstart_kv", config, "benchmark")}
    # The recipe builds on another, which chooses the benchmark.
    assert options["rows"].default == 6
    assert options["rows"].comment.startswith("contexts a task")


def test_where_files_come_from_and_go_to_is_no_option() -> None:
    composer = Composer()
    config = composer.compose(["recipe=acpbench"])
    keys = {option.key for option in options_of(composer, "acpbench", config, "benchmark")}
    assert not keys & {"name", "fetch", "data_dir"}
    assert "task" in keys


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("all", "all"),
        (None, "null"),
        (True, "true"),
        (0.5, "0.5"),
        ("\n", '"\\n"'),
        ([3, 5], "[3, 5]"),
        ({"start": 1}, "start: 1"),
    ],
)
def test_values_are_written_as_in_yaml(value: object, text: str) -> None:
    assert value_text(value) == text


def test_settings_are_what_the_recipe_sets_apart_from_defaults() -> None:
    told = dict(settings(Composer().compose(["recipe=simplebench"])))
    assert told["run.epochs"] == 5
    assert told["generation.temperature"] == 0.7
    assert "run.retries" not in told


def test_repositories_of_one_revision_share_it_and_commits_are_short() -> None:
    composer = Composer()
    assert revisions(composer.compose(["recipe=acpbench"])) == "IBM/ACPBench at 2ed9c92"
    several = revisions(composer.compose(["recipe=livebench"]))
    assert several.startswith("livebench/reasoning, livebench/math, ")
    assert several.endswith(" at main")


def test_files_of_a_web_server_are_pinned_by_checksums() -> None:
    source = FileSource(url="https://example.org/rows", files=("a.tsv",), md5={"a.tsv": "0" * 32})
    assert place(source) == "https://example.org/rows (web server)"
    assert revision(source) == "fixed checksums"


def test_columns_stand_under_their_headings_and_hidden_ones_nowhere() -> None:
    layouts = Composer().compose(["recipe=tmgbench"]).table.layouts
    assert dict(headings(layouts["story"].columns))[None][0] == "PAR"
    under = [heading for heading, _ in headings(layouts["composed"].columns)]
    assert under == ["sequential", "parallel", "nested"]


def test_a_summary_is_a_comment_of_yaml(folder: Path) -> None:
    composer = Composer((folder,))
    told = read_card(composer, "capitals")
    assert told is not None
    lines = summary(composer.compose(["recipe=capitals"]), told.card).splitlines()
    assert all(line.startswith("# ") for line in lines)
    assert "# measures  Whether a model knows capital cities." in lines
