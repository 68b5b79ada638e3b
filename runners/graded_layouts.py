"""Tables by a recipe's layouts, of verdicts that belong to no run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from ..core.config import Config
from ..core.errors import ConfigError
from ..core.score import Score
from .folder import RunFolder
from .layouts.evaluate import evaluate
from .layouts.grid import Grid
from .plan import Plan
from .results import Results, StoredRun
from .status import Status, now, write_status


class FilledLayouts(msgspec.Struct, frozen=True):
    """Layouts filled with verdicts, by name, and why others could not be."""

    grids: dict[str, Grid] = {}
    reasons: tuple[str, ...] = ()


def filled_layouts(
    config: Config, results: Results, plan: Plan, scores: Iterable[Score]
) -> FilledLayouts:
    """Return the layouts of `config`, filled with `scores`.

    They are computed of a run folder, which is made for it and removed; the grids name the file
    instead that was graded. A layout that does not fit part of a benchmark, or needs an extra, is
    left out with the reason: the verdicts stand without it.
    """
    layouts = config.table.layouts
    if not layouts:
        return FilledLayouts()
    grids: dict[str, Grid] = {}
    reasons: list[str] = []
    with TemporaryDirectory(prefix="evalrun-") as place:
        folder = RunFolder(Path(place))
        _store(folder, config, plan, scores)
        for name, layout in layouts.items():
            try:
                grid = evaluate(layout, [StoredRun(folder, results)])
            except ConfigError as error:
                reasons.append(f"table {name} is left out: {error}")
            else:
                grids[name] = msgspec.structs.replace(grid, folders=(results.model,))
    return FilledLayouts(grids, tuple(reasons))


def _store(folder: RunFolder, config: Config, plan: Plan, scores: Iterable[Score]) -> None:
    folder.write_config(config)
    status = Status(
        state="complete",
        started_at=now(),
        kv="full",
        graded_by={},
        provenance={},
        versions={},
        table=config.table,
        plan=plan,
    )
    write_status(folder, status)
    with folder.scores.open("wb") as file:
        file.writelines(msgspec.json.encode(score) + b"\n" for score in scores)
