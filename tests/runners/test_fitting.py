"""Scorers that are fitted to all predictions of a run before they grade one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest
from scripted import ScriptedEndpoint, echo
from worlds import World

from evalrun.core.errors import ConfigError, SampleError
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample
from evalrun.core.score import Score
from evalrun.runners.company import Company
from evalrun.runners.engine import DEAD_AFTER, DeadEndpointError, Work
from evalrun.runners.fitting import FittedEngine, engine_for, fitted
from evalrun.runners.progress import Progress
from evalrun.runners.protocols import SingleTurn, SingleTurnOptions
from evalrun.scorers.exact import ExactOptions, ExactScorer
from evalrun.scorers.turns import Rule, TurnReply, Verdict, always, grade_turns


class AboveMean:
    """Becomes a scorer of whether a number is above the mean of all."""

    label = "above[mean=fit]"

    def fitted(self, predicted: Iterable[tuple[Sample, Prediction]]) -> Above:
        numbers = [float(prediction.outputs[0]) for _, prediction in predicted]
        if not numbers:
            raise ConfigError("there is no number")
        return Above(sum(numbers) / len(numbers))


class Above:
    def __init__(self, mean: float) -> None:
        self.label = f"above[mean={mean}]"
        self._mean = mean

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        rule = Rule(("above",), self._grade)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))

    def _grade(self, reply: TurnReply) -> Verdict:
        return Verdict(scores={"above": float(float(reply.output) > self._mean)})


def execute(world: World, endpoint: ScriptedEndpoint | None) -> FittedEngine:
    protocol = SingleTurn(SingleTurnOptions(name="single_turn"))
    work = Work(
        config=world.config,
        folder=world.folder,
        benchmark=world.benchmark,
        company=(lambda: Company(protocol, endpoint)) if endpoint is not None else None,
        most_asked=4,
    )
    engine = engine_for(work, AboveMean(), Progress(0, "", quiet=True))
    assert isinstance(engine, FittedEngine)
    asyncio.run(engine.execute())
    return engine


def verdicts(world: World, label: str) -> dict[str, float | None]:
    scores = [score for score in world.scores if score.scorer == label]
    found = {score.sample_id: score.scores["above"] for score in scores}
    assert len(found) == len(scores)
    return found


def test_all_is_asked_before_anything_is_graded(tmp_path: Path) -> None:
    world = World(tmp_path, 10)
    seen: list[int] = []

    def noting(*asked: object) -> str:
        seen.append(world.folder.scores.stat().st_size)
        return echo(*asked)

    engine = execute(world, ScriptedEndpoint(noting))
    assert seen == [0] * 10
    assert engine.label == "above[mean=4.5]"
    assert verdicts(world, engine.label) == {f"n/{i}": float(i > 4.5) for i in range(10)}
    assert engine.environment() == {"device": "script"}


def test_running_again_asks_nothing_and_adds_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, 5)
    execute(world, ScriptedEndpoint(echo))
    before = world.folder.predictions.read_bytes(), world.folder.scores.read_bytes()
    again = ScriptedEndpoint(echo)
    engine = execute(world, again)
    assert again.asked == []
    assert engine.label == "above[mean=2.0]"
    assert (world.folder.predictions.read_bytes(), world.folder.scores.read_bytes()) == before


def test_more_predictions_are_another_fit_with_verdicts_of_its_own(tmp_path: Path) -> None:
    world = World(tmp_path, 4)
    first = execute(
        world,
        ScriptedEndpoint(
            lambda key, *rest: (
                SampleError("no", kind="bad_request") if key.row == 3 else echo(key, *rest)
            )
        ),
    )
    assert first.label == "above[mean=1.0]"
    assert verdicts(world, first.label) == {"n/0": 0.0, "n/1": 0.0, "n/2": 1.0}
    second = execute(world, ScriptedEndpoint(echo))
    assert second.label == "above[mean=1.5]"
    assert verdicts(world, second.label) == {"n/0": 0.0, "n/1": 0.0, "n/2": 1.0, "n/3": 1.0}


def test_what_was_not_asked_to_its_end_is_not_graded(tmp_path: Path) -> None:
    world = World(tmp_path, DEAD_AFTER + 10)
    failing = ScriptedEndpoint(lambda *_: SampleError("down", kind="server"))
    with pytest.raises(DeadEndpointError):
        execute(world, failing)
    assert world.scores == []


def test_stored_predictions_are_graded_without_a_model(tmp_path: Path) -> None:
    world = World(tmp_path, 3)
    world.execute(ScriptedEndpoint(echo))
    engine = execute(world, None)
    assert verdicts(world, engine.label) == {"n/0": 0.0, "n/1": 0.0, "n/2": 1.0}
    assert len(world.scores) == 6


def test_too_little_to_fit_to_is_told(tmp_path: Path) -> None:
    world = World(tmp_path, 3)
    with pytest.raises(ConfigError, match="there is no number"):
        execute(world, None)


def test_other_scorers_grade_as_they_are() -> None:
    scorer = ExactScorer(ExactOptions())

    def unread() -> Iterable[tuple[Sample, Prediction]]:
        raise AssertionError
        yield

    assert fitted(scorer, unread()) is scorer
