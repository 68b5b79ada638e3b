"""From rows to cells, worked out by hand."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evalrun.core.config import TableOptions
from evalrun.core.exchange import KVReport, Usage
from evalrun.core.prediction import Failure, Prediction
from evalrun.core.score import Score, Status, TurnScore
from evalrun.runners.plan import Plan, PlannedCell
from evalrun.runners.results import Cell, Labels, Results, aggregate, mean_cell

SIGNED = st.floats(-1, 1)
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


def interval(name: str, value: float, **ends: float) -> Cell:
    """A task cell of ten verdicts and a missing one."""
    whole = {"stderr": None, "low": None, "high": None, "n": 10, "n_missing": 1}
    return Cell(level="task", name=name, metric="f1", value=value, **{**whole, **ends})


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


def test_a_metric_of_some_turns_is_only_missing_on_those() -> None:
    """`all` stands on turn 0 alone, as the verdict on the whole sample; sample 2 was not graded."""
    scores = [score(0, 1.0, 0.0), score(1, 1.0, 1.0)]
    for index, whole in enumerate((0.0, 1.0)):
        first, *others = scores[index].turns
        first = msgspec.structs.replace(first, scores={"all": whole, **first.scores})
        scores[index] = msgspec.structs.replace(scores[index], turns=(first, *others))
    found = results(scores, plan(3, ("t", 0, None, 3), ("t", 1, None, 3)))
    whole = cell(found, "subtask", "t", metric="all")
    assert (whole.value, whole.n, whole.n_missing) == (0.5, 2, 1)
    every = cell(found, "subtask", "t", metric="accuracy")
    assert (every.value, every.n, every.n_missing) == (0.75, 4, 2)
    assert cell(found, "task", "t").metric == "all"


def test_a_turn_without_any_verdict_is_missing_for_every_metric() -> None:
    found = results([score(0, 1.0)], plan(2, ("t", 0, None, 2), ("t", 1, None, 1)))
    assert cell(found, "subtask", "t").n_missing == 2


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


def test_the_interval_of_a_mean_is_put_together_from_those_of_its_cells() -> None:
    """Below: sqrt(0.1^2 + 0.2^2) / 2 = 0.112; above: sqrt(0.3^2 + 0.2^2) / 2 = 0.180."""
    one = interval("a", 0.4, stderr=0.03, low=0.3, high=0.7)
    other = interval("b", 0.2, stderr=0.04, low=0.0, high=0.4)
    mean = mean_cell("group", "g", [one, other])
    assert mean.value == pytest.approx(0.3)
    assert mean.stderr == pytest.approx(0.025)
    assert mean.low == pytest.approx(0.3 - math.sqrt(0.05) / 2)
    assert mean.high == pytest.approx(0.3 + math.sqrt(0.13) / 2)
    assert (mean.n, mean.n_missing) == (20, 2)


def test_the_mean_of_signed_cells_is_not_cut_at_0() -> None:
    """Below and above: sqrt(0.2^2 + 0.2^2) / 2 = 0.141."""
    one = interval("a", -0.4, stderr=0.1, low=-0.6, high=-0.2)
    other = interval("b", 0.1, stderr=0.1, low=-0.1, high=0.3)
    mean = mean_cell("group", "g", [one, other])
    assert mean.low == pytest.approx(-0.15 - math.sqrt(0.08) / 2)
    assert mean.high == pytest.approx(-0.15 + math.sqrt(0.08) / 2)


def ends_of(
    values: list[float], **ranges: tuple[float, float]
) -> tuple[float | None, float | None]:
    """Return the interval of the mean of `values`, each of a sample of its own."""
    scores = [score(row, value, metric="bias") for row, value in enumerate(values)]
    table = TableOptions(ranges=ranges)
    task = cell(results(scores, plan(len(values), ("t", 0, None, len(values))), table), "task", "t")
    return task.low, task.high


def test_the_interval_of_a_signed_metric_is_not_cut_at_0() -> None:
    """Mean -0.4, standard error 0.1, t(1) = 12.706."""
    assert ends_of([-0.5, -0.3]) == pytest.approx((-0.4 - 1.2706, -0.4 + 1.2706), abs=1e-4)


def test_an_interval_ends_where_the_range_of_its_metric_does() -> None:
    assert ends_of([0.3, 0.9]) == (0.0, 1.0)
    assert ends_of([0.3, 0.9], bias=(-1.0, 1.0)) == (-1.0, 1.0)
    assert ends_of([-0.5, -0.3], bias=(-1.0, 1.0))[0] == -1.0
    # A declared range that a value is not in says nothing.
    low, high = ends_of([-0.5, 1.3], bias=(-1.0, 1.0))
    assert low is not None
    assert high is not None
    assert low < -1.0 < 1.0 < high


def test_values_at_the_ends_of_a_declared_range_are_a_proportion() -> None:
    """Wilson's interval of 1 of 2, in units of a width of 2: the centre 0 plus and minus 0.811."""
    assert ends_of([-1.0, 1.0], bias=(-1.0, 1.0)) == pytest.approx((-0.811, 0.811), abs=2e-3)


