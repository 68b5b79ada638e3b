"""What `evalrun agreement` takes at the cursor: its recipes and their options are a group apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..compose import Composer
from .grammar import Candidate
from .overrides import options
from .paths import paths
from .sections import option_section

_GROUP = "agreement"


def agreement(typed: str, composer: Composer, given: Sequence[str]) -> Iterator[Candidate]:
    """Yield what `typed` may become after the arguments `given`: an option, or a source's path."""
    if typed.startswith("recipe="):
        for one in options(_GROUP, composer):
            yield Candidate(f"recipe={one.word}", one.help)
        return
    recipes = [word.partition("=")[2] for word in given if word.startswith("recipe=")]
    if not recipes:
        yield Candidate("recipe=")
    for name in recipes:
        section = option_section(composer, _GROUP, name)
        yield from (Candidate(f"{key}=") for key in section if key != "recipe")
    yield from paths(typed)
