"""From rows to cells, worked out by hand."""

from __future__ import annotations

import pytest

from evalrun.core.config import TableOptions
from evalrun.core.exchange import KVReport, Usage
from evalrun.core.prediction import Failure, Prediction
from evalrun.core.score import Score, Status, TurnScore
from evalrun.runners.plan import Plan, PlannedCell
from evalrun.runners.results import Cell, Labels, Results, aggregate

LABELS = Labels(recipe="r", model="m", kv="full", protocol="multi_turn", scorer="s")


def score(
    row: int,
    *values: float | None,
    task: str = "t",
    subtasks: tuple[str | None, ...] | None = None,
    scorer: str = "s",
    status: Status = "ok",
    metric: str = "accuracy",
) -> Score:
    names = subtasks or (None,) * len(values)
    return Score(
        id=f"{task}/{row}#0",
        scorer=scorer,
        scores={},
        answer=None,
        status=status,
        sample_id=f"{task}/{row}",
        epoch=0,
        task=task,
        group=None,
        turns=tuple(
            TurnScore(turn=i, scores={metric: v}, subtask=s, status=status)
            for i, (v, s) in enumerate(zip(values, names, strict=True))
        ),
    )


def prediction(row: int, error: Failure | None = None, **fields) -> Prediction:
    return Prediction(
        id=f"t/{row}#0", sample_id=f"t/{row}", epoch=0, task="t", error=error, **fields
    )


def plan(total: int, *cells: tuple[str, int, str | None, int]) -> Plan:
    return Plan(total, tuple(PlannedCell(t, turn, s, n) for t, turn, s, n in cells))


def results(
    scores: list[Score],
    plan_: Plan,
    table: TableOptions | None = None,
    predictions=(),
) -> Results:
    return aggregate(scores, predictions, LABELS, plan_, table or TableOptions())


def cell(found: Results, level: str, name: str, **fields: object) -> Cell:
    (one,) = [
        c
        for c in found.cells
        if (c.level, c.name) == (level, name)
        and all(getattr(c, key) == value for key, value in fields.items())
    ]
    return one


def test_turn_means_and_their_mean_weigh_unequal_turn_counts_as_stated() -> None:
    """Row 0 has turns 1, 0; row 1 has only turn 1. Turn means 1.0 and 0.0, pairs 2/3."""
    scores = [score(0, 1.0, 0.0), score(1, 1.0)]
    planned = plan(2, ("t", 0, None, 2), ("t", 1, None, 1))
    by_turns = results(scores, planned, TableOptions(weighting="turns"))
    assert [cell(by_turns, "turn", "t", turn=i).value for i in (0, 1)] == [1.0, 0.0]
    assert cell(by_turns, "task", "t").value == pytest.approx(0.5)
    by_pairs = results(scores, planned, TableOptions(weighting="pairs"))
    assert cell(by_pairs, "task", "t").value == pytest.approx(2 / 3)


def test_a_mixed_task_is_the_mean_of_its_subtasks_without_absent_turns() -> None:
    """Subtask a: turns 0 and 2, mean 0.5; subtask b: turn 1, mean 1. Task (0.5 + 1) / 2."""
    scores = [score(0, 1.0, 1.0, 0.0, subtasks=("a", "b", "a"))]
    found = results(scores, plan(1, ("t", 0, "a", 1), ("t", 1, "b", 1), ("t", 2, "a", 1)))
    assert cell(found, "subtask", "t", subtask="a").value == pytest.approx(0.5)
    assert cell(found, "subtask", "t", subtask="b").value == pytest.approx(1.0)
    assert cell(found, "task", "t").value == pytest.approx(0.75)


def test_groups_average_tasks_and_avg_averages_groups_only_when_whole() -> None:
    scores = [score(0, 1.0, task="a"), score(0, 0.0, task="b"), score(0, 1.0, task="c")]
    planned = plan(3, ("a", 0, None, 1), ("b", 0, None, 1), ("c", 0, None, 1))
    table = TableOptions(groups={"g": ("a", "b"), "h": ("c",)})
    found = results(scores, planned, table)
    assert cell(found, "group", "g").value == pytest.approx(0.5)
    assert cell(found, "all", "AVG").value == pytest.approx(0.75)
    partial = results(scores[:2], planned, table)
    assert [c.name for c in partial.level("group")] == ["g"]
    assert partial.level("all") == []


def test_failed_samples_are_missing_and_never_wrong() -> None:
    failed = prediction(1, Failure("timeout", "late"))
    found = results([score(0, 1.0)], plan(2, ("t", 0, None, 2)), None, [prediction(0), failed])
    task = cell(found, "task", "t")
    assert (task.value, task.n, task.n_missing) == (1.0, 1, 1)
    assert found.failed == {"timeout": 1}
    assert not found.is_complete


def test_a_failure_that_was_mended_later_counts_no_more() -> None:
    rows = [prediction(0, Failure("timeout", "late")), prediction(0)]
    found = results([score(0, 1.0)], plan(1, ("t", 0, None, 1)), None, rows)
    assert found.failed == {}
    assert found.is_complete


def test_scorer_errors_are_missing_until_graded_again() -> None:
    broken = score(0, None, status="scorer_error")
    planned = plan(1, ("t", 0, None, 1))
    found = results([broken], planned, None, [prediction(0)])
    assert found.statuses == {"scorer_error": 1}
    assert not found.is_complete
    mended = results([broken, score(0, 1.0)], planned, None, [prediction(0)])
    assert mended.statuses == {"ok": 1}
    assert mended.is_complete


def test_verdicts_of_other_scorers_in_the_folder_are_left_out() -> None:
    scores = [score(0, 0.0, scorer="other"), score(0, 1.0)]
    assert cell(results(scores, plan(1, ("t", 0, None, 1))), "task", "t").value == 1.0


def test_statuses_are_counted_beside_the_values() -> None:
    scores = [score(0, 1.0, status="truncated"), score(1, 0.0, status="empty")]
    found = results(scores, plan(2, ("t", 0, None, 2)))
    assert found.statuses == {"truncated": 1, "empty": 1}
    assert cell(found, "task", "t").value == 0.5


def test_measures_are_means_over_contexts_and_usage_is_summed() -> None:
    def kv(bytes_: int, dropped: int) -> KVReport:
        return KVReport(
            method="full",
            tokens_seen=10,
            tokens_kept=10,
            tokens_kept_per_layer=(10,),
            bytes=bytes_,
            prefill_s=1.0,
            tokens_dropped=dropped,
            peak_memory_bytes=bytes_ * 2,
        )

    usage = Usage(input_tokens=5, output_tokens=1, cost_usd=0.5)
    rows = [prediction(0, kv=kv(100, 0), usage=usage), prediction(1, kv=kv(300, 4), usage=usage)]
    found = results([score(0, 1.0), score(1, 1.0)], plan(2, ("t", 0, None, 2)), None, rows)
    assert found.measures.cache_bytes == 200
    assert found.measures.peak_memory_bytes == 600
    assert found.truncated_inputs == 1
    assert (found.usage.input_tokens, found.usage.cost_usd) == (10, 1.0)
