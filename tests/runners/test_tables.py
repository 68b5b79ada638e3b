"""Results as people read them."""

from __future__ import annotations

import msgspec
import pytest
from fabricated import cell, results

from evalrun.core.exchange import Usage
from evalrun.runners.results import Measures, Results
from evalrun.runners.tables.results import run_table, runs_table


def test_one_run_has_a_row_a_task_and_a_column_a_turn() -> None:
    table = run_table(
        results(
            cell("turn", "t", 0.25, turn=0),
            cell("turn", "t", 0.75, turn=1),
            cell("subtask", "t"),
            cell("task", "t"),
        )
    )
    assert table.header == (
        "task",
        "metric",
        "turn 1",
        "turn 2",
        "value %",
        "95% interval",
        "n",
        "missing",
    )
    assert table.rows == (("t", "accuracy", "25.0", "75.0", "50.0", "40.0 to 60.0", "10", "0"),)


def test_a_mixed_task_shows_its_subtasks_and_their_mean() -> None:
    table = run_table(
        results(
            cell("subtask", "t", 0.2, subtask="a"),
            cell("subtask", "t", 0.4, subtask="b"),
            cell("task", "t", 0.3),
            cell("group", "G", 0.3),
        )
    )
    assert [row[0] for row in table.rows] == [
        "t / a",
        "t / b",
        "t (mean of subtasks)",
        "G (mean of tasks)",
    ]


def test_a_group_of_one_task_is_not_shown_twice() -> None:
    run = results(
        cell("subtask", "a"),
        cell("subtask", "b"),
        cell("task", "a"),
        cell("task", "b"),
        cell("group", "A"),
        cell("group", "Both"),
        cell("all", "AVG"),
    )
    run = msgspec.structs.replace(run, groups={"A": ("a",), "Both": ("a", "b")})
    assert [row[0] for row in run_table(run).rows] == [
        "a",
        "b",
        "Both (mean of tasks)",
        "AVG (mean of groups)",
    ]


def test_a_missing_value_is_shown_as_missing() -> None:
    (row,) = run_table(results(cell("subtask", "t", None))).rows
    assert row[2:4] == ("-", "-")


def test_notes_tell_what_is_behind_the_numbers() -> None:
    table = run_table(
        results(
            cell("subtask", "t"),
            failed={"timeout": 2},
            predicted=7,
            statuses={"ok": 5, "truncated": 2},
            truncated_inputs=3,
            prompts="evalrun wording",
            usage=Usage(input_tokens=1234, output_tokens=5, cost_usd=0.25),
        )
    )
    first, *others = table.notes
    assert "7 of 10 samples" in first
    assert "prompts: evalrun wording" in first
    assert "1,234 input and 5 output tokens, $0.2500" in first
    assert [note.partition(": ")[2] for note in others] == [
        "failed samples, counted as missing: 2 timeout",
        "of 7 answers: 2 truncated",
        "1 samples not yet asked",
        "3 contexts cut to fit the model",
    ]


def test_runs_stand_side_by_side_a_row_a_kv_method_a_column_a_protocol_and_task() -> None:
    table = runs_table(
        [
            results(cell("task", "t", value), kv=kv, protocol=protocol)
            for protocol, value in (("multi_turn", 0.5), ("multi_request", 0.3))
            for kv in ("full", "snapkv-50%")
        ]
    )
    assert table.header == ("model", "kv", "multi_turn t", "multi_request t")
    assert [row[:2] for row in table.rows] == [("m", "full"), ("m", "snapkv-50%")]
    assert table.rows[0][2:] == ("50.0 [40.0, 60.0]", "30.0 [20.0, 40.0]")


def test_runs_that_claim_the_same_cell_never_hide_each_other() -> None:
    table = runs_table([results(cell("task", "t", 0.5)), results(cell("task", "t", 0.3))])
    assert [row[2] for row in table.rows] == ["50.0 [40.0, 60.0]", "30.0 [20.0, 40.0]"]


GROUPS = {"G": ("a", "b"), "H": ("c",)}


def grouped(*tasks: str, **fields) -> Results:
    """A run that asked `tasks`; a group has a cell when all of its tasks are among them."""
    cells = [cell("task", task) for task in tasks]
    cells += [cell("group", name) for name, members in GROUPS.items() if {*members} <= {*tasks}]
    cells += [cell("all", "AVG")] if {*tasks} == {"a", "b", "c"} else []
    return results(*cells, groups=GROUPS, **fields)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("all", ("a", "b", "c", "G", "H", "AVG")),
        ("groups", ("G", "H", "AVG")),
        ("tasks", ("a", "b", "c")),
    ],
)
def test_the_recipe_says_which_columns_runs_are_compared_by(columns, expected) -> None:
    runs = [grouped("a", "b", "c", columns=columns, kv=kv) for kv in ("full", "tova")]
    assert runs_table(runs).header[2:] == expected


def test_tasks_of_a_group_that_is_not_whole_are_shown_among_groups() -> None:
    runs = [grouped("a", "c", columns="groups", kv=kv) for kv in ("full", "tova")]
    assert runs_table(runs).header[2:] == ("a", "H")


