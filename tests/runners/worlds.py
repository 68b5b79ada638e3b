"""Small whole worlds for the engine: a benchmark in memory, a folder, real scorer and protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from scripted import ScriptedEndpoint

from evalrun.core.config import Config, RecipeInfo, RunOptions
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample, Turn
from evalrun.core.score import Score
from evalrun.runners.company import Company
from evalrun.runners.engine import Engine, Work
from evalrun.runners.folder import RunFolder
from evalrun.runners.log import read_log
from evalrun.runners.progress import Progress
from evalrun.runners.protocols import SingleTurn, SingleTurnOptions
from evalrun.scorers.exact import ExactOptions, ExactScorer


class Numbers:
    """Samples that ask for a number's own name; counts how far it was read."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.read = 0

    def problems(self) -> list[Any]:
        return []

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        for i in range(self.size if limit is None else limit):
            self.read += 1
            yield Sample(id=f"n/{i}", task="n", row=i, turns=(Turn(query=str(i), target=str(i)),))

    def provenance(self) -> dict[str, Any]:
        return {"size": self.size}


def config(**run: Any) -> Config:
    return Config(
        recipe=RecipeInfo(name="numbers", title=""),
        benchmark={"name": "numbers"},
        protocol={"name": "single_turn"},
        model={"name": "script"},
        kv={"method": "full"},
        scorer={"name": "exact"},
        judge={},
        run=RunOptions(**run),
    )


class World:
    """One run folder and what is needed to work on it again and again."""

    def __init__(self, folder: Path, size: int, **run: Any) -> None:
        self.folder = RunFolder(folder)
        self.folder.create()
        self.benchmark = Numbers(size)
        self.config = config(**run)

    def execute(self, endpoint: ScriptedEndpoint | None, **scorer: Any) -> Engine:
        engine, run = self.start(endpoint, **scorer)
        asyncio.run(run())
        return engine

    def start(self, endpoint: ScriptedEndpoint | None, **scorer: Any) -> Any:
        protocol = SingleTurn(SingleTurnOptions(name="single_turn"))
        work = Work(
            config=self.config,
            folder=self.folder,
            benchmark=self.benchmark,
            scorer=ExactScorer(ExactOptions(**scorer)),
            company=(lambda: Company(protocol, endpoint)) if endpoint is not None else None,
            most_asked=self.config.run.max_connections,
        )
        engines: list[Engine] = []

        async def run() -> None:
            engine = Engine(work, Progress(0, "", quiet=True))
            engines.append(engine)
            await engine.execute()

        return engines, run

    @property
    def predictions(self) -> list[Prediction]:
        return [row for _, row in read_log(self.folder.predictions, Prediction)]

    @property
    def scores(self) -> list[Score]:
        return [row for _, row in read_log(self.folder.scores, Score)]

    def raw_predictions(self) -> list[dict[str, Any]]:
        lines = self.folder.predictions.read_bytes().splitlines()
        return [msgspec.json.decode(line) for line in lines]