def test_a_mean_with_a_cell_of_unknown_interval_has_none() -> None:
    known = interval("a", 0.4, stderr=0.03, low=0.3, high=0.7)
    mean = mean_cell("group", "g", [known, interval("b", 0.2)])
    assert mean.value == pytest.approx(0.3)
    assert (mean.stderr, mean.low, mean.high) == (None, None, None)


@example([[0.0, 2.2620244625072348e-305, 2.2620244625072348e-305]] * 3)
@given(st.lists(st.tuples(SIGNED, SIGNED, SIGNED).map(sorted), min_size=2, max_size=12))
def test_the_interval_of_a_mean_holds_it_and_stays_within_the_range_of_its_cells(
    ends: list[list[float]],
) -> None:
    cells = [interval("t", value, low=low, high=high) for low, value, high in ends]
    mean = mean_cell("group", "g", cells)
    assert mean.value is not None
    assert mean.low is not None
    assert mean.high is not None
    assert min(low for low, _, _ in ends) <= mean.low <= mean.value <= mean.high
    assert mean.high <= max(high for _, _, high in ends)
    assert mean.high - mean.low <= max(high - low for low, _, high in ends) + 1e-9


def test_results_remember_the_groups_and_columns_of_the_recipe() -> None:
    table = TableOptions(groups={"g": ("a", "b"), "h": ("c",)}, columns="groups")
    found = results([score(0, 1.0, task="c")], plan(1, ("c", 0, None, 1)), table)
    assert (found.groups, found.columns) == (table.groups, "groups")
    assert found.whole_groups == {"h": ("c",)}


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


def test_answers_without_a_verdict_leave_the_denominator_and_are_missing() -> None:
    """Two replies of 3 answers: 1, 0 and none; 1, none, none. By pairs 2 of 3; 3 are missing."""
    scores = [score(0, 1.0, 0.0, None), score(1, 1.0, None, None)]
    planned = plan(2, *(("t", answer, None, 2) for answer in range(3)))
    found = results(scores, planned, TableOptions(weighting="pairs"))
    task = cell(found, "task", "t")
    assert (task.value, task.n, task.n_missing) == (pytest.approx(2 / 3), 3, 3)
    assert [(c.turn, c.value, c.n, c.n_missing) for c in found.level("turn")] == [
        (0, 1.0, 2, 0),
        (1, 0.0, 1, 1),
    ]


def test_a_task_without_any_value_is_shown_with_all_that_is_missing() -> None:
    found = results([score(0, None, None)], plan(1, ("t", 0, None, 1), ("t", 1, None, 1)))
    only = cell(found, "subtask", "t")
    assert (only.value, only.n, only.n_missing) == (None, 0, 2)
    assert found.level("task") == []


def test_a_task_without_any_value_is_no_zero_in_its_group() -> None:
    scores = [score(0, 1.0, task="a"), score(0, None, task="b")]
    planned = plan(2, ("a", 0, None, 1), ("b", 0, None, 1))
    found = results(scores, planned, TableOptions(groups={"g": ("a", "b")}))
    assert found.level("group") == []


def test_a_reply_may_hold_hundreds_of_answers() -> None:
    planned = plan(1, *(("t", answer, None, 1) for answer in range(300)))
    found = results([score(0, *[1.0] * 300)], planned, TableOptions(weighting="pairs"))
    assert cell(found, "turn", "t", turn=299).value == 1.0
    assert cell(found, "task", "t").n == 300


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


@given(st.permutations(range(6)))
def test_cells_do_not_depend_on_which_verdict_came_first(order: list[int]) -> None:
    told = [
        score(0, 1.0, 0.0, subtasks=("one", "two")),
        score(1, 0.1, 0.7, subtasks=("one", "two"), metric="f1"),
        score(2, 0.3, task="u"),
        score(3, 0.2, task="u"),
        score(4, None, task="v"),
        score(5, 0.7, task="u", metric="f1"),
    ]
    plan = Plan(
        total=6,
        cells=(
            PlannedCell("t", 0, "one", 2),
            PlannedCell("t", 1, "two", 2),
            PlannedCell("v", 0, None, 1),
            PlannedCell("u", 0, None, 3),
        ),
    )

    def results(scores: list[Score]) -> Results:
        return aggregate(scores, [], LABELS, plan, TableOptions())

    assert results([told[i] for i in order]).cells == results(told).cells
    names = dict.fromkeys(cell.name for cell in results(told).level("subtask"))
    assert list(names) == ["t", "v", "u"]
