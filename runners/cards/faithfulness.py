"""The page that says of all recipes how far their scores are those of the published scorers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...core.card import Faithful
from ...core.config import Config
from .facts import revisions
from .markdown import code, paragraph, table
from .numbers import totals
from .reading import RecipeCard

NOTICE = "<!-- Made of recipes/cards/*.yaml by `make pages`: edit those. -->"

_WHAT_IT_SAYS = (
    "How far the scores of a recipe are those of the published scorer. A case is one reply graded "
    "by both; cases are replies of the authors where these are published, and otherwise generated "
    "ones: right, wrong, oddly formatted, malformed, empty. Official code was run aside, never "
    "copied. Prompts are evalrun's own wording unless a column says otherwise, since wordings of "
    "papers are not ours to ship; where a repository ships its prompts as files, `evalrun fetch` "
    "gets them and they are used. The page of a recipe says more."
)
_HEADER = ("recipe", "data revision", "prompts", "cases", "agreeing", "known differences")


def faithfulness_page(cards: Iterable[tuple[Config, RecipeCard]]) -> str:
    """Return the page on the cards that say of their own how faithful a composed recipe is."""
    rows = [
        _row(config, told.card.faithful)
        for config, told in cards
        if told.card.faithful is not None and "faithful" not in told.inherited
    ]
    parts = (NOTICE, "# Faithfulness", paragraph(_WHAT_IT_SAYS), table(_HEADER, rows))
    return "\n\n".join(parts) + "\n"


def _row(config: Config, faithful: Faithful) -> Sequence[str]:
    cases, agreeing = totals(faithful.compared)
    name = config.recipe.name
    return (
        f"[{code(name)}](recipes/{name}.md)",
        "; ".join(filter(None, (revisions(config), faithful.data))),
        faithful.prompts,
        f"{cases:,}" if cases else "none",
        f"{agreeing:,}" if cases else " ".join(faithful.agrees),
        "; ".join(difference.title for difference in faithful.differences),
    )
