"""A card in a few lines, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ...core.card import Card, Cost, Faithful
from ...core.config import Config
from .facts import published, revisions
from .numbers import quantity, totals

_WIDTH = 98


def summary(config: Config, card: Card) -> str:
    """Return the card of a composed recipe as comments of YAML, which can stand before it."""
    lines = [
        line
        for heading, text in _told(config, card)
        for line in textwrap.wrap(
            f"{heading:<10}{text}",
            _WIDTH,
            subsequent_indent=" " * 10,
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]
    return "\n".join(f"# {line}" for line in lines)


def _told(config: Config, card: Card) -> Iterator[tuple[str, str]]:
    yield "recipe", config.recipe.title
    where = published(config, card)
    if where:
        yield "paper", where
    yield "measures", card.measures
    pinned = revisions(config)
    told = f" From {pinned}." if pinned else ""
    yield "data", f"{card.source} Licence: {card.licence}.{told}"
    if card.cost:
        yield "cost", _cost(card.cost)
    if card.faithful:
        yield "faithful", _faithful(card.faithful)


def _cost(cost: Cost) -> str:
    amounts = (
        f"{quantity(cost.requests)} requests",
        f"{quantity(cost.input_tokens)} input tokens",
        f"{quantity(cost.output_tokens)} output tokens",
    )
    return f"a full run: {', '.join(amounts)}. {cost.note}"


def _faithful(faithful: Faithful) -> str:
    cases, agreeing = totals(faithful.compared)
    told = f"{agreeing:,} of {cases:,} replies graded alike. " if cases else ""
    differences = "; ".join(difference.title for difference in faithful.differences)
    return f"{told}Prompts: {faithful.prompts}. Differs: {differences}."
