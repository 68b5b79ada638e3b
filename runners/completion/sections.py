"""What a configuration will hold, read from the YAML files alone: Hydra takes too long for a TAB.

Interpolations stay as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import yaml

from ...core.config import Generation, RunOptions, TableOptions
from ...core.errors import ConfigError
from ...core.safe_yaml import LOADER, load_yaml
from ..compose import GROUPS, Composer
from ..recipe_trees import TREE

SCHEMAS: Mapping[str, type[msgspec.Struct]] = {
    "run": RunOptions,
    "generation": Generation,
    "table": TableOptions,
}
_HERE = re.compile(r"/?(?P<group>\w+)/(?P<name>[\w.-]+)@_here_")


def chosen(composer: Composer, group: str, overrides: Sequence[str]) -> list[str]:
    """Return the options of `group` that `overrides`, else the recipe, else the tree choose."""
    for override in reversed(overrides):
        key, equals, value = override.partition("=")
        if equals and key == group:
            return [name.strip() for name in value.strip("[]").split(",") if name.strip()]
    choices = _tree_choices()
    for recipe in chosen(composer, "recipe", overrides) if group != "recipe" else ():
        choices |= _recipe_choices(composer, recipe)
    name = choices.get(group)
    return [name] if name and name != "???" else []


def section(composer: Composer, name: str, overrides: Sequence[str]) -> dict[str, Any]:
    """Return the section called `name`: of all the options chosen, and of the recipe."""
    found: dict[str, Any] = {}
    if name in SCHEMAS:
        found = cast("dict[str, Any]", msgspec.to_builtins(SCHEMAS[name]()))
    for option in chosen(composer, name, overrides) if name in GROUPS else ():
        found = _merged(found, option_section(composer, name, option))
    for recipe in chosen(composer, "recipe", overrides):
        found = _merged(found, _recipe_section(composer, recipe, name))
    return found


def option_section(composer: Composer, group: str, name: str) -> dict[str, Any]:
    """Return what an option's file says, that of the options it is based on included."""
    content = _content(composer, group, name)
    merged: dict[str, Any] = {}
    for entry in _defaults(content):
        based = _HERE.fullmatch(entry) if isinstance(entry, str) else None
        if based is not None:
            merged = _merged(merged, option_section(composer, based["group"], based["name"]))
    return _merged(merged, {key: value for key, value in content.items() if key != "defaults"})


def title(path: Path) -> str:
    """Return the title that a recipe's file gives, or "", without reading what follows it."""
    wanted = False
    try:
        with path.open(encoding="utf-8") as file:
            for event in yaml.parse(file, LOADER):
                if isinstance(event, yaml.ScalarEvent):
                    if wanted:
                        return str(event.value)
                    wanted = event.value == "title"
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        pass
    return ""


def remark(path: Path) -> str:
    """Return the comment that an option's file begins with, or ""."""
    try:
        with path.open(encoding="utf-8") as file:
            first = file.readline()
    except (OSError, UnicodeDecodeError):
        return ""
    return first.lstrip("#").strip() if first.startswith("#") else ""


def _recipe_section(composer: Composer, recipe: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for content in _recipe_files(composer, recipe):
        own = content.get(name)
        if isinstance(own, dict):
            found = _merged(found, cast("dict[str, Any]", own))
    return found


def _recipe_choices(composer: Composer, recipe: str) -> dict[str, str]:
    """Return the option of each group that a recipe, or one it is based on, chooses."""
    choices: dict[str, str] = {}
    for content in _recipe_files(composer, recipe):
        for entry in _defaults(content):
            if isinstance(entry, Mapping):
                for key, name in cast("Mapping[str, Any]", entry).items():
                    choices[key.removeprefix("override").strip().lstrip("/")] = str(name)
    return choices


def _recipe_files(composer: Composer, recipe: str) -> Iterator[dict[str, Any]]:
    """Yield what a recipe's file says, after those of the recipes that it is based on."""
    content = _content(composer, "recipe", recipe)
    for entry in _defaults(content):
        if isinstance(entry, str) and entry not in ("_self_", recipe):
            yield from _recipe_files(composer, entry)
    yield content


def _tree_choices() -> dict[str, str]:
    entries = _defaults(_read(TREE / "config.yaml"))
    named = (entry for entry in entries if isinstance(entry, Mapping))
    return {
        key: name
        for entry in named
        for key, name in cast("Mapping[str, Any]", entry).items()
        if isinstance(name, str)
    }


def _defaults(content: Mapping[str, Any]) -> list[Any]:
    entries = content.get("defaults")
    return cast("list[Any]", entries) if isinstance(entries, list) else []


def _content(composer: Composer, group: str, name: str) -> dict[str, Any]:
    try:
        return _read(composer.file(group, name))
    except ConfigError:
        return {}


def _read(path: Path) -> dict[str, Any]:
    """Return a file's mapping; of a file that cannot be read, nothing is offered."""
    try:
        content = load_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        both = isinstance(under, dict) and isinstance(value, dict)
        result[key] = _merged(cast("dict[str, Any]", under), value) if both else value
    return result
