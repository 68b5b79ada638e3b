"""What `evalrun table` shows of runs: their results, KV methods, a layout, or papers' numbers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...core.errors import ConfigError, DataError
from ...core.layout import Layout
from ..differences import Keys
from ..kv_report import kv_rows, kv_table
from ..layouts.dimensions import keys_of
from ..results import StoredRun
from .results import table_of
from .table import Table


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which tables are wanted; those of results, if none.

    `kv` compares KV methods. `layout` is the name of a layout of the runs' recipes, or a YAML file
    of one. `paper` sets reported numbers beside that layout, or beside every one that has some;
    `recipes` are folders with more of them than those of evalrun.
    """

    kv: bool = False
    layout: str | None = None
    paper: bool = False
    recipes: tuple[Path, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the results themselves are wanted."""
        return not self.kv and not self.paper and self.layout is None


class Shown(msgspec.Struct, frozen=True):
    """Tables for people, and their content for programs: unrounded, a list if there are several."""

    tables: tuple[Table, ...]
    content: Any


def shown(runs: Sequence[StoredRun], choice: Choice) -> Shown:
    """Return what is wanted of `runs`. Raises ConfigError, DataError, MissingExtraError."""
    if choice.kv and (choice.paper or choice.layout is not None):
        raise ConfigError("--kv is a table of its own: leave out --layout and --paper, or --kv")
    results = [run.results for run in runs]
    if choice.kv:
        return Shown((kv_table(results),), kv_rows(results))
    if choice.paper:
        return _beside_papers(runs, choice.layout, choice.recipes)
    if choice.layout is not None:
        return _by_layout(runs, choice.layout)
    return Shown((table_of(results, _configured(runs)),), _one_or_all(results))


def layout_hint(runs: Sequence[StoredRun], choice: Choice) -> str | None:
    """Return a line on layouts that nobody asked for, for someone who sits at a terminal."""
    from ..layouts.choose import layouts_of

    if not choice.is_plain or not sys.stdout.isatty():
        return None
    try:
        names = [name for name, _ in layouts_of(runs, None)]
    except ConfigError:
        return None
    return f"more tables of these runs: --layout {' or '.join(names)}"


def _configured(runs: Sequence[StoredRun]) -> list[Keys]:
    """Return the configurations of runs of which some look alike.

    Nothing where one is gone or of another version.
    """
    if len({(run.results.model, run.results.kv) for run in runs}) == len(runs):
        return []
    try:
        return [keys_of(run.folder.read_config()) for run in runs]
    except (ConfigError, DataError):
        return []


def _by_layout(runs: Sequence[StoredRun], wanted: str) -> Shown:
    from ..layouts.choose import layouts_of
    from ..layouts.evaluate import evaluate
    from .grid import grid_content, grid_table

    grids = [evaluate(layout, runs) for _, layout in layouts_of(runs, wanted)]
    return Shown(tuple(map(grid_table, grids)), _one_or_all([grid_content(grid) for grid in grids]))


def _beside_papers(runs: Sequence[StoredRun], wanted: str | None, recipes: Sequence[Path]) -> Shown:
    reported = _reported(runs, wanted)
    from ..layouts.evaluate import evaluate
    from ..papers.beside import paper_content, paper_table

    grids = [evaluate(layout, runs) for layout in reported]
    tables = tuple(paper_table(grid, recipes) for grid in grids)
    return Shown(tables, _one_or_all([paper_content(grid, recipes) for grid in grids]))


def _reported(runs: Sequence[StoredRun], wanted: str | None) -> list[Layout]:
    """Return the layouts that have reported numbers. Raises ConfigError when none has."""
    from ..layouts.choose import layouts_of

    layouts = layouts_of(runs, wanted)
    reported = [layout for _, layout in layouts if layout.reported]
    if not reported:
        names = ", ".join(name for name, _ in layouts)
        raise ConfigError(f"no reported numbers (`reported`) in the layouts there are: {names}")
    return reported


def _one_or_all(contents: Sequence[Any]) -> Any:
    return contents[0] if len(contents) == 1 else list(contents)
