"""Which runs stand in one row, how rows are called and sorted, and what is said below."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest
from graded import grid, run, values, verdict

from evalrun.core.errors import ConfigError, DataError, MissingExtraError
from evalrun.runners.status import read_status, write_status

A, B = ({"where": {"task": task}} for task in "ab")


def one(task: str = "a", value: float = 1.0) -> list:
    return [verdict("0", value, task=task)]


def test_runs_over_different_tasks_share_a_row(tmp_path: Path) -> None:
    runs = [
        run(tmp_path, one("a")),
        run(tmp_path, one("b", 0.0)),
        run(tmp_path, one("a"), kv="h2o"),
    ]
    filled = grid(runs, A, B, {"mean_of": ["task"]}, rows=["model", "kv"])
    assert values(filled) == {("m", "full"): [1.0, 0.0, 0.5], ("m", "h2o"): [1.0, None, 1.0]}
    assert [row.runs for row in filled.rows] == [(0, 1), (2,)]
    assert filled.folders == tuple(str(r.folder.path) for r in runs)


def test_runs_that_claim_the_same_cell_have_rows_of_their_own_and_a_note(tmp_path: Path) -> None:
    runs = [
        run(tmp_path, one(value=value), protocol=protocol)
        for protocol, value in (("multi_turn", 1.0), ("multi_request", 0.0))
    ]
    filled = grid(runs, A)
    assert [row.cells[0].value for row in filled.rows] == [1.0, 0.0]
    assert "m has 2 rows, by protocol: multi_turn | multi_request" in filled.notes


def test_runs_apart_by_configuration_say_by_which_key(tmp_path: Path) -> None:
    runs = [run(tmp_path, one(), benchmark={"shots": shots}) for shots in (0, 5)]
    filled = grid(runs, A)
    assert "m has 2 rows, by config.benchmark.shots: 0 | 5" in filled.notes


def test_columns_that_choose_among_runs_leave_them_in_one_row(tmp_path: Path) -> None:
    runs = [
        run(tmp_path, one(value=value), benchmark={"baseline": baseline})
        for baseline, value in ((False, 0.25), (True, 1.0))
    ]
    columns = [
        {"id": "base", "where": {"config.benchmark.baseline": True}},
        {"id": "longgen", "where": {"config.benchmark.baseline": False}},
        {"formula": "longgen - base", "signed": True},
    ]
    assert values(grid(runs, *columns)) == {("m",): [1.0, 0.25, -0.75]}


def test_runs_over_different_labels_of_a_task_share_a_row(tmp_path: Path) -> None:
    runs = [
        run(tmp_path, [verdict("0", value, labels={"split": split})])
        for split, value in (("easy", 1.0), ("hard", 0.0))
    ]
    assert values(grid(runs, {})) == {("m",): [0.5]}


def test_a_limited_run_never_shares_a_row_with_a_full_one(tmp_path: Path) -> None:
    runs = [run(tmp_path, one("a")), run(tmp_path, one("b"), options={"limit": 5})]
    filled = grid(runs, A, B)
    assert [row.sample_limit for row in filled.rows] == [None, 5]
    assert [row.keys for row in filled.rows] == [("m",), ("m",)]
    assert "m: limited to 5 samples of each task" in filled.notes
    assert not [note for note in filled.notes if "rows, by" in note]


def test_rows_may_be_tasks_and_labels(tmp_path: Path) -> None:
    scores = [
        verdict(f"{task}{label}", value, task=task, labels={"lang": label})
        for task, label, value in [("b", "fr", 0.0), ("a", "en", 1.0), ("b", "en", 0.5)]
    ]
    runs = [run(tmp_path, scores, model=model) for model in ("m1", "m2")]
    names = {"task": {"a": "Task A"}, "label.lang": {"en": "English"}}
    filled = grid(runs, {}, rows=["task", "model", "label.lang"], names=names)
    assert [row.keys for row in filled.rows] == [
        ("Task A", "m1", "English"),
        ("Task A", "m2", "English"),
        ("b", "m1", "fr"),
        ("b", "m1", "English"),
        ("b", "m2", "fr"),
        ("b", "m2", "English"),
    ]
    assert values(filled)[("b", "m1", "English")] == [0.5]


def test_rows_may_be_families_and_keys_of_the_configuration(tmp_path: Path) -> None:
    groups = {"f": ["a"], "g": ["a", "b"]}
    scores = [*one("a", 1.0), *one("b", 0.0)]
    runs = [run(tmp_path, scores, table={"groups": groups}, benchmark={"k": 0.5})]
    filled = grid(runs, {}, rows=["family", "config.benchmark.k", "config.run.limit"])
    assert values(filled) == {("f", "0.5", "-"): [1.0], ("g", "0.5", "-"): [0.5]}


@pytest.mark.parametrize(
    ("better", "order"), [("higher", ["m2", "m3", "m1", "m4"]), ("lower", ["m1", "m3", "m2", "m4"])]
)
def test_rows_are_sorted_by_a_column_best_first_and_missing_last(
    tmp_path: Path, better: str, order: list[str]
) -> None:
    graded = {"m4": None, "m1": 0.1, "m2": 0.9, "m3": 0.5}
    runs = [run(tmp_path, [verdict("0", v)], model=model) for model, v in graded.items()]
    filled = grid(runs, {"name": "score", "better": better}, sort="score")
    assert [row.keys[0] for row in filled.rows] == order


def test_rows_without_sort_stand_in_the_order_of_the_runs(tmp_path: Path) -> None:
    runs = [run(tmp_path, one(), model=model) for model in ("z", "a", "k")]
    assert list(values(grid(runs, {}))) == [("z",), ("a",), ("k",)]


def test_each_may_go_over_runs_turns_and_labels(tmp_path: Path) -> None:
    runs = [
        run(tmp_path, [verdict("0", [value, 0.0], labels={"x": "y"})], kv=kv)
        for kv, value in (("full", 1.0), ("h2o", 0.5))
    ]
    filled = grid(runs, {"each": "kv"}, {"each": "turn"}, {"each": "label.x"}, rows=[])
    assert [column.name for column in filled.columns] == ["full", "h2o", "0", "1", "y"]


def test_runs_that_feed_no_column_are_named(tmp_path: Path) -> None:
    runs = [run(tmp_path, one("a")), run(tmp_path, one("c"))]
    filled = grid(runs, A)
    assert len(filled.rows) == 1
    assert f"without a column here: {runs[1].folder.path}" in filled.notes


def test_hidden_columns_are_not_in_the_grid(tmp_path: Path) -> None:
    filled = grid([run(tmp_path, one())], {"hidden": True}, A)
    assert len(filled.columns) == len(filled.rows[0].cells) == 1


def test_notes_say_whose_data_and_prompts_and_what_failed(tmp_path: Path) -> None:
    data = {"repository": "org/data", "revision": "0123456789abcdef", "prompts": "evalrun wording"}
    scores = [verdict("0", 1.0), verdict("1", 0.0, status="empty")]
    stored = run(tmp_path, scores, provenance=data)
    filled = grid([stored], {})
    assert filled.notes == (
        "scorer: exact; protocol: single_turn",
        "prompts: evalrun wording",
        "data of r: repository org/data, revision 0123456789ab",
        "m+full single_turn: of 2 answers: 1 empty",
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"file": "rows.jsonl", "sha256": "ab" * 32}, "file rows.jsonl, sha256 abababababab"),
        ({"source": "file", "files": {"a": "cd" * 32}}, "source file, a sha256 cdcdcdcdcdcd"),
        ({"generator": 2}, "generator 2"),
        ({"data": {"gsm8k": {"revision": "e" * 40}}}, "gsm8k: revision eeeeeeeeeeee"),
    ],
)
def test_data_is_told_by_what_identifies_it(tmp_path: Path, data: dict, told: str) -> None:
    assert f"data of r: {told}" in grid([run(tmp_path, one(), provenance=data)], {}).notes


@pytest.mark.parametrize(
    ("column", "fields", "message"),
    [
        ({}, {"rows": ["modle"]}, "rows: 'modle' is no dimension; did you mean 'model'"),
        ({"where": {"lable.x": 1}}, {}, "column 'c0': 'lable.x' is no dimension"),
        ({"where": {"label.lnag": 1}}, {}, "no label of the samples; did you mean 'label.lang'"),
        ({"each": "config.kv.methd"}, {}, "did you mean 'config.kv.method'"),
        ({"mean_of": ["turns"]}, {}, "did you mean 'turn'"),
        ({}, {"names": {"tsak": {}}}, "names: 'tsak' is no dimension"),
        ({}, {"rows": ["sample"]}, "a row a sample would be too many"),
        ({"each": "group"}, {}, "`each` cannot be 'group'"),
        ({"name": "score"}, {"sort": "scores"}, "sort: .*'scores'; did you mean 'score'"),
        ({"reduce": [{"over": "epoch", "how": "pass_at_k"}]}, {}, "`k` goes with pass_at_k"),
        ({"reduce": [{"over": "epoch", "how": "max", "k": 2}]}, {}, "`k` goes with pass_at_k"),
        ({"reduce": [{"over": "sample", "how": "first"}]}, {}, "no first"),
        ({"reduce": [{"over": "turn", "how": "max"}], "missing": "zero"}, {}, "count as zero"),
        ({"statistic": "pearson"}, {}, "`other_metric` goes with pearson"),
        ({"other_metric": "x"}, {}, "`other_metric` goes with pearson"),
        ({"weights": {"a": 1}}, {}, "`weights` are of the values of a dimension in `mean_of`"),
        ({"mean_of": ["task"], "weights": {"a": 0}}, {}, "not all 0"),
        ({"statistic": "bradley_terry"}, {}, "label 'opponent' or 'baseline'"),
    ],
)
def test_a_layout_that_speaks_of_what_there_is_not_is_refused(
    tmp_path: Path, column: dict, fields: dict, message: str
) -> None:
    runs = [run(tmp_path, [verdict("0", 1.0, task="a", labels={"lang": "en"})])]
    with pytest.raises(ConfigError, match=message):
        grid(runs, column, **fields)


def test_no_verdicts_at_all_leave_cells_that_say_what_is_missing(tmp_path: Path) -> None:
    runs = [run(tmp_path, [], missing=[verdict("0", 1.0), verdict("1", 1.0)])]
    (cell,) = grid(runs, {"metric": "f1"}).rows[0].cells
    assert (cell.value, cell.n, cell.n_missing) == (None, 0, 2)


def test_a_missing_library_is_told_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [run(tmp_path, one())]
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.delitem(sys.modules, "evalrun.runners.layouts.filling", raising=False)
    with pytest.raises(MissingExtraError, match=r"evalrun\[stats\]"):
        grid(runs, {})


def test_a_malformed_row_is_told_by_its_line(tmp_path: Path) -> None:
    stored = run(tmp_path, one())
    with stored.folder.scores.open("ab") as file:
        file.write(b'{"id": 3}\n')
    with pytest.raises(DataError, match=r"scores\.jsonl, line 2"):
        grid([stored], {})


def test_a_run_without_a_plan_has_that_which_its_results_remember(tmp_path: Path) -> None:
    stored = run(tmp_path, one(), missing=[verdict("1", 1.0, task="a")])
    status = read_status(stored.folder)
    assert status is not None
    write_status(stored.folder, msgspec.structs.replace(status, plan=None))
    (cell,) = grid([stored], {}).rows[0].cells
    assert (cell.value, cell.n, cell.n_missing) == (1.0, 1, 1)


def test_samples_of_different_data_are_different_clusters(tmp_path: Path) -> None:
    """The same ids in two files: the difference is of independent values."""
    scores = [verdict("0", 1.0), verdict("1", 0.0)]
    runs = [run(tmp_path, scores, benchmark={"path": path}) for path in ("x.csv", "y.csv")]
    columns = [
        {"id": name, "where": {"config.benchmark.path": f"{name}.csv"}} for name in ("x", "y")
    ]
    cells = grid(runs, *columns, {"formula": "x - y", "signed": True}).rows[0].cells
    assert cells[2].value == 0.0
    assert cells[2].n_clusters == 4
    assert cells[2].stderr == pytest.approx((4 / 3 * 4 * 0.25**2) ** 0.5)
