"""Formulas over columns: what they come to, and how sure it is."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from graded import grid, only, run, values, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError
from evalrun.runners.layouts.formula import evaluated, parsed
from evalrun.runners.results import StoredRun

POSITIVE = st.floats(0.1, 10)
A, B = ({"id": name, "where": {"task": name}, "hidden": True} for name in "ab")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def two_tasks(folder: Path, a: list[float], b: list[float]) -> list[StoredRun]:
    """Return a run whose tasks ask about the same things: sample i of both is in group i."""
    scores = [
        verdict(f"{task}{i}", value, task=task, group=str(i))
        for task, graded in (("a", a), ("b", b))
        for i, value in enumerate(graded)
    ]
    return [run(folder, scores)]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("a - b", 0.3),
        ("-a + 2 * b", -0.1),
        ("a / b", 2.5),
        ("(a + b) ** 2", 0.49),
        ("mean(a, b, 0.2)", 0.3),
        ("harmonic(a, b)", 2 / 7),
        ("geometric(a, b)", math.sqrt(0.1)),
        ("min(a, b)", 0.2),
        ("max(a, b)", 0.5),
        ("sqrt(a * 2)", 1.0),
        ("abs(b - a)", 0.3),
        ("1 / (1 + 10 ** ((a - b) / 0.3))", 1 / 11),
    ],
)
def test_formulas_compute_with_columns(tmp_path: Path, formula: str, expected: float) -> None:
    runs = two_tasks(tmp_path, [0.4, 0.6], [0.1, 0.3])
    assert only(grid(runs, A, B, {"formula": formula})).value == pytest.approx(expected)


@pytest.mark.parametrize(
    "formula",
    ["a / b", "a * b", "a ** b", "a ** 3", "a - 2 * b", "mean(a, b)", "harmonic(a, b)",
     "geometric(a, b)", "min(a, b) + max(a, b)", "sqrt(a)", "abs(a - b)", "-a"],
)  # fmt: skip
@given(a=POSITIVE, b=POSITIVE)
def test_derivatives_are_those_of_small_steps(formula: str, a: float, b: float) -> None:
    if abs(a - b) < 1e-3:
        return
    operands, tree = {"a": (0,), "b": (1,)}, parsed(formula, "c")
    at = evaluated(tree, operands, [a, b])
    assert at is not None
    for place in (0, 1):
        step = [1e-6 if index == place else 0.0 for index in (0, 1)]
        up = evaluated(tree, operands, [a + step[0], b + step[1]])
        down = evaluated(tree, operands, [a - step[0], b - step[1]])
        assert up is not None
        assert down is not None
        slope = (up.value - down.value) / 2e-6
        assert at.gradient[place] == pytest.approx(slope, rel=1e-4, abs=1e-4)


def test_the_error_of_a_difference_is_that_of_paired_values(tmp_path: Path) -> None:
    """Differences 0.3, 0.5, 0.1 have mean 0.3 and standard deviation 0.2, error 0.2 / sqrt(3)."""
    runs = two_tasks(tmp_path, [0.4, 0.8, 0.3], [0.1, 0.3, 0.2])
    cell = only(grid(runs, A, B, {"formula": "a - b", "signed": True}))
    assert cell.stderr == pytest.approx(0.2 / math.sqrt(3))
    assert cell.high == pytest.approx(0.3 + 4.302653 * 0.2 / math.sqrt(3))
    assert (cell.n, cell.n_clusters) == (6, 3)


def test_the_error_of_a_ratio_is_the_delta_methods(tmp_path: Path) -> None:
    """Influences on a / b are (u_a - (a / b) u_b) / b."""
    a, b = [0.4, 0.8, 0.3], [0.2, 0.6, 0.4]
    runs = two_tasks(tmp_path, a, b)
    mean_a, mean_b = sum(a) / 3, sum(b) / 3
    ratio = mean_a / mean_b
    shares = [((x - mean_a) - ratio * (y - mean_b)) / 3 / mean_b for x, y in zip(a, b, strict=True)]
    expected = math.sqrt(3 / 2 * sum(share**2 for share in shares))
    assert only(grid(runs, A, B, {"formula": "a / b"})).stderr == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_the_difference_of_identical_runs_is_surely_0(folder: Path, graded: list[float]) -> None:
    scores = [verdict(str(i), value) for i, value in enumerate(graded)]
    runs = [run(folder, scores, kv=kv) for kv in ("full", "snapkv")]
    columns = [{"id": kv, "where": {"kv": kv}, "hidden": True} for kv in ("full", "snapkv")]
    cell = only(grid(runs, *columns, {"formula": "snapkv - full", "signed": True}))
    assert (cell.value, cell.stderr, cell.low, cell.high) == (0.0, 0.0, 0.0, 0.0)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=6))
def test_a_formula_is_as_sure_as_the_mean_it_writes_out(
    folder: Path, pairs: list[tuple[float, float]]
) -> None:
    runs = two_tasks(folder, [a for a, _ in pairs], [b for _, b in pairs])
    formula = {"formula": "0.25 * a + 0.75 * b"}
    nested = {"mean_of": ["task"], "weights": {"a": 1, "b": 3}}
    written, meant = grid(runs, A, B, formula, nested).rows[0].cells
    assert written.value == pytest.approx(meant.value)
    assert written.stderr == pytest.approx(meant.stderr, abs=1e-12)


def test_what_is_undefined_is_missing(tmp_path: Path) -> None:
    runs = two_tasks(tmp_path, [0.4, 0.6], [0.0, 0.0])
    columns = [{"formula": f} for f in ("a / b", "sqrt(b - a)", "geometric(a, -a)", "b ** -1")]
    assert values(grid(runs, A, B, *columns)) == {("m",): [None] * 4}


def test_means_of_zeros_are_zero_and_uncertain_where_they_turn_sharply(tmp_path: Path) -> None:
    runs = two_tasks(tmp_path, [0.0, 0.8], [0.0, 0.0])
    harmonic, geometric = (
        grid(runs, A, B, {"formula": "harmonic(a, b)"}, {"formula": "geometric(a, b)"})
        .rows[0]
        .cells
    )
    assert (harmonic.value, harmonic.stderr) == (0.0, 0.0)
    assert (geometric.value, geometric.stderr) == (0.0, None)


def test_a_formula_of_what_is_missing_is_missing(tmp_path: Path) -> None:
    runs = [run(tmp_path, [verdict("0", 1.0, task="a")], missing=[verdict("0", 1.0, task="b")])]
    cell = only(grid(runs, A, B, {"formula": "a - b"}))
    assert (cell.value, cell.n, cell.n_missing) == (None, 1, 1)


def test_a_formula_over_a_pooled_statistic_has_no_interval(tmp_path: Path) -> None:
    runs = two_tasks(tmp_path, [0.4, 0.6], [0.1, 0.3])
    middle = {"id": "middle", "statistic": "median", "hidden": True}
    cell = only(grid(runs, A, middle, {"formula": "a - middle"}))
    assert (cell.value, cell.stderr, cell.low) == (pytest.approx(0.15), None, None)


def test_intervals_of_formulas_are_cut_to_their_range_unless_signed(tmp_path: Path) -> None:
    runs = two_tasks(tmp_path, [0.0, 1.0], [0.0, 0.0])
    cut, signed = (
        grid(runs, A, B, {"formula": "a - b"}, {"formula": "a - b", "signed": True}).rows[0].cells
    )
    assert (cut.low, cut.high) == (0.0, 1.0)
    assert signed.low is not None
    assert signed.low < -1.0


def test_each_spells_a_column_out_and_its_id_stands_for_all_of_them(tmp_path: Path) -> None:
    scores = [
        verdict(f"{task}{i}", value, task=task)
        for task, graded in {"b": (1.0, 0.0), "a": (1.0, 1.0)}.items()
        for i, value in enumerate(graded)
    ]
    runs = [run(tmp_path, scores)]
    of_task = {"id": "acc", "each": "task", "under": "accuracy"}
    wrong = {"id": "wrong", "each": "task", "formula": "1 - acc"}
    filled = grid(
        runs, of_task, wrong, {"name": "AVG", "formula": "mean(acc)"}, names={"task": {"a": "A"}}
    )
    assert [column.name for column in filled.columns] == ["A", "b", "A", "b", "AVG"]
    assert [column.id for column in filled.columns[:2]] == ["acc[a]", "acc[b]"]
    assert values(filled) == {("m",): [1.0, 0.5, 0.0, 0.5, 0.75]}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([{"formula": "f2 - 1"}, {"id": "f1"}], "'c0'.*no column id with 'f2'.*'f1'"),
        ([{"formula": "harmonc(f1)"}, {"id": "f1"}], "unknown function 'harmonc'.*'harmonic'"),
        ([{"formula": "f1 +"}, {"id": "f1"}], "cannot read the formula"),
        ([{"formula": "f1.real"}, {"id": "f1"}], "'f1.real'.*not allowed"),
        ([{"formula": "f1 if f1 else 1"}, {"id": "f1"}], "not allowed"),
        ([{"formula": "f1 % 2"}, {"id": "f1"}], "not allowed"),
        ([{"formula": "__import__('os')"}], "unknown function"),
        ([{"formula": "mean(f1, x=1)"}, {"id": "f1"}], "not allowed"),
        ([{"formula": "sqrt(f1, f1)"}, {"id": "f1"}], "takes one argument"),
        ([{"formula": "True"}], "not allowed"),
        ([{"id": "x", "formula": "y"}, {"id": "y", "formula": "x + 1"}], "depends on itself"),
        ([{"formula": "f1 + 1"}, {"id": "f1", "each": "turn"}], "mean\\(f1\\)"),
        ([{"id": "f1"}, {"id": "f1"}], "two columns have the id 'f1'"),
        ([{"id": "f1"}, {"formula": "f1", "mean_of": ["task"]}], "no mean_of of its own"),
        ([{"id": "f1", "each": "task", "where": {"task": "a"}},
          {"formula": "f1", "each": "task"}], "no 'f1' of task b"),
    ],
)  # fmt: skip
def test_a_bad_formula_is_refused_with_the_way_out(
    tmp_path: Path, columns: list[dict[str, object]], message: str
) -> None:
    scores = [verdict("0", [1.0, 0.0], task=task) for task in "ab"]
    with pytest.raises(ConfigError, match=message):
        grid([run(tmp_path, scores)], *columns)
