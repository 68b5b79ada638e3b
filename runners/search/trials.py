"""Trials of architectures: each a run of its own, in a folder like any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from ...core.config import Config
from ...core.errors import EXIT_INTERRUPTED, EvalrunError
from ...core.interfaces import MODEL, Model
from ..archon.architecture import Architecture
from ..archon.loading import architecture_yaml
from ..build import build_benchmark
from ..folder import RunFolder, slug, write_atomically
from ..plan import make_plan
from ..results import Results
from ..runs import Finished, perform, prepare

Tell = Callable[[str], None]


class TrialError(EvalrunError):
    """A trial did not come to its end; what is finished is kept, and the search can go on there."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Trial(msgspec.Struct, frozen=True):
    """An architecture and the run that it was tried in."""

    architecture: Architecture
    file: Path
    folder: RunFolder
    results: Results

    @property
    def score(self) -> float:
        """The mean of the recipe's headline metrics, as its own average says it if it has one."""
        whole = self.results.level("all") or self.results.level("task")
        values = [cell.value for cell in whole if cell.value is not None]
        return sum(values) / len(values) if values else 0.0

    @property
    def missing(self) -> int:
        """How many planned predictions there are not; the score is of the others."""
        return self.results.planned - self.results.predicted

    @property
    def calls(self) -> float:
        """How many replies a prediction took, on average."""
        return self.results.replies / self.results.predicted if self.results.predicted else 0.0


class Trials:
    """Runs architectures under one recipe, on shares of its rows; models are loaded once."""

    def __init__(self, config: Config, folder: Path, tell: Tell) -> None:
        """Take the recipe as composed, and the folder for architectures. Raises DataError."""
        self._config = config
        self._folder = folder
        self._tell = tell
        self._models: dict[str, Model] = {}
        self._rows = _rows_of(config)

    def run(self, architecture: Architecture, share: float) -> Trial:
        """Return the trial of `architecture` on `share` of the rows of each task.

        Raises TrialError when it does not come to its end, ConfigError.
        """
        file = self._folder / f"{slug(architecture.name)}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, architecture_yaml(architecture))
        (run,) = prepare([self._configured(architecture, file, share)], self._models)
        state = "already complete" if run.is_complete else "running"
        self._tell(f"{state}: {architecture.name}, {run.folder.path}")
        finished = perform(run, quiet=True)
        _check(finished)
        return Trial(architecture, file, finished.folder, finished.results)

    def release(self) -> None:
        """Let go of the models."""
        for model in self._models.values():
            model.release()

    def _configured(self, architecture: Architecture, file: Path, share: float) -> Config:
        """Return the recipe with the architecture as its protocol, and its roles alone."""
        config = self._config
        models = _models_of(config, architecture)
        protocol: dict[str, Any] = {
            "name": "archon",
            "arch": str(file),
            "models": models,
            "variant": "fixed",
        }
        roles = {r: section for r, section in config.roles.items() if r in models.values()}
        limit = config.run.limit if share == 1 else max(1, int(self._rows * share))
        run = msgspec.structs.replace(config.run, limit=limit)
        return msgspec.structs.replace(config, protocol=protocol, roles=roles, run=run)


def _models_of(config: Config, architecture: Architecture) -> dict[str, str]:
    named: dict[str, str] = config.protocol.get("models") or {}
    return {name: role for name, role in named.items() if name in architecture.models}


def _rows_of(config: Config) -> int:
    """Return how many samples the task with the most of them has, of those that a run asks."""
    benchmark = build_benchmark(config)
    one_epoch = msgspec.structs.replace(config.run, epochs=1)
    counts: dict[str, int] = {}
    for cell in make_plan(benchmark, one_epoch).cells:
        if cell.turn == 0:
            counts[cell.task] = counts.get(cell.task, 0) + cell.n
    return max(counts.values())


def _check(finished: Finished) -> None:
    if finished.exit_code == EXIT_INTERRUPTED or not finished.results.predicted:
        raise TrialError(
            finished.reason or f"{finished.folder.path}: no replies", finished.exit_code
        )


def played_by_model(config: Config, names: tuple[str, ...]) -> list[str]:
    """Return the models of `names` that the model under test plays."""
    named: dict[str, str] = config.protocol.get("models") or {}
    return [name for name in names if named.get(name, MODEL) == MODEL]
