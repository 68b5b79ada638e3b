"""What there is: recipes, models, KV methods, scorers, plugins, runs, sweeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import yaml

from ..core.config import Config
from ..core.errors import ConfigError
from ..core.redact import redact_config
from ..core.safe_yaml import load_yaml
from ..core.suggest import did_you_mean
from .compose import Composer
from .folder import list_runs
from .launch.status_table import sweeps_table
from .launch.sweep import list_sweeps
from .plugin_list import plugin_table
from .status import read_status
from .tables.table import Table

KINDS = (
    "recipes",
    "agreements",
    "models",
    "kv",
    "scorers",
    "judges",
    "sandboxes",
    "protocols",
    "plugins",
    "runs",
    "sweeps",
)


def listing(composer: Composer, kind: str, outputs: Path) -> Table:
    """Return what there is of one of KINDS, reading YAML and run.json files alone.

    Where recipes are not all evalrun's, a column says whose each is.
    """
    if kind == "runs":
        return _runs(outputs)
    if kind == "sweeps":
        return sweeps_table(list_sweeps(outputs))
    if kind == "plugins":
        return plugin_table()
    group, describe = _GROUPS[kind]
    rows: list[tuple[str, ...]] = []
    for name in composer.options(group):
        places = composer.places(group, name)
        whose = " and ".join(tree.whose for tree, _ in places)
        rows.append((name, _described(places[0][1], describe), whose))
    if len(composer.trees) > 1:
        return Table(kind, ("name", "what", "from"), tuple(rows))
    return Table(kind, ("name", "what"), tuple(row[:2] for row in rows))


def kinds(kind: str) -> tuple[str, ...]:
    """Return the kinds to list: `kind`, or all. Raises ConfigError for an unknown one."""
    if kind and kind not in KINDS:
        raise ConfigError(f"unknown kind {kind!r}: {did_you_mean(kind, KINDS)}")
    return (kind,) if kind else KINDS


def composed_yaml(config: Config) -> str:
    """Return a composed configuration as YAML, without secrets."""
    section = redact_config(msgspec.to_builtins(config))
    return yaml.safe_dump(section, sort_keys=False, allow_unicode=True)


def _runs(outputs: Path) -> Table:
    rows: list[tuple[str, ...]] = []
    for run in list_runs(outputs):
        status = read_status(run)
        if status is not None:
            rows.append((str(run.path), status.state, status.started_at, f"{status.wall_s:.0f}"))
    return Table("runs", ("folder", "state", "started", "seconds"), tuple(rows))


def _described(path: Path, describe: Callable[[dict[str, Any]], str]) -> str:
    """Return what an option is; a faulty file is told of, and hides no other."""
    try:
        section: Any = load_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return f"cannot be read: {' '.join(str(error).split())}"
    return describe(cast("dict[str, Any]", section)) if isinstance(section, dict) else ""


def _recipe(section: dict[str, Any]) -> str:
    return str(section.get("recipe", {}).get("title", ""))


def _model(section: dict[str, Any]) -> str:
    keys = ("engine", "weights", "provider", "name")
    return " ".join(str(section[key]) for key in keys if section.get(key))


def _settings(section: dict[str, Any]) -> str:
    hidden = ("name", "method", "defaults")
    settings = (f"{k}={v}" for k, v in section.items() if k not in hidden and v is not None)
    return " ".join(settings)


_GROUPS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "recipes": ("recipe", _recipe),
    "agreements": ("agreement", _recipe),
    "models": ("model", _model),
    "kv": ("kv", _settings),
    "scorers": ("scorer", _settings),
    "judges": ("judge", _settings),
    "sandboxes": ("sandbox", _settings),
    "protocols": ("protocol", _settings),
}