def test_a_task_is_shown_for_all_runs_when_its_group_is_not_whole_in_one() -> None:
    runs = [
        grouped("a", "b", "c", columns="groups", kv="full"),
        grouped("a", "c", columns="groups", kv="tova"),
    ]
    table = runs_table(runs)
    assert table.header[2:] == ("a", "G", "H", "AVG")
    assert table.rows[1][2:] == ("50.0 [40.0, 60.0]", "-", "50.0 [40.0, 60.0]", "-")


def test_each_mode_decides_for_itself_which_tasks_no_group_stands_for() -> None:
    runs = [
        grouped("a", "b", "c", columns="groups", protocol="multi_turn"),
        grouped("c", columns="groups", protocol="multi_request"),
        grouped("a", "c", columns="groups", protocol="multi_request", kv="tova"),
    ]
    assert runs_table(runs).header[2:] == (
        "multi_turn G",
        "multi_turn H",
        "multi_turn AVG",
        "multi_request H",
        "multi_request a",
    )


def test_runs_over_different_tasks_share_a_row() -> None:
    table = runs_table([grouped("a", columns="groups"), grouped("b", columns="groups")])
    assert table.header[2:] == ("a", "b")
    assert len(table.rows) == 1


def test_a_value_without_an_interval_is_shown_alone() -> None:
    alone = msgspec.structs.replace(cell("task", "t"), low=None, high=None)
    table = runs_table([results(alone), results(cell("task", "t", None), kv="tova")])
    assert [row[2] for row in table.rows] == ["50.0", "-"]


def test_of_several_peaks_on_one_row_the_highest_counts() -> None:
    table = runs_table(
        [
            results(cell("task", "t"), protocol=protocol, measures=Measures(peak_memory_bytes=peak))
            for protocol, peak in (("multi_turn", 3e6), ("multi_request", 9e6))
        ]
    )
    assert dict(zip(table.header, table.rows[0], strict=True))["peak MB"] == "9"


def test_what_was_measured_stands_behind_and_only_if_it_was() -> None:
    measured = Measures(cache_bytes=2e6, tokens_seen=200, tokens_kept=100, prefill_s=0.5)
    table = runs_table(
        [
            results(cell("task", "t"), kv="snapkv-50%", measures=measured),
            results(cell("task", "t"), kv="full"),
        ]
    )
    assert table.header[3:] == ("tokens kept", "cache MB", "prefill s")
    assert table.rows[0][3:] == ("100 of 200", "2.00", "0.500")
    assert table.rows[1][3:] == ("-", "-", "-")


def test_what_was_spent_stands_behind_judges_included_where_anything_cost_money() -> None:
    free = results(cell("task", "a"), kv="knorm", usage=Usage(input_tokens=10, output_tokens=1))
    assert "USD" not in runs_table([free]).header
    paid = results(
        cell("task", "a"),
        usage=Usage(input_tokens=1000, output_tokens=10, cost_usd=0.25),
        judge_usage=Usage(input_tokens=200, output_tokens=24, cost_usd=0.5),
    )
    table = runs_table([paid, free])
    assert table.header[-2:] == ("tokens", "USD")
    assert [row[-2:] for row in table.rows] == [("1,234", "0.7500"), ("11", "0.0000")]


def test_the_notes_tell_of_cached_input_of_the_judge_and_of_the_reply_cache() -> None:
    usage = Usage(input_tokens=100, cached_tokens=75, output_tokens=20, reasoning_tokens=5)
    judged = Usage(input_tokens=7, output_tokens=3, cost_usd=0.5)
    run = results(
        cell("task", "a"), usage=usage, judge_usage=judged, replies=10, replies_from_cache=4
    )
    first, judge, cache, *_ = run_table(run).notes
    assert "100 input (75% of it cached) and 20 output tokens (5 of reasoning)" in first
    assert judge == "judge: 7 input and 3 output tokens, $0.5000"
    assert cache.startswith("4 of 10 replies came from the reply cache")


def test_rows_of_one_name_are_told_apart_by_the_keys_in_which_they_differ() -> None:
    runs = [results(cell("task", "t", value)) for value in (0.1, 0.2, 0.3)]
    configured = [
        {"generation": {"temperature": t}, "generation.temperature": t, "run.seed": 0, "outputs": o}
        for t, o in ((0.0, "a"), (0.7, "b"), (1.0, "c"))
    ]
    table = runs_table(runs, configured)
    assert table.header == ("model", "kv", "generation.temperature", "t")
    assert [row[2] for row in table.rows] == ["0", "0.7", "1"]
    assert table.numeric == (False, False, False, True)


def test_rows_of_other_names_need_no_keys() -> None:
    runs = [results(cell("task", "t", 0.1)), results(cell("task", "t", 0.2), kv="tova")]
    configured = [{"kv.method": "full"}, {"kv.method": "tova"}]
    assert runs_table(runs, configured).header == ("model", "kv", "t")


def test_without_configurations_rows_may_look_alike() -> None:
    runs = [results(cell("task", "t", 0.1)), results(cell("task", "t", 0.2))]
    assert runs_table(runs, []).header == runs_table(runs).header == ("model", "kv", "t")
