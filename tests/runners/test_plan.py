"""What a run will ask, counted before it starts."""

from __future__ import annotations

import pytest
from given import Given

from evalrun.core.config import RunOptions
from evalrun.core.errors import DataError
from evalrun.core.sample import Sample, Turn
from evalrun.runners.plan import PlannedCell, make_plan


def sample(*turns: tuple[int, str | None]) -> Sample:
    return Sample(
        id="s",
        task="t",
        turns=tuple(Turn(query="?", answers=answers, subtask=name) for answers, name in turns),
    )


def test_every_turn_of_every_epoch_is_counted() -> None:
    plan = make_plan(Given(sample((1, "a"), (1, "b")), sample((1, "a"))), RunOptions(epochs=3))
    assert plan.total == 6
    assert set(plan.cells) == {PlannedCell("t", 0, "a", 6), PlannedCell("t", 1, "b", 3)}


def test_each_answer_that_a_reply_should_hold_is_counted() -> None:
    plan = make_plan(Given(sample((3, None)), sample((2, None))), RunOptions())
    assert plan.total == 2
    assert [(cell.turn, cell.n) for cell in plan.cells] == [(0, 2), (1, 2), (2, 1)]


def test_answers_are_numbered_on_through_the_turns_of_a_sample() -> None:
    plan = make_plan(Given(sample((2, "a"), (1, "b"))), RunOptions())
    assert [(cell.turn, cell.subtask) for cell in plan.cells] == [(0, "a"), (1, "a"), (2, "b")]


def test_answers_of_a_turn_may_be_of_different_subtasks() -> None:
    turn = Turn(query="?", answers=2, subtasks=("a", "b"))
    plan = make_plan(Given(Sample(id="s", task="t", turns=(turn,))), RunOptions())
    assert [(cell.turn, cell.subtask) for cell in plan.cells] == [(0, "a"), (1, "b")]


def test_a_benchmark_without_samples_is_an_error() -> None:
    with pytest.raises(DataError, match="the benchmark has no samples"):
        make_plan(Given(), RunOptions())
