"""All pages of all cards, and the folder that they are in."""

from __future__ import annotations

from pathlib import Path

from ..compose import Composer
from .faithfulness import faithfulness_page
from .page import page
from .reading import GROUP, read_card


def pages(composer: Composer) -> dict[str, str]:
    """Return the pages, by their paths in the folder of documents.

    They are those of the shipped cards, or of those in the user's folders where there are any.
    Raises ConfigError, DataError.
    """
    own = {path.stem for folder in composer.folders for path in (folder / GROUP).glob("*.yaml")}
    names = sorted(own) if composer.folders else composer.options(GROUP)
    found = [read_card(composer, recipe) for recipe in names]
    cards = [(composer.compose([f"recipe={t.recipe}"]), t) for t in found if t is not None]
    made = {f"recipes/{told.recipe}.md": page(composer, config, told) for config, told in cards}
    return {**made, "faithfulness.md": faithfulness_page(cards)}


def write_pages(composer: Composer, docs: Path) -> int:
    """Write the pages into `docs` and return how many there are."""
    made = pages(composer)
    for name, text in made.items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return len(made)
