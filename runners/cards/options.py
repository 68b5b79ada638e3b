"""The options of a recipe's parts, with what the comments of their YAML files say of them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any, Literal, cast

import msgspec
import yaml

from ...core.config import Config
from ..compose import Composer

Part = Literal["benchmark", "scorer"]

# What selects a part, and where its files come from and go: told elsewhere, or alike in all.
_LEFT_OUT = ("name", "fetch", "data_dir")

_LONGEST_DEFAULT = 40


class Option(msgspec.Struct, frozen=True):
    """A key of a part, the value that the recipe gives it, and what is said of it."""

    key: str
    default: Any
    comment: str


def options_of(composer: Composer, recipe: str, config: Config, part: Part) -> tuple[Option, ...]:
    """Return the options of a part of `recipe`, which is composed as `config`, in their order.

    Raises ConfigError for a part that no file describes.
    """
    chosen = choice(composer, recipe, part)
    section = config.benchmark if part == "benchmark" else config.scorer
    comments = key_comments(composer.file(part, chosen).read_text(encoding="utf-8"))
    return tuple(
        Option(key, value, comments.get(key, ""))
        for key, value in section.items()
        if key not in _LEFT_OUT
    )


def choice(composer: Composer, recipe: str, part: Part) -> str:
    """Return the name of the file of `part` that a recipe, or one that it builds on, chooses.

    Raises ConfigError without one.
    """
    text = composer.file("recipe", recipe).read_text(encoding="utf-8")
    defaults = cast("list[str | dict[str, str]]", yaml.safe_load(text).get("defaults", []))
    named: str | None = None
    for entry in defaults:
        if isinstance(entry, str):
            named = named if entry == "_self_" else choice(composer, entry, part)
        else:
            named = entry.get(f"override /{part}", named)
    return named or ""


def key_comments(text: str) -> dict[str, str]:
    """Return the comment that stands right above each top-level key of a YAML mapping."""
    lines = text.splitlines()
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return {}
    return {str(key.value): _above(lines, key.start_mark.line) for key, _ in root.value}


def default_text(value: Any) -> str:
    """Return a value as YAML writes it, cut where it is long."""
    text = value_text(value)
    return textwrap.shorten(text, _LONGEST_DEFAULT, placeholder=" ...") if " " in text else text


def value_text(value: Any) -> str:
    """Return a value as it is written in YAML, on one line."""
    if isinstance(value, Mapping):
        section = cast("Mapping[str, Any]", value)
        return ", ".join(f"{key}: {value_text(one)}" for key, one in section.items()) or "{}"
    plain = isinstance(value, str) and value == value.strip() != "" and "\n" not in value
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _above(lines: list[str], index: int) -> str:
    found: list[str] = []
    while index and lines[index - 1].startswith("#"):
        index -= 1
        found.insert(0, lines[index].lstrip("# ").rstrip())
    return " ".join(found)
