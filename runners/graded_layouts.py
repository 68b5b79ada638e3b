"""Tables by a recipe's layouts, of verdicts that belong to no run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from ..core.config import Config
from ..core.score import Score
from .folder import RunFolder
from .layouts.evaluate import evaluate
from .layouts.grid import Grid
from .plan import Plan
from .results import Results, StoredRun
from .status import Status, now, write_status


def filled_layouts(
    config: Config, results: Results, plan: Plan, scores: Iterable[Score]
) -> dict[str, Grid]:
    """Return the layouts of `config`, filled with `scores`, by name.

    They are computed of a run folder, which is made for it and removed; the grids name the file
    instead that was graded. Raises ConfigError, MissingExtraError.
    """
    layouts = config.table.layouts
    if not layouts:
        return {}
    with TemporaryDirectory(prefix="evalrun-") as place:
        folder = RunFolder(Path(place))
        _store(folder, config, plan, scores)
        run = StoredRun(folder, results)
        grids = {name: evaluate(layout, [run]) for name, layout in layouts.items()}
    return {
        name: msgspec.structs.replace(grid, folders=(results.model,))
        for name, grid in grids.items()
    }


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
