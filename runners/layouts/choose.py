"""Which layouts a command means: those of the runs' recipes, or a file of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import yaml

from ...core.errors import ConfigError
from ...core.layout import Layout
from ...core.options import to_options
from ...core.suggest import did_you_mean
from ..results import StoredRun
from ..status import read_status

_ENDINGS = (".yaml", ".yml")


def layouts_of(runs: Sequence[StoredRun], wanted: str | None) -> list[tuple[str, Layout]]:
    """Return layouts with their names: all of the runs' recipes, or the one that is `wanted`.

    `wanted` is a name, or a YAML file that holds a layout. Where runs know a name by different
    layouts, that of the run that started last counts. Raises ConfigError when there is none, and
    DataError for a malformed run folder.
    """
    if wanted is not None and wanted.endswith(_ENDINGS):
        return [(Path(wanted).stem, read_layout(Path(wanted)))]
    layouts = _layouts_of_recipes(runs)
    if not layouts:
        recipes = ", ".join(sorted({run.results.recipe for run in runs}))
        raise ConfigError(f"{recipes}: no layout in `table.layouts`; write one and name its file")
    if wanted is None:
        return list(layouts.items())
    if wanted not in layouts:
        raise ConfigError(f"unknown layout {wanted!r}: {did_you_mean(wanted, layouts)}")
    return [(wanted, layouts[wanted])]


def read_layout(path: Path) -> Layout:
    """Return the layout of a YAML file. Raises ConfigError naming the file and the key."""
    try:
        section: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(section, Mapping):
        raise ConfigError(f"{path}: should hold the keys of a layout: title, columns, rows")
    try:
        return to_options(cast("Mapping[str, Any]", section), Layout)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _layouts_of_recipes(runs: Sequence[StoredRun]) -> dict[str, Layout]:
    found = [status for run in runs if (status := read_status(run.folder)) is not None]
    by_start = sorted(found, key=lambda status: status.started_at)
    latest = {name: layout for one in by_start for name, layout in one.table.layouts.items()}
    names = dict.fromkeys(name for status in found for name in status.table.layouts)
    return {name: latest[name] for name in names}
