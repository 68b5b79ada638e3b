"""Dimensions of verdicts: their names, and their values as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from ...core.config import Config
from ...core.errors import ConfigError
from ...core.layout import Column, Layout
from ...core.suggest import did_you_mean

RUN_DIMENSIONS = ("recipe", "model", "kv", "protocol", "scorer")
UNNAMED_DIMENSIONS = ("sample", "group")
VERDICT_DIMENSIONS = ("task", "subtask", "turn", "family", "epoch", *UNNAMED_DIMENSIONS)
CONFIG = "config."
LABEL = "label."
NONE = "null"


def as_text(value: object) -> str:
    """Return a value of a dimension as layouts write it: `null`, `true`, `3`, `0.5`, `easy`."""
    if value is None or isinstance(value, bool):
        return {None: NONE, True: "true", False: "false"}[value]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return ", ".join(as_text(item) for item in cast("list[object]", value))
    return msgspec.json.encode(value).decode()


def is_of_run(dimension: str) -> bool:
    """Whether all verdicts of a run have the same value of `dimension`."""
    return dimension in RUN_DIMENSIONS or dimension.startswith(CONFIG)


def keys_of(config: Config) -> dict[str, Any]:
    """Return every value of a configuration by its dotted key, sections included."""
    return dict(_keys(msgspec.to_builtins(config), ""))


def dimensions_of(layout: Layout, columns: Iterable[Column]) -> Iterator[tuple[str, str]]:
    """Yield (place, dimension) for each dimension that a layout speaks of."""
    yield from (("rows", dimension) for dimension in layout.rows)
    yield from (("names", dimension) for dimension in layout.names)
    for column in columns:
        place = f"column {column.name!r}"
        yield from ((place, dimension) for dimension in column.where)
        yield from ((place, dimension) for dimension in column.mean_of)
        if column.each is not None:
            yield place, column.each


def check_dimension(place: str, dimension: str, labels: Iterable[str], keys: Iterable[str]) -> None:
    """Raise ConfigError, naming the nearest one, unless `dimension` is one.

    `labels` are the names of labels of the samples, `keys` those of the configurations.
    """
    fixed = (*RUN_DIMENSIONS, *VERDICT_DIMENSIONS)
    if dimension.startswith(LABEL):
        known, what = [LABEL + name for name in labels], "label of the samples"
    elif dimension.startswith(CONFIG):
        known, what = [CONFIG + key for key in keys], "key of the runs' configuration"
    else:
        known, what = [*fixed, LABEL + "NAME", CONFIG + "KEY"], "dimension"
    if dimension not in known:
        hint = did_you_mean(dimension, known)
        raise ConfigError(f"{place}: {dimension!r} is no {what}; {hint}")


def _keys(section: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, value in section.items():
        yield above + key, value
        if isinstance(value, Mapping):
            yield from _keys(cast("Mapping[str, Any]", value), f"{above}{key}.")
