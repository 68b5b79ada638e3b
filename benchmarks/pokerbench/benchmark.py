"""PokerBench: one poker decision a question (arXiv 2501.08328)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ...core.config import Options
from ...core.errors import ConfigError
from ...core.hashing import sha256_of_file
from ...core.interfaces import Problem
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ..official import fetched_folders
from ..official_rows import OfficialRows, PlacedRow, RowFile
from ..selection import choose
from .shots import Spot, few_shot, parse_spot, read_examples
from .stages import STAGES, Stage, stage_of

# Neither the data set nor the code says one.
LICENCE = "none stated"

# The official instructions are the rows' own text.
_PROMPTS = "published, in the rows"


class PokerBenchOptions(Options, frozen=True):
    """Which stages, and whether examples stand before the question.

    - `shots`: 5, one of each action (the paper's pre-trained models), or 0 (its fine-tuned ones).
    - `train`: where the examples are drawn from: the official training file of the only chosen
      stage, or a folder of them; null is `data_dir`.
    """

    name: str = "pokerbench"
    task: str | tuple[str, ...] = "all"
    shots: Literal[0, 5] = 0
    train: str | None = None
    fetch: FileSource | None = None
    data_dir: str = "."
    path: str | None = None


class PokerBench:
    """Spots of 6-handed No Limit Texas Hold'em, before the flop (`preflop`) and behind it."""

    Options = PokerBenchOptions

    def __init__(self, options: PokerBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._stages = choose(options.task, STAGES)
        self._train = Path(options.data_dir if options.train is None else options.train)
        if options.shots and self._train.is_file() and len(self._stages) > 1:
            raise ConfigError(
                f"benchmark.train={options.train} is a file of one stage: choose that one with "
                "benchmark.task, or name its folder"
            )
        self._rows = OfficialRows(
            recipe="pokerbench",
            files=tuple(RowFile(stage.name, (stage.test,)) for stage in self._stages),
            folder=Path(options.data_dir),
            fetched=fetched_folders(Path(options.data_dir), options.fetch),
            path=None if options.path is None else Path(options.path),
            task_of=stage_of,
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        absent = [path for path in self._train_files().values() if not path.is_file()]
        remedy = "run `evalrun fetch pokerbench`, name it with benchmark.train, or say shots=0"
        missing = [
            Problem(f"{path}: no training file to draw examples from", remedy) for path in absent
        ]
        return (*self._rows.problems(), *missing)

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a spot, at most `limit` of each stage. Raises DataError."""
        for placed in self._rows.rows(limit):
            yield self._sample(placed, parse_spot(placed.row, placed.place))

    def provenance(self) -> dict[str, Any]:
        """Return stages, licence, and what identifies rows and examples. Raises DataError."""
        return {
            "tasks": [stage.name for stage in self._stages],
            "prompts": _PROMPTS,
            "shots": self._options.shots,
            "licence": LICENCE,
            **self._rows.identity(),
            "train": {
                path.name: sha256_of_file(path)
                for path in self._train_files().values()
                if path.is_file()
            },
        }

    def _sample(self, placed: PlacedRow, spot: Spot) -> Sample:
        examples = self._examples.get(placed.task, ())
        query = few_shot(spot.instruction, examples) if examples else spot.instruction
        return Sample(
            id=f"{placed.task}/{placed.index}",
            task=placed.task,
            turns=(Turn(query=query, target=spot.output),),
            row=placed.index,
        )

    @cached_property
    def _examples(self) -> dict[str, tuple[Spot, ...]]:
        """The examples of each stage, read once: a training file may hold half a million spots."""
        paths = self._train_files()
        return {name: read_examples(path, STAGES[name]) for name, path in paths.items()}

    def _train_files(self) -> dict[str, Path]:
        """Return the file from which the examples of each stage are drawn; none without shots."""
        if not self._options.shots:
            return {}
        return {stage.name: self._train_file(stage) for stage in self._stages}

    def _train_file(self, stage: Stage) -> Path:
        return self._train if self._train.is_file() else self._train / stage.train
