"""Cards of recipes: `cards/<recipe>.yaml` of the shipped tree and of the user's folders."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import yaml

from ...core.card import Card
from ...core.errors import ConfigError
from ...core.options import to_options
from ..compose import Composer

GROUP = "cards"


class RecipeCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card and whose it is.

    A card that `extends` that of another recipe says only what differs: the fields `inherited` are
    the other's.
    """

    recipe: str
    card: Card
    extends: str | None
    inherited: frozenset[str]


def read_card(composer: Composer, recipe: str) -> RecipeCard | None:
    """Return the card of `recipe`, None without one. Raises ConfigError naming file and key."""
    if recipe not in composer.options(GROUP):
        return None
    own = _section(composer, recipe)
    extends = own.pop("extends", None)
    base = _base(composer, recipe, extends) if extends is not None else {}
    section = {**base, **own}
    return RecipeCard(
        recipe=recipe,
        card=to_options(section, Card, str(composer.file(GROUP, recipe))),
        extends=extends,
        inherited=frozenset(base) - frozenset(own),
    )


def _base(composer: Composer, recipe: str, extends: Any) -> dict[str, Any]:
    """Return the section of the card that another extends, without what is its page's alone."""
    place = f"{composer.file(GROUP, recipe)}: extends"
    if not isinstance(extends, str):
        raise ConfigError(f"{place}: the name of a recipe that has a card")
    if extends not in composer.options(GROUP):
        raise ConfigError(f"{place}: no card of {extends!r}")
    base = _section(composer, extends)
    if "extends" in base:
        raise ConfigError(f"{place}: the card of {extends!r} extends another itself")
    return {key: value for key, value in base.items() if key != "sections"}


def _section(composer: Composer, recipe: str) -> dict[str, Any]:
    path = composer.file(GROUP, recipe)
    try:
        section: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(section, dict):
        raise ConfigError(f"{path}: a card is a mapping of keys to values")
    return cast("dict[str, Any]", section)
