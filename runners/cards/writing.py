"""All pages of all cards, and the folder that they are in."""

from __future__ import annotations

from pathlib import Path

from ..compose import Composer
from ..recipe_trees import TREE
from .faithfulness import faithfulness_page
from .index import index_page
from .page import page
from .reading import GROUP, read_card


def pages(composer: Composer) -> dict[str, str]:
    """Return the pages, by their paths in the folder of documents.

    They are those of evalrun's own cards, or of those in the user's folders where there are any.
    Raises ConfigError, DataError.
    """
    folders = composer.folders or (TREE,)
    names = {path.stem for folder in folders for path in (folder / GROUP).glob("*.yaml")}
    found = [read_card(composer, recipe) for recipe in sorted(names)]
    cards = [(composer.compose([f"recipe={t.recipe}"]), t) for t in found if t is not None]
    made = {f"recipes/{told.recipe}.md": page(composer, config, told) for config, told in cards}
    return {
        **made,
        "recipes/index.md": index_page(cards),
        "faithfulness.md": faithfulness_page(cards),
    }


def write_pages(composer: Composer, docs: Path) -> int:
    """Write the pages into `docs` and return how many there are."""
    made = pages(composer)
    for name, text in made.items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return len(made)
