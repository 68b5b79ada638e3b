"""What stands in a cell: worked out by hand for each way of making one number of verdicts."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from graded import grid, only, run, values, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError
from evalrun.runners.results import StoredRun
from evalrun.scorers.statistics.intervals import weighted_interval

SHARES = st.floats(0, 1)
TURNS = st.lists(st.lists(SHARES | st.sampled_from([0.0, 1.0]), min_size=1, max_size=4), min_size=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def epochs(tmp_path: Path) -> list[StoredRun]:
    """Two samples asked four times: a is right once, b three times (and half right once)."""
    right = {"a": (1.0, 0.0, 0.0, 0.0), "b": (0.5, 1.0, 1.0, 1.0)}
    scores = [
        verdict(name, value, epoch=epoch)
        for name, graded in right.items()
        for epoch, value in reversed(list(enumerate(graded)))
    ]
    return [run(tmp_path, scores, options={"epochs": 4})]


@pytest.mark.parametrize(
    ("how", "a", "b"),
    [
        ({"how": "mean"}, 0.25, 0.875),
        ({"how": "sum"}, 1.0, 3.5),
        ({"how": "max"}, 1.0, 1.0),
        ({"how": "min"}, 0.0, 0.5),
        ({"how": "all"}, 0.0, 0.0),
        ({"how": "any"}, 1.0, 1.0),
        ({"how": "majority"}, 0.0, 1.0),
        ({"how": "first"}, 1.0, 0.5),
        ({"how": "last"}, 0.0, 1.0),
        # 1 - C(3,2)/C(4,2); b has 3.5 right, and 4 - 3.5 < 2.
        ({"how": "pass_at_k", "k": 2}, 0.5, 1.0),
        # C(1,2) = 0; 3.5 * 2.5 / (4 * 3).
        ({"how": "pass_hat_k", "k": 2}, 0.0, 8.75 / 12),
    ],
    ids=lambda value: value["how"] if isinstance(value, dict) else "",
)
def test_epochs_are_reduced_to_one_value_a_sample(
    epochs: list[StoredRun], how: dict[str, object], a: float, b: float
) -> None:
    column = {"reduce": [{"over": "epoch", **how}], "range": None}
    cell = only(grid(epochs, column))
    assert cell.value == pytest.approx((a + b) / 2)
    assert (cell.n, cell.n_clusters) == (8, 2)


def test_an_equally_frequent_value_makes_half_a_majority(tmp_path: Path) -> None:
    scores = [verdict("a", value, epoch=epoch) for epoch, value in enumerate((1.0, 0.0))]
    runs = [run(tmp_path, scores, options={"epochs": 2})]
    assert only(grid(runs, {"reduce": [{"over": "epoch", "how": "majority"}]})).value == 0.5


def test_pass_at_k_of_fewer_than_k_replies_is_missing(tmp_path: Path) -> None:
    scores = [verdict("a", 1.0, epoch=0), *(verdict("b", 0.0, epoch=e) for e in (0, 1))]
    missing = [verdict("a", 1.0, epoch=1)]
    runs = [run(tmp_path, scores, missing=missing, options={"epochs": 2})]
    column = {"reduce": [{"over": "epoch", "how": "pass_at_k", "k": 2}]}
    cell = only(grid(runs, column))
    assert (cell.value, cell.n, cell.n_missing, cell.n_clusters) == (0.0, 3, 1, 1)


def test_samples_are_reduced_within_their_group(tmp_path: Path) -> None:
    """Both questions of the first pair are right, one of the second."""
    pairs = {"p": (1.0, 1.0), "q": (1.0, 0.0)}
    scores = [
        verdict(f"{pair}{i}", value, group=pair)
        for pair, both in pairs.items()
        for i, value in enumerate(both)
    ]
    runs = [run(tmp_path, scores)]
    all_right = {"reduce": [{"over": "sample", "how": "all"}]}
    filled = grid(runs, all_right, {})
    assert values(filled) == {("m",): [0.5, 0.75]}
    assert [cell.n_clusters for cell in filled.rows[0].cells] == [2, 2]


def test_turns_are_reduced_within_their_sample_and_subtask(tmp_path: Path) -> None:
    scores = [verdict("a", [1.0, 0.0, 1.0], subtasks=["x", "x", "y"])]
    runs = [run(tmp_path, scores)]
    over_turns = {"over": "turn", "how": "max"}
    assert only(grid(runs, {"reduce": [over_turns]})).value == 1.0
    both = [{"over": "turn", "how": "mean"}, {"over": "subtask", "how": "min"}]
    assert only(grid(runs, {"reduce": both})).value == 0.5


def test_means_are_nested_outermost_first(tmp_path: Path) -> None:
    """Task a has turn means 1 and 0.5, task b one of 0.25; families f = (a, b) and g = (c)."""
    scores = [
        verdict("0", [1.0, 0.0], task="a"),
        verdict("1", [1.0, 1.0], task="a"),
        verdict("0", [0.25], task="b"),
        verdict("0", [1.0], task="c"),
    ]
    groups = {"f": ["a", "b"], "g": ["c"]}
    runs = [run(tmp_path, scores, table={"groups": groups})]
    family = {"mean_of": ["family", "task", "turn"]}
    weighted = {**family, "weights": {"f": 3, "g": 1}}
    filled = grid(runs, {}, {"mean_of": ["task"]}, family, weighted, {"mean_of": ["family"]})
    pooled, of_tasks, of_families, with_weights, of_pooled_families = values(filled)[("m",)]
    assert pooled == pytest.approx(4.25 / 6, abs=1e-4)
    assert of_tasks == pytest.approx((0.75 + 0.25 + 1) / 3, abs=1e-4)
    assert of_families == pytest.approx((0.5 + 1) / 2)
    assert with_weights == pytest.approx((3 * 0.5 + 1) / 4)
    assert of_pooled_families == pytest.approx((3.25 / 5 + 1) / 2)


def test_a_nested_mean_has_the_error_of_its_independent_cells(tmp_path: Path) -> None:
    """Tasks of two samples each: influences are (x - m_t) / 4; their squares add up to 4 * 1/64.

    With CR1 over four clusters: 4/3 * 4/64 of squares (0.5 / 4)^2 = 1/64 each.
    """
    scores = [verdict(str(i), float(i), task=task) for task in ("a", "b") for i in (0, 1)]
    cell = only(grid([run(tmp_path, scores)], {"mean_of": ["task"]}))
    assert (cell.value, cell.n_clusters) == (0.5, 4)
    assert cell.stderr == pytest.approx(math.sqrt(4 / 3 * 4 / 64))


def test_a_family_without_all_of_its_tasks_has_no_mean(tmp_path: Path) -> None:
    groups = {"f": ["a", "b"], "g": ["c"]}
    scores = [verdict("0", 1.0, task="a"), verdict("0", 1.0, task="c")]
    runs = [run(tmp_path, scores, table={"groups": groups})]
    average = {"name": "AVG", "mean_of": ["family", "task"]}
    filled = grid(runs, {"each": "family", "mean_of": ["task"]}, average)
    assert [column.name for column in filled.columns] == ["f", "g", "AVG"]
    assert values(filled)[("m",)] == [None, 1.0, None]
    assert "AVG: no value where there is none of b" in filled.notes


def test_tasks_of_a_family_may_lie_in_two_runs_of_a_row(tmp_path: Path) -> None:
    groups = {"f": ["a", "b"]}
    runs = [
        run(tmp_path, [verdict("0", value, task=task)], table={"groups": groups})
        for task, value in (("a", 1.0), ("b", 0.0))
    ]
    assert values(grid(runs, {"mean_of": ["family", "task"]})) == {("m",): [0.5]}


def test_a_task_may_belong_to_several_families(tmp_path: Path) -> None:
    groups = {"easy": ["a"], "full": ["a", "b"]}
    scores = [verdict("0", 1.0, task="a"), verdict("0", 0.0, task="b")]
    runs = [run(tmp_path, scores, table={"groups": groups})]
    filled = grid(runs, {"each": "family"}, {"mean_of": ["family", "task"]})
    assert values(filled) == {("m",): [1.0, 0.5, 0.75]}


def test_values_without_a_weight_are_refused_and_weights_without_a_value_leave_none(
    tmp_path: Path,
) -> None:
    scores = [verdict("0", 1.0, task="a"), verdict("0", 0.0, task="b")]
    runs = [run(tmp_path, scores)]
    column = {"mean_of": ["task"], "weights": {"a": 0.8, "b": 0.2, "c": 1}}
    assert only(grid(runs, column)).value is None
    with pytest.raises(ConfigError, match="task 'b' has no weight"):
        grid(runs, {"mean_of": ["task"], "weights": {"a": 1}})


def test_missing_verdicts_are_left_out_or_count_as_zero(tmp_path: Path) -> None:
    missing = [verdict("2", 0.0), verdict("3", 0.0)]
    runs = [run(tmp_path, [verdict("0", 1.0), verdict("1", 0.5)], missing=missing)]
    dropped, zero = grid(runs, {}, {"missing": "zero"}).rows[0].cells
    assert (dropped.value, dropped.n, dropped.n_missing, dropped.n_clusters) == (0.75, 2, 2, 2)
    assert (zero.value, zero.n, zero.n_missing, zero.n_clusters) == (0.375, 2, 2, 4)


def test_missing_epochs_of_a_sample_count_as_its_zeros(tmp_path: Path) -> None:
    """Sample a lacks its second reply, b both of them: pass@1 is 0.5 and 0."""
    missing = [verdict("a", 0, epoch=1), *(verdict("b", 0, epoch=e) for e in (0, 1))]
    runs = [run(tmp_path, [verdict("a", 1.0)], missing=missing, options={"epochs": 2})]
    reduce = [{"over": "epoch", "how": "pass_at_k", "k": 1}]
    cell = only(grid(runs, {"missing": "zero", "reduce": reduce}))
    assert (cell.value, cell.n, cell.n_missing, cell.n_clusters) == (0.25, 1, 3, 2)


def test_zeros_are_of_the_epochs_that_are_missing(tmp_path: Path) -> None:
    """Epoch 0: a right, b missing; epoch 1: both missing."""
    missing = [verdict("a", 0, epoch=1), *(verdict("b", 0, epoch=e) for e in (0, 1))]
    runs = [run(tmp_path, [verdict("a", 1.0)], missing=missing, options={"epochs": 2})]
    zero = {"missing": "zero"}
    first = {**zero, "where": {"epoch": 0}}
    filled = grid(runs, {**zero, "mean_of": ["epoch"]}, first, {**zero, "where": {"epoch": 1}})
    assert values(filled) == {("m",): [0.25, 0.5, 0.0]}
    assert [cell.n_missing for cell in filled.rows[0].cells] == [3, 1, 2]


def test_zeros_have_the_labels_that_were_planned(tmp_path: Path) -> None:
    hard, easy = {"level": "hard", "lang": "en"}, {"level": "easy", "lang": "fr"}
    scores = [verdict("0", 1.0, labels=hard), verdict("1", 1.0, labels=easy)]
    missing = [verdict("2", 0, labels=hard), verdict("3", [0, 0], task="u", labels=hard)]
    runs = [run(tmp_path, scores, missing=missing)]
    column = {"missing": "zero", "where": {"label.level": "hard"}}
    nested = {"missing": "zero", "mean_of": ["label.level", "task"]}
    first, second = grid(runs, column, nested).rows[0].cells
    assert (first.value, first.n, first.n_missing, first.n_clusters) == (0.25, 1, 3, 3)
    assert second.value == pytest.approx((0.25 + 1) / 2)


def test_a_task_without_any_verdict_is_missing_or_zero(tmp_path: Path) -> None:
    runs = [run(tmp_path, [verdict("0", 1.0, task="a")], missing=[verdict("0", 1.0, task="b")])]
    column = {"where": {"task": "b"}}
    dropped, zero = grid(runs, column, {**column, "missing": "zero"}).rows[0].cells
    assert (dropped.value, dropped.n, dropped.n_missing) == (None, 0, 1)
    assert (zero.value, zero.n, zero.n_missing) == (0.0, 0, 1)


def test_labels_select_across_tasks_and_so_does_what_was_planned(tmp_path: Path) -> None:
    hard, easy = {"difficulty": "hard"}, {"difficulty": "easy"}
    scores = [
        verdict("0", 1.0, task="a", labels=hard),
        verdict("1", 0.0, task="a", labels=easy),
        verdict("0", 0.0, task="b", labels=hard),
    ]
    missing = [verdict("2", 0.0, task="b", labels=hard)]
    runs = [run(tmp_path, scores, missing=missing)]
    both = {"where": {"label.difficulty": ["easy", "hard"], "task": "a"}}
    filled = grid(runs, {"where": {"label.difficulty": "hard"}}, both)
    cells = filled.rows[0].cells
    assert [(cell.value, cell.n, cell.n_missing) for cell in cells] == [(0.5, 2, 1), (0.5, 2, 0)]


def test_turns_subtasks_epochs_and_samples_select_too(tmp_path: Path) -> None:
    scores = [
        verdict("0", [1.0, 0.0], subtasks=["x", None], epoch=epoch, group="g" if epoch else None)
        for epoch in (0, 1)
    ]
    runs = [run(tmp_path, scores, options={"epochs": 2})]
    columns = [
        {"where": {name: value}}
        for name, value in [
            ("turn", 1),
            ("subtask", "x"),
            ("subtask", None),
            ("epoch", 1),
            ("group", "g"),
            ("sample", "t/0"),
            ("sample", "t/9"),
        ]
    ]
    cells = grid(runs, *columns).rows[0].cells
    assert [(cell.value, cell.n, cell.n_missing) for cell in cells] == [
        (0.0, 2, 0),
        (1.0, 2, 0),
        (0.0, 2, 0),
        (0.5, 2, 0),
        (0.5, 2, 0),
        (0.5, 4, 0),
        (None, 0, 0),
    ]


def test_a_metric_stands_for_its_task_or_is_chosen(tmp_path: Path) -> None:
    scores = [
        verdict("0", {"f1": 0.5, "em": 0.0}, task="a"),
        verdict("0", {"nothing": None, "rouge": 0.25}, task="b"),
    ]
    runs = [run(tmp_path, scores)]
    cells = grid(runs, {}, {"metric": "em"}, {"metric": "f1"}).rows[0].cells
    assert [(cell.value, cell.n, cell.n_missing) for cell in cells] == [
        (0.375, 2, 0),
        (0.0, 1, 0),
        (0.5, 1, 0),
    ]


def test_verdicts_of_other_scorers_and_mended_errors_are_left_out(tmp_path: Path) -> None:
    scores = [
        verdict("0", 0.0, scorer="other"),
        verdict("1", None, status="scorer_error"),
        verdict("1", 1.0),
        verdict("2", None, status="scorer_error"),
    ]
    stored = run(tmp_path, scores[2:], missing=[])
    stored.folder.scores.write_bytes(run(tmp_path, scores).folder.scores.read_bytes())
    cell = only(grid([stored], {}))
    assert (cell.value, cell.n, cell.n_missing) == (1.0, 1, 1)


def test_sums_and_counts(tmp_path: Path) -> None:
    """Cluster totals 3 and 1 lie 1 from their mean: variance 2/1 * (1 + 1), error 2."""
    runs = [run(tmp_path, [verdict("0", [1.0, 2.0]), verdict("1", [0.0, 1.0])])]
    total, count = grid(runs, {"statistic": "sum"}, {"statistic": "count"}).rows[0].cells
    assert (total.value, total.stderr) == (4.0, pytest.approx(2.0))
    assert (count.value, count.stderr, count.low) == (4.0, None, None)


# The deviations of 0.2, 0.2, 0.4 and 0.5 from their mean square to 0.0675.
@pytest.mark.parametrize(
    ("statistic", "value"),
    [("median", 0.3), ("std", math.sqrt(0.0675 / 3)), ("min", 0.2), ("max", 0.5)],
)
def test_statistics_of_one_variable(tmp_path: Path, statistic: str, value: float) -> None:
    runs = [run(tmp_path, [verdict(str(i), v) for i, v in enumerate((0.2, 0.2, 0.4, 0.5))])]
    cell = only(grid(runs, {"statistic": statistic}))
    assert cell.value == pytest.approx(value)
    assert cell.low is not None
    assert cell.high is not None
    assert cell.low <= cell.value <= cell.high


@pytest.mark.parametrize("statistic", ["pearson", "spearman", "kendall", "cohen_kappa", "macro_f1"])
def test_statistics_of_two_variables_are_those_of_scipy_and_scikit_learn(
    tmp_path: Path, statistic: str
) -> None:
    from scipy import stats
    from sklearn import metrics

    said, true = [1, 2, 2, 3, 1, 3, 3, 1], [1, 2, 3, 3, 1, 2, 3, 2]
    expected = {
        "pearson": lambda: stats.pearsonr(said, true).statistic,
        "spearman": lambda: stats.spearmanr(said, true).statistic,
        "kendall": lambda: stats.kendalltau(said, true).statistic,
        "cohen_kappa": lambda: metrics.cohen_kappa_score(said, true),
        "macro_f1": lambda: metrics.f1_score(true, said, average="macro"),
    }[statistic]()
    scores = [
        verdict(str(i), {"said": float(a), "true": float(b)})
        for i, (a, b) in enumerate(zip(said, true, strict=True))
    ]
    lone = verdict("lone", {"said": 1.0, "true": None})
    column = {"metric": "said", "other_metric": "true", "statistic": statistic}
    filled = grid([run(tmp_path, [*scores, lone])], column)
    assert only(filled).value == pytest.approx(expected)
    assert "c0: interval from 1,000 draws of clusters, 2.5 to 97.5 percentile" in filled.notes


def test_a_statistic_that_is_undefined_is_missing(tmp_path: Path) -> None:
    scores = [verdict(str(i), {"x": 1.0, "y": float(i)}) for i in range(3)]
    column = {"metric": "x", "other_metric": "y", "statistic": "pearson"}
    cell = only(grid([run(tmp_path, scores)], column))
    assert (cell.value, cell.low, cell.n) == (None, None, 3)


def test_a_mean_of_statistics_takes_each_cell_by_itself(tmp_path: Path) -> None:
    scores = [
        verdict(f"{task}{i}", value, task=task)
        for task, graded in {"a": (0.0, 0.2, 1.0), "b": (0.6, 0.8)}.items()
        for i, value in enumerate(graded)
    ]
    column = {"statistic": "median", "mean_of": ["task"]}
    assert only(grid([run(tmp_path, scores)], column)).value == pytest.approx((0.2 + 0.7) / 2)


def test_values_outside_their_range_are_told_and_not_cut(tmp_path: Path) -> None:
    runs = [run(tmp_path, [verdict("0", 3.0), verdict("1", 9.0)])]
    filled = grid(runs, {"name": "judge"}, {"range": [0, 10]}, {"range": None})
    told, ranged, free = filled.rows[0].cells
    assert "judge: values lie outside its range [0, 1]" in filled.notes
    assert told == free
    assert (ranged.low, ranged.high) == (0.0, 10.0)
    assert told.low is not None
    assert told.low < 0.0


@settings(max_examples=30, deadline=None)
@given(TURNS, st.sampled_from(["turns", "pairs"]))
def test_a_plain_column_is_the_cell_of_the_task_in_results_json(
    folder: Path, rows: list[list[float]], weighting: str
) -> None:
    scores = [verdict(str(i), turns) for i, turns in enumerate(rows)]
    stored = run(folder, scores, table={"weighting": weighting})
    (task,) = stored.results.level("task")
    mean_of = ["turn"] if weighting == "turns" else []
    cell = only(grid([stored], {"mean_of": mean_of}))
    for name in ("value", "stderr", "low", "high"):
        known, found = getattr(task, name), getattr(cell, name)
        assert found == (None if known is None else pytest.approx(known, rel=1e-9, abs=1e-12))
    assert (cell.n, cell.n_missing) == (task.n, task.n_missing)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0, 1]), SHARES), min_size=2))
def test_the_inner_mean_is_taken_first(folder: Path, rows: list[tuple[str, int, float]]) -> None:
    scores = [
        verdict(str(i), value, task=task, labels={"half": str(half)})
        for i, (task, half, value) in enumerate(rows)
    ]
    by_task: dict[str, dict[int, list[float]]] = {}
    for task, half, value in rows:
        by_task.setdefault(task, {}).setdefault(half, []).append(value)
    mean = lambda numbers: math.fsum(numbers) / len(numbers)  # noqa: E731
    expected = mean([mean([mean(v) for v in halves.values()]) for halves in by_task.values()])
    column = {"mean_of": ["task", "label.half"]}
    assert only(grid([run(folder, scores)], column)).value == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(SHARES, SHARES), min_size=2, max_size=8))
def test_samples_that_share_a_group_are_one_cluster(
    folder: Path, pairs: list[tuple[float, float]]
) -> None:
    scores = [
        verdict(f"{i}{j}", value, group=str(i))
        for i, both in enumerate(pairs)
        for j, value in enumerate(both)
    ]
    cell = only(grid([run(folder, scores)], {}))
    observations = [(i, None, value) for i, both in enumerate(pairs) for value in both]
    expected = weighted_interval(observations, weighting="pairs")
    assert expected is not None
    assert cell.stderr == pytest.approx(expected.standard_error, rel=1e-9, abs=1e-12)
    assert cell.n_clusters == len(pairs)
