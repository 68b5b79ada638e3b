"""Recipes and overrides to validated configurations, through Hydra."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from ..core.config import Config
from ..core.errors import ConfigError
from ..core.options import to_options
from ..core.suggest import did_you_mean
from .composition import Composition
from .kv_list import hydra_overrides, names_listed, settled
from .recipe_trees import TREE, Tree, broken_trees, search_path
from .secret_variables import mask_keys_of

GROUPS = (
    "recipe",
    "benchmark",
    "protocol",
    "model",
    "kv",
    "scorer",
    "judge",
    "sandbox",
    "launcher",
)


class Composer:
    """Composes runs from evalrun's recipe tree, those of plugins, and folders of the user's own.

    What was read of them once is not read again.
    """

    def __init__(self, folders: tuple[Path, ...] = ()) -> None:
        """Look where recipes are. Raises ConfigError for a folder without any."""
        self.folders = folders
        self.trees = search_path(folders)
        others = [tree.folder for tree in self.trees if tree.folder != TREE]
        self._composition = Composition(TREE, others, self._refuse_twice_defined)

    def options(self, group: str) -> list[str]:
        """Return the names that `group` can be set to, without reading any file."""
        return sorted({path.stem for tree in self.trees for path in tree.files(group)})

    def places(self, group: str, name: str) -> list[tuple[Tree, Path]]:
        """Return the trees that have an option, each with its YAML file."""
        return [(t, path) for t in self.trees for path in t.files(group) if path.stem == name]

    def file(self, group: str, name: str) -> Path:
        """Return the YAML file of one option.

        Raises ConfigError with the nearest name, or both places of a name that is defined twice.
        """
        places = self.places(group, name)
        if not places:
            raise self._unknown(group, name)
        if len(places) > 1:
            told = " and ".join(f"{path} ({tree.whose})" for tree, path in places)
            raise ConfigError(f"{group}={name} is defined twice: {told}; give one another name")
        return places[0][1]

    def _unknown(self, group: str, name: str) -> ConfigError:
        if group == "recipe" and name in self.options("agreement"):
            return ConfigError(f"recipe={name} asks no model: `evalrun agreement recipe={name}`")
        near = did_you_mean(name, self.options(group))
        return ConfigError("; ".join([f"unknown {group} {name!r}: {near}", *broken_trees()]))

    def compose(self, overrides: Sequence[str]) -> Config:
        """Return the run that `overrides` describe. Raises ConfigError."""
        valid = _last_of_groups(self._parsed(overrides))
        return self._composed([line for override in valid for line in self._checked(override)])

    def expand(self, overrides: Sequence[str], *, multirun: bool = False) -> list[Config]:
        """Return the runs that `overrides` ask for, the recipe's own sweep included.

        With `multirun`, comma-separated values are swept through. An axis of the recipe's sweep
        gives way when the user sets its first key. Raises ConfigError.
        """
        return [
            run
            for combination in self._combinations(overrides, multirun=multirun)
            for run in self._swept(combination)
        ]

    def _swept(self, overrides: list[str]) -> Iterator[Config]:
        config = self.compose(overrides)
        chosen = {_key(override) for override in overrides}
        axes = [axis for axis in config.sweep if _key(axis[0]) not in chosen]
        if not axes:
            yield config
        for entries in itertools.product(*axes) if axes else ():
            added = [word for entry in entries for word in shlex.split(entry)]
            yield self.compose([*added, *overrides])

    def _combinations(self, overrides: Sequence[str], *, multirun: bool) -> Iterator[list[str]]:
        choices: list[list[str]] = []
        for override in self._parsed(overrides):
            line, key = override.input_line, override.get_key_element()
            if not override.is_sweep_override():
                choices.append([line])
            elif multirun:
                choices.append([f"{key}={value}" for value in override.sweep_string_iterator()])
            elif key in GROUPS:
                raise ConfigError(f"{line}: several runs need --multirun")
            else:
                # Without --multirun, a,b,... is the list that it looks like.
                choices.append([f"{key}=[{line.partition('=')[2]}]"])
        return (list(combination) for combination in itertools.product(*choices))

    def _parsed(self, overrides: Sequence[str]) -> list[Any]:
        return [self._composition.parsed(override) for override in overrides]

    def _checked(self, override: Any) -> list[str]:
        """Return what Hydra is told for one override.

        Options of groups are checked by name; other keys are judged by the schema alone.
        """
        line = cast(str, override.input_line)
        key = cast(str, override.key_or_group)
        if override.is_delete():
            raise ConfigError(f"{line}: keys cannot be deleted")
        if key in GROUPS:
            return self._chosen(line, key, override.value())
        head, _, rest = key.partition(".")
        if head == "roles" and rest.isidentifier() and isinstance(override.value(), str):
            self.file("model", override.value())
            return [f"+model@{key}={override.value()}"]
        sections = [field for field in Config.__struct_fields__ if field not in GROUPS[:1]]
        if head not in sections:
            raise ConfigError(f"unknown key {key!r}: {did_you_mean(head, [*GROUPS, *sections])}")
        return ["++" + line.lstrip("+")]

    def _chosen(self, line: str, group: str, value: Any) -> list[str]:
        if group == "kv" and isinstance(value, list):
            names = names_listed(line, cast("list[Any]", value))
            for name in names:
                self.file(group, name)
            return hydra_overrides(names)
        if not isinstance(value, str):
            raise ConfigError(f"{line}: {group} takes the name of one {group}")
        self.file(group, value)
        return [line]

    def _composed(self, overrides: list[str]) -> Config:
        if not any(_key(override) == "recipe" for override in overrides):
            raise ConfigError("no recipe: say recipe=NAME; `evalrun ls recipes` lists them")
        config = to_options(self._composition.composed(overrides), Config)
        mask_keys_of(config)
        return msgspec.structs.replace(config, kv=settled(config.kv))

    def _refuse_twice_defined(self, choices: Mapping[str, str | None]) -> None:
        """Raise ConfigError if two trees have what was chosen of a group, by defaults as well."""
        for key, name in choices.items() if len(self.trees) > 1 else ():
            group = key.partition("@")[0]
            if group in GROUPS and isinstance(name, str) and len(self.places(group, name)) > 1:
                self.file(group, name)


def _last_of_groups(overrides: list[Any]) -> list[Any]:
    """Return `overrides` without the choices of a group that a later choice replaces."""
    last = {override.key_or_group: override for override in overrides}
    return [o for o in overrides if not _is_choice(o) or o is last[o.key_or_group]]


def _is_choice(override: Any) -> bool:
    """Whether `override` names an option of a group: `model=NAME`, `roles.judge=NAME`."""
    key = cast(str, override.key_or_group)
    return key in GROUPS or re.fullmatch(r"roles\.\w+", key) is not None


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")
