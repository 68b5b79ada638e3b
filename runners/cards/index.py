"""The page that lists all recipes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from ...core.card import Family
from ...core.config import Config
from .facts import year
from .markdown import code, paragraph, table
from .reading import RecipeCard

NOTICE = "<!-- Made of recipes/cards/*.yaml and the recipes by `make pages`: edit those. -->"

_WHAT_IT_LISTS = (
    "A recipe composes a benchmark, a protocol, a scorer and a table. Each has a page that says "
    "what it measures, how it is run and what a run costs, and how faithful its scores are to the "
    "published ones; `evalrun show NAME` prints the head of it. Any model and any KV method goes "
    "with any recipe: see [configuration](../configuration.md)."
)
_HEADER = ("recipe", "what it is", "year", "run it")


def index_page(cards: Sequence[tuple[Config, RecipeCard]]) -> str:
    """Return the page on composed recipes with their cards, by family."""
    parts = [NOTICE, "# Recipes", paragraph(_WHAT_IT_LISTS)]
    for family in get_args(Family):
        rows = [_row(config, told) for config, told in cards if told.card.family == family]
        if rows:
            parts += [f"## {family}", table(_HEADER, rows)]
    return "\n\n".join(parts) + "\n"


def _row(config: Config, told: RecipeCard) -> Sequence[str]:
    name = told.recipe
    link = f"[{code(name)}]({name}.md)"
    return link, config.recipe.title, year(config, told.card), code(told.card.commands[0].run)
