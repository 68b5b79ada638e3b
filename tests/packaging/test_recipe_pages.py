"""Cards of the shipped recipes are whole and true, and the pages that are made of them current."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from source_tree import ROOT

from evalrun.benchmarks.registry import BENCHMARKS
from evalrun.core.card import Card, Family
from evalrun.core.config import Config
from evalrun.core.options import to_options
from evalrun.runners.cards.facts import year
from evalrun.runners.cards.reading import GROUP, RecipeCard, read_card
from evalrun.runners.cards.writing import pages
from evalrun.runners.compose import Composer

DOCS = ROOT / "docs"
COMPOSER = Composer()
RECIPES = COMPOSER.options("recipe")
CARDS = COMPOSER.options(GROUP)
PAGES = ["faithfulness.md", "recipes/index.md", *(f"recipes/{recipe}.md" for recipe in CARDS)]
REMEDY = "docs are made of recipes/cards: run `python -m evalrun.runners.cards docs`"
NOT_OVERRIDES = ("rows=", "predictions=", "search=")


@cache
def composed(recipe: str) -> Config:
    return COMPOSER.compose([f"recipe={recipe}"])


@cache
def made() -> dict[str, str]:
    return pages(COMPOSER)


@cache
def card_of(recipe: str) -> RecipeCard:
    told = read_card(COMPOSER, recipe)
    assert told is not None, f"{recipe} has no card"
    return told


def tasks_of(recipe: str) -> list[str]:
    return [name for task in card_of(recipe).card.tasks for name in task.names]


def commands_on(page: str) -> list[list[str]]:
    """Return the arguments of every `evalrun` command in the blocks of a page."""
    blocks = re.findall(r"^```\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    words = (shlex.split(line, comments=True) for line in lines)
    return [line[1:] for line in words if line[:1] == ["evalrun"]]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_current(name: str) -> None:
    path = DOCS / name
    assert path.is_file(), REMEDY
    assert path.read_text(encoding="utf-8") == made()[name], f"{path}: {REMEDY}"


def test_every_recipe_has_a_card() -> None:
    assert set(RECIPES) == set(CARDS), "write recipes/cards/<recipe>.yaml; core/card.py says how"


def test_there_is_a_page_of_every_card_and_of_nothing_else() -> None:
    there = {f"recipes/{path.name}" for path in (DOCS / "recipes").iterdir()}
    assert {*there, "faithfulness.md"} == set(PAGES) == set(made())


@pytest.mark.parametrize("recipe", [name for name in CARDS if composed(name).recipe.paper])
def test_the_card_of_a_recipe_with_a_paper_tells_everything(recipe: str) -> None:
    told = card_of(recipe)
    assert told.card.cost is not None
    assert told.card.faithful is not None
    assert told.card.faithful.compared or told.card.faithful.agrees
    numbers = any(layout.reported for layout in composed(recipe).table.layouts.values())
    assert numbers or told.card.reported, "say why there are no reported numbers"
    assert not list(empty_fields(msgspec.to_builtins(told.card), recipe))


def empty_fields(value: Any, place: str) -> Iterator[str]:
    """Yield the places of texts without letters; what may be left out is None or ()."""
    if isinstance(value, dict | list | tuple):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from empty_fields(inner, f"{place}.{key}")
    elif isinstance(value, str) and not value.strip():
        yield place


@pytest.mark.parametrize("recipe", CARDS)
def test_a_benchmark_takes_the_tasks_that_its_card_names(recipe: str) -> None:
    section = composed(recipe).benchmark
    benchmark = BENCHMARKS.load(section["name"])
    for name in tasks_of(recipe) if "task" in section else ():
        # Raises ConfigError for a task that is not known.
        benchmark(to_options({**section, "task": name}, benchmark.Options))


@pytest.mark.parametrize("recipe", CARDS)
def test_a_card_names_every_task_of_the_recipes_tables(recipe: str) -> None:
    table = composed(recipe).table
    named = {task for group in table.groups.values() for task in group}
    for layout in table.layouts.values():
        for column in layout.columns:
            chosen = column.where.get("task", ())
            named |= set(chosen) if isinstance(chosen, tuple) else {str(chosen)}
    assert named <= set(tasks_of(recipe))


@pytest.mark.parametrize("recipe", CARDS)
def test_no_more_cases_agree_than_were_compared(recipe: str) -> None:
    faithful = card_of(recipe).card.faithful
    for compared in faithful.compared if faithful else ():
        assert compared.agreeing <= compared.cases


@pytest.mark.parametrize("recipe", CARDS)
def test_a_card_names_extras_that_are_declared(recipe: str) -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = set(re.findall(r"^(\w+) = \[", text, flags=re.MULTILINE))
    assert set(card_of(recipe).card.extras) <= declared


def test_the_list_of_recipes_has_every_one_in_its_family() -> None:
    listed = made()["recipes/index.md"]
    families = dict(
        re.findall(r"^## ([^\n]+)\n\n(.*?)(?=^## |\Z)", listed, re.MULTILINE | re.DOTALL)
    )
    for recipe in RECIPES:
        assert f"| [`{recipe}`]({recipe}.md) |" in families[card_of(recipe).card.family]
    assert list(families) == [one for one in get_args(Family) if one in families]


@pytest.mark.parametrize(
    ("paper", "citation", "expected"),
    [
        ("arXiv 2412.10319", None, "2024"),
        ("arXiv 2412.10319", "ICLR 2025", "2025"),
        ("arXiv 2010.12345", None, "2020"),
        ("ICLR 2026", None, "2026"),
        (None, "someone, at some time", ""),
        (None, None, ""),
    ],
)
def test_the_year_of_a_recipe_is_that_of_its_publication(
    paper: str | None, citation: str | None, expected: str
) -> None:
    config = composed("scbench")
    recipe = msgspec.structs.replace(config.recipe, paper=paper)
    card = msgspec.structs.replace(card_of("scbench").card, citation=citation)
    assert year(msgspec.structs.replace(config, recipe=recipe), card) == expected


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_a_page_composes(name: str) -> None:
    for arguments in commands_on(made()[name]):
        overrides = [a for a in arguments if "=" in a and not a.startswith(NOT_OVERRIDES)]
        if not any(override.startswith("recipe=") for override in overrides):
            continue
        # A whole sweep takes seconds; only values with commas need it.
        if any("," in override for override in overrides):
            assert COMPOSER.expand(overrides, multirun="--multirun" in arguments)
        else:
            assert COMPOSER.compose(overrides)


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_somewhere(name: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", made()[name]):
        assert "://" in link or (DOCS / name).parent.joinpath(Path(link)).exists(), link


@pytest.mark.parametrize("name", PAGES)
def test_the_lines_of_a_page_can_be_read(name: str) -> None:
    lines = made()[name].splitlines()
    assert not [line for line in lines if len(line) > 140 and not line.startswith("|")]


def test_a_card_that_extends_another_repeats_nothing_of_it() -> None:
    for told in map(card_of, CARDS):
        if told.extends is None:
            continue
        base = card_of(told.extends).card
        own = set(Card.__struct_fields__) - told.inherited - {"sections"}
        for field in own:
            value = getattr(told.card, field)
            assert not value or value != getattr(base, field), (told.recipe, field)
