"""PAR, ID and BD of TMGBench: the layout of the recipe against the paper's example and formulas."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from graded import grid, run

from evalrun.benchmarks.tmgbench.games import Game, all_games
from evalrun.benchmarks.tmgbench.items import Item
from evalrun.benchmarks.tmgbench.samples import item_samples
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample
from evalrun.core.score import Score
from evalrun.runners.compose import Composer
from evalrun.runners.layouts.evaluate import evaluate
from evalrun.scorers.tmgbench import TMGBenchOptions, TMGBenchScorer

SCORER = TMGBenchScorer(TMGBenchOptions())
NAMES = ("A1", "A2"), ("B1", "B2")
SQUARED = [{"over": "epoch", "how": "squared_mean"}]
OF_SISTERS = [{"over": "epoch", "how": "mean"}, {"over": "sample", "how": "squared_mean"}]
REF = {1: 4, 2: 2, 3: 3, 4: 1}


def reply(outcomes: set[int]) -> str:
    pairs = [(NAMES[0][(n - 1) // 2], NAMES[1][(n - 1) % 2]) for n in sorted(outcomes)]
    return f"answer = {pairs}"


def graded_run(
    folder: Path, games: dict[str, Game], answer: Callable[[str, int], set[int]], epochs: int
):
    """Return a run in which each game was asked `epochs` times and got what `answer` says."""
    items = [
        Item(game_id=name, game=game, text="-", row=row)
        for row, (name, game) in enumerate(games.items())
    ]
    scores = [
        asyncio.run(
            _graded(sample, epoch, reply(answer(sample.id.removeprefix("classic/"), epoch)))
        )
        for sample in item_samples(items, "da", {})
        for epoch in range(epochs)
    ]
    return run(folder, scores, options={"epochs": epochs})


async def _graded(sample: Sample, epoch: int, output: str) -> Score:
    prediction = Prediction(
        id=f"{sample.id}#{epoch}",
        sample_id=sample.id,
        epoch=epoch,
        task=sample.task,
        group=sample.group,
        outputs=(output,),
    )
    score = await SCORER.score(sample, prediction)
    return msgspec.structs.replace(score, scorer="exact")


def first(condition: Callable[[Game], bool]) -> Game:
    return next(game for game in all_games() if condition(game))


def test_the_papers_example_of_four_tests_a_game(tmp_path: Path) -> None:
    """Frequencies of the four outcomes, and equilibria, as in the paper's worked example."""
    bare = first(lambda game: not game.equilibria)
    games = {
        "1,1": first(lambda game: game.equilibria == (1,)),
        "1,2": bare,
        "2,1": bare.sister,
        "2,2": first(lambda game: game.equilibria == (4,)),
    }
    answers = {
        "1,1": [{1}, {1}, {1}, {3}],  # .75, 0, .25, 0
        "1,2": [{1, 2}, {2}, {4}, set()],  # .25, .5, 0, .25
        "2,1": [{2, 3}, {3}, {4}, set()],  # 0, .25, .5, .25
        "2,2": [{4}, {4}, {2}, {2}],  # 0, .5, 0, .5
    }
    made = graded_run(tmp_path, games, lambda name, epoch: answers[name][epoch], epochs=4)

    def value(metric: str, name: str, reduce=()) -> float | None:
        where = {"sample": f"classic/{name}"} if name else {"label.sister": "other"}
        columns = {"metric": metric, "where": where, "reduce": reduce, "range": None}
        ((cell,),) = [row.cells for row in grid([made], columns).rows]
        return cell.value

    assert value("perfect", "1,1") == 0.75
    assert value("perfect", "2,2") == 0.5
    assert value("wrong", "1,1", SQUARED) == 0.03125
    assert value("bias", "", OF_SISTERS) == 0.09375


@pytest.fixture(scope="module")
def answers() -> dict[str, list[set[int]]]:
    """Return four answers to each of the 144 games, drawn at random near the right ones."""
    rng = random.Random(5)
    return {
        name: [
            set(game.equilibria) ^ {n for n in (1, 2, 3, 4) if rng.random() < 0.2} for _ in range(4)
        ]
        for name, game in named().items()
    }


def named() -> dict[str, Game]:
    return {f"{p // 12}-{p % 12}": game for p, game in enumerate(all_games())}


def by_formula(answers: dict[str, list[set[int]]], number: int | None) -> list[float]:
    """Return PAR, ID and BD as the paper defines them, over all cells or those with `number`."""
    games = {n: g for n, g in named().items() if number in (None, len(g.equilibria))}

    def frequency(name: str, outcome: int) -> float:
        return sum(outcome in one for one in answers[name]) / len(answers[name])

    par = inconsistency = bias = 0.0
    for name, game in games.items():
        sister = "-".join(reversed(name.split("-")))
        par += sum(one == set(game.equilibria) for one in answers[name]) / len(answers[name])
        for outcome in (1, 2, 3, 4):
            std = float(outcome in game.equilibria)
            inconsistency += (frequency(name, outcome) - std) ** 2 / 4
            bias += (frequency(name, outcome) - frequency(sister, REF[outcome])) ** 2 / 4
    return [total / len(games) for total in (par, inconsistency, bias)]


def test_the_layout_of_the_recipe_has_the_papers_metrics(tmp_path: Path, answers) -> None:
    made = graded_run(tmp_path, named(), lambda name, epoch: answers[name][epoch], epochs=4)
    layout = Composer().compose(["recipe=tmgbench"]).table.layouts["classic"]
    layout = msgspec.structs.replace(layout, rows=("model",), names={})
    filled = evaluate(layout, [made])
    (row,) = filled.rows
    found = {
        column.name: cell.value for column, cell in zip(filled.columns, row.cells, strict=True)
    }
    for number in (None, 0, 1, 2):
        suffix = "" if number is None else f"_{number}"
        names = [f"{metric}{suffix}" for metric in ("PAR", "ID", "BD")]
        assert [found[name] for name in names] == pytest.approx(by_formula(answers, number))
    _, inconsistency, bias = by_formula(answers, None)
    assert found["AntiID"] == pytest.approx(1 - inconsistency**0.5)
    assert found["AntiBD"] == pytest.approx(1 - bias**0.5)


def test_the_square_of_a_mean_is_of_repeats_together(tmp_path: Path) -> None:
    games = {"g": first(lambda game: game.equilibria == (1,))}
    # The outcome is missing in half of the tests, and another is given in half of them.
    made = graded_run(tmp_path, games, lambda _, epoch: {1} if epoch % 2 else {2}, epochs=4)
    column = {"metric": "wrong", "reduce": SQUARED}
    ((cell,),) = [row.cells for row in grid([made], column).rows]
    assert cell.value == pytest.approx((0.25 + 0.25) / 4)
