"""Recipes and overrides to validated configurations, through Hydra."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from ..core.config import Config, Generation, RunOptions
from ..core.errors import ConfigError
from ..core.options import to_options
from ..core.redact import with_secret_variables
from ..core.suggest import did_you_mean
from .kv_list import hydra_overrides, names_listed, settled

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
TREE = Path(__file__).resolve().parent.parent / "recipes"


# What the schema fills in, so that recipes can refer to it: ${run.seed}.
_DEFAULTS = {
    "run": msgspec.to_builtins(RunOptions()),
    "generation": msgspec.to_builtins(Generation()),
}


class Composer(msgspec.Struct, frozen=True):
    """Composes runs from the shipped recipe tree and folders of the user's own."""

    folders: tuple[Path, ...] = ()

    def options(self, group: str) -> list[str]:
        """Return the names that `group` can be set to, without reading any file."""
        return sorted({path.stem for path in self._files(group)})

    def file(self, group: str, name: str) -> Path:
        """Return the YAML file of one option. Raises ConfigError with the nearest name."""
        for path in self._files(group):
            if path.stem == name:
                return path
        if group == "recipe" and name in self.options("agreement"):
            raise ConfigError(f"recipe={name} asks no model: `evalrun agreement recipe={name}`")
        raise ConfigError(f"unknown {group} {name!r}: {did_you_mean(name, self.options(group))}")

    def compose(self, overrides: Sequence[str]) -> Config:
        """Return the run that `overrides` describe. Raises ConfigError."""
        valid = _last_of_groups(_parsed(overrides))
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
        for override in _parsed(overrides):
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
        from hydra import compose, initialize_config_dir
        from hydra.errors import HydraException
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException
        from yaml import YAMLError

        if not any(_key(override) == "recipe" for override in overrides):
            raise ConfigError("no recipe: say recipe=NAME; `evalrun ls recipes` lists them")
        if self.folders:
            paths = json.dumps([f"file://{folder.resolve()}" for folder in self.folders])
            overrides = [*overrides, f"hydra.searchpath={paths}"]
        try:
            with initialize_config_dir(str(TREE), version_base="1.3"):
                tree = compose("config", overrides=overrides)
            tree = OmegaConf.merge(_DEFAULTS, tree)
            resolved = OmegaConf.to_container(tree, resolve=True, throw_on_missing=True)
        except (HydraException, OmegaConfBaseException, YAMLError) as error:
            raise ConfigError(_one_line(error)) from None
        config = to_options(cast("dict[str, Any]", resolved), Config)
        # From here on, no message shows the keys that this configuration names.
        os.environ.update(with_secret_variables(os.environ, _key_variables(config)))
        return msgspec.structs.replace(config, kv=settled(config.kv))

    def _files(self, group: str) -> Iterator[Path]:
        for folder in (TREE, *self.folders):
            yield from sorted((folder / group).glob("*.yaml"))


def _key_variables(config: Config) -> Iterator[str]:
    """Yield the environment variables that models take their keys from."""
    for section in (config.model, config.judge, *config.roles.values()):
        yield from (str(value) for key, value in section.items() if key.endswith("_env") and value)


def _parsed(overrides: Sequence[str]) -> list[Any]:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    parser = OverridesParser.create()
    parsed: list[Any] = []
    for override in overrides:
        if "=" not in override:
            raise ConfigError(f"{override!r} is not an override: write key=value")
        try:
            parsed.append(parser.parse_override(override))
        except HydraException as error:
            reason = str(error).partition("See http")[0].strip()
            raise ConfigError(f"{override}: {reason}; put odd values in quotes") from None
    return parsed


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


def _one_line(error: BaseException) -> str:
    """Return what a library says of a faulty configuration, without its search paths."""
    text = str(error.__cause__ or "") or str(error)
    for tail in ("Config search path", "Available options"):
        text = text.partition(tail)[0]
    return " ".join(text.split())
