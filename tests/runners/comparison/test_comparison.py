"""Two runs compared, from run folders as a finished run leaves them."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest
from layouts.graded import run, verdict

from evalrun.core.errors import ConfigError
from evalrun.runners.comparison.compare import compare
from evalrun.runners.comparison.model import ChangedSample
from evalrun.runners.comparison.tables import tables_of
from evalrun.runners.results import StoredRun
from evalrun.scorers.statistics.paired import mcnemar, paired_difference


def graded(folder: Path, values: dict[str, float], **fields: object) -> StoredRun:
    """Write a run of one task with a value a sample."""
    return run(folder, [verdict(name, value) for name, value in values.items()], **fields)


def right(names: str, of: str) -> dict[str, float]:
    return {name: float(name in names) for name in of}


def test_right_and_wrong_verdicts_are_matched_by_sample(tmp_path: Path) -> None:
    first = graded(tmp_path, right("abc", of="abcdefgh"), model="one")
    # The same samples in another order, of which d to g are right too, and a is wrong.
    second = graded(tmp_path, right("bcdefg", of="hgfedcba"), model="two")
    found = compare(first, second)
    paired = found.overall.paired
    assert (paired.first, paired.second, paired.difference) == (0.375, 0.75, 0.375)
    assert (paired.wins, paired.losses, paired.ties) == (4, 1, 3)
    assert paired.test == mcnemar(4, 1)
    assert paired.interval.n == found.overall.samples == 8
    assert found.overall == msgspec.structs.replace(found.tasks[0], p_adjusted=None)
    assert found.tasks[0].p_adjusted == paired.test.p
    assert found.notes == ()
    assert found.verdict == (
        "two is better than one by 37.5 points (95% interval -24.7 to 99.7), on 8 samples. Chance "
        f"may explain it (p = 0.375, McNemar, exact); about {found.overall.samples_needed} samples "
        "would be needed to show it."
    )


def test_swapping_the_runs_turns_every_sign(tmp_path: Path) -> None:
    runs = [graded(tmp_path, right(names, of="abcdefgh")) for names in ("abc", "bcdefg")]
    ours, theirs = compare(*runs), compare(*reversed(runs))
    assert theirs.overall.paired.difference == -ours.overall.paired.difference
    assert theirs.overall.paired.wins == ours.overall.paired.losses
    assert [one.sample_id for one in theirs.gained] == [one.sample_id for one in ours.lost]


def test_a_difference_that_chance_hardly_explains_is_called_so(tmp_path: Path) -> None:
    names = [f"s{i}" for i in range(20)]
    first = graded(tmp_path, dict.fromkeys(names, 1.0), model="one")
    second = graded(tmp_path, {name: float(i < 8) for i, name in enumerate(names)}, model="two")
    verdict_ = compare(first, second).verdict
    assert verdict_.startswith("one is better than two by 60.0 points (95% interval 36.5 to 83.5)")
    assert verdict_.endswith("Chance hardly explains so much (p < 0.001, McNemar, exact).")


def test_runs_that_say_the_same_are_called_so(tmp_path: Path) -> None:
    runs = [graded(tmp_path, right("ab", of="abcd"), kv=kv) for kv in ("full", "snapkv")]
    found = compare(*runs)
    assert found.verdict == "m + snapkv and m have the same value on each of 4 samples."
    assert (found.gained, found.lost) == ((), ())
    assert len(tables_of(found)) == 1


def test_gains_that_losses_make_up_for_are_called_so(tmp_path: Path) -> None:
    runs = [graded(tmp_path, right(names, of="ab"), model=names) for names in "ab"]
    assert compare(*runs).verdict == (
        "b and a are as good as each other: of 2 samples, 2 pairs differ, but they make up for one "
        "another."
    )


def test_a_single_sample_shows_nothing(tmp_path: Path) -> None:
    runs = [graded(tmp_path, {"a": value}, model=str(value)) for value in (0.25, 0.75)]
    found = compare(*runs)
    assert found.overall.paired.test is None
    assert "by 50.0 points, on 1 sample. A single sample" in found.verdict
    assert tables_of(found)[0].rows[0][4:9] == ("+50.0", "-", "-", "-", "-")


def test_samples_of_one_run_alone_are_counted_and_said(tmp_path: Path) -> None:
    first = graded(tmp_path, right("ab", of="abcde"), options={"limit": 5})
    second = run(tmp_path, [verdict(name, 1.0) for name in "bcx"], options={"limit": 3})
    found = compare(first, second)
    part = found.overall
    assert (part.samples, part.only_first, part.only_second, part.unpaired) == (2, 3, 1, 0)
    assert found.notes == (
        "left out: 3 samples that only the first run has verdicts on, 1 that only the second has, "
        "and 0 verdicts on samples of both without a partner",
        "the runs differ in run.limit: 5 against 3",
    )
    assert tables_of(found)[0].rows[0][-3:-1] == ("3", "1")


def test_verdicts_are_matched_turn_by_turn(tmp_path: Path) -> None:
    first = run(tmp_path, [verdict("a", (1, 0, 0)), verdict("b", (1, 1, None))])
    second = run(tmp_path, [verdict("a", (0, 0, 1)), verdict("b", (1, 1, 1))])
    part = compare(first, second).overall
    assert (part.samples, part.unpaired, part.paired.interval.n) == (2, 1, 5)
    assert (part.paired.wins, part.paired.losses) == (1, 1)
    # Means of turns: 1, 0.5, 0 against 0.5, 0.5, 1.
    assert (part.paired.first, part.paired.second) == pytest.approx((0.5, 2 / 3))


@pytest.mark.parametrize(("weighting", "value"), [("turns", 0.75), ("pairs", 2 / 3)])
def test_turns_weigh_as_the_recipe_says(tmp_path: Path, weighting: str, value: float) -> None:
    table = {"weighting": weighting}
    first = run(tmp_path, [verdict("a", (0, 0)), verdict("b", (0,))], table=table)
    second = run(tmp_path, [verdict("a", (1, 1)), verdict("b", (0,))], table=table)
    found = compare(first, second).overall.paired
    assert found.difference == pytest.approx(value)
    assert found.second == pytest.approx(second.results.level("task")[0].value)


def test_subtasks_count_the_same(tmp_path: Path) -> None:
    kinds = ("x", "y", "y")
    runs = [run(tmp_path, [verdict("a", v, subtasks=kinds)]) for v in ((0, 0, 0), (1, 0, 0))]
    assert compare(*runs).overall.paired.difference == pytest.approx(0.5)
    assert runs[1].results.level("task")[0].value == 0.5


def test_repeats_are_matched_and_make_a_cluster(tmp_path: Path) -> None:
    values = {"a": (0, 1), "b": (1, 1), "c": (0, 0)}
    first, second = (
        run(
            tmp_path,
            [
                verdict(s, v[e] if other else 0.0, epoch=e)
                for s, v in values.items()
                for e in (0, 1)
            ],
            options={"epochs": 2},
        )
        for other in (False, True)
    )
    paired = compare(first, second).overall.paired
    direct = paired_difference([0] * 6, [0, 1, 1, 1, 0, 0], [0, 0, 1, 1, 2, 2])
    assert direct is not None
    assert paired.interval.standard_error == pytest.approx(direct.interval.standard_error)
    assert paired.test is not None
    assert paired.test.p == pytest.approx(direct.test.p)
    assert (paired.interval.n, paired.interval.n_clusters) == (6, 3)


def test_repeats_of_one_run_alone_are_averaged_first(tmp_path: Path) -> None:
    once = graded(tmp_path, {"a": 1.0, "b": 0.0})
    thrice = run(
        tmp_path,
        [verdict(s, float(s == "b" or e == 0), epoch=e) for s in "ab" for e in range(3)],
        options={"epochs": 3},
    )
    found = compare(once, thrice)
    assert found.overall.paired.interval.n == 2
    assert found.overall.paired.second == pytest.approx((1 / 3 + 1) / 2)
    assert found.overall.unpaired == 0
    assert (
        found.notes[0] == "t: the runs have different epochs; those of a sample are averaged first"
    )
    assert found.notes[1] == "the runs differ in run.epochs: 1 against 3"


def test_samples_of_a_group_are_one_cluster(tmp_path: Path) -> None:
    runs = [
        run(tmp_path, [verdict(s, float(v), group=s[0]) for s, v in zip(names, bits, strict=True)])
        for names, bits in ((("a1", "a2", "b1"), (0, 0, 0)), (("a1", "a2", "b1"), (1, 1, 0)))
    ]
    part = compare(*runs).overall
    assert (part.samples, part.paired.interval.n_clusters) == (3, 2)
    clusters = part.paired.power.clusters_needed
    assert clusters is not None
    assert part.samples_needed == math.ceil(clusters * 3 / 2)


def tasks(folder: Path, table: dict[str, object], values: dict[str, list[float]]) -> StoredRun:
    scores = [
        verdict(f"{i}", value, task=task)
        for task, several in values.items()
        for i, value in enumerate(several)
    ]
    return run(folder, scores, table=table)


def test_tasks_have_holms_p_and_the_whole_is_their_mean(tmp_path: Path) -> None:
    first = tasks(tmp_path, {}, {"t": [0.0] * 8, "u": [0.0] * 4, "alone": [1.0]})
    second = tasks(tmp_path, {}, {"t": [1.0] * 8, "u": [1.0, 1.0, 0.0, 0.0]})
    found = compare(first, second)
    assert [part.name for part in found.tasks] == ["t", "u"]
    raw = [part.paired.test.p for part in found.tasks if part.paired.test]
    assert raw == pytest.approx([2 / 2**8, 0.5])
    assert [part.p_adjusted for part in found.tasks] == pytest.approx([2 * raw[0], raw[1]])
    assert found.overall.name == "mean of 2 tasks"
    assert found.overall.paired.difference == pytest.approx((1 + 0.5) / 2)
    assert found.overall.paired.interval.n == 12
    lone = "not compared: alone, without verdicts of one metric on samples of both runs"
    assert lone in found.notes
    assert [row[0] for row in tables_of(found)[0].rows] == ["t", "u", "mean of 2 tasks"]


def test_the_whole_is_the_recipes_average_where_there_is_one(tmp_path: Path) -> None:
    table = {"groups": {"G": ["t", "u"], "H": ["v"]}}
    first = tasks(tmp_path, table, {"t": [0.0] * 2, "u": [0.0] * 2, "v": [0.0] * 2})
    second = tasks(tmp_path, table, {"t": [1.0] * 2, "u": [0.5] * 2, "v": [0.0, 0.5]})
    overall = compare(first, second).overall
    assert overall.name == "AVG"
    assert overall.paired.second == pytest.approx(second.results.level("all")[0].value)
    assert overall.paired.difference == pytest.approx((0.75 + 0.25) / 2)


def test_a_named_metric_is_compared_instead(tmp_path: Path) -> None:
    first = run(tmp_path, [verdict(s, {"accuracy": 1.0, "f1": 0.5}) for s in "ab"])
    second = run(tmp_path, [verdict(s, {"accuracy": 1.0, "f1": 0.7}) for s in "ab"])
    assert compare(first, second).overall.metric == "accuracy"
    found = compare(first, second, metric="f1").overall
    assert (found.metric, found.paired.difference) == ("f1", pytest.approx(0.2))


def test_a_metric_that_no_task_has_is_refused_with_the_nearest(tmp_path: Path) -> None:
    runs = [graded(tmp_path, {"a": 1.0}) for _ in range(2)]
    with pytest.raises(ConfigError, match=r"metric 'acuracy' in common; did you mean 'accuracy'"):
        compare(*runs, metric="acuracy")


def test_tasks_that_different_metrics_stand_for_are_refused(tmp_path: Path) -> None:
    first = graded(tmp_path, {"a": 1.0})
    second = run(tmp_path, [verdict("a", {"f1": 1.0})])
    with pytest.raises(
        ConfigError, match=r"'accuracy' stands for it .*'f1' in the other.*--metric"
    ):
        compare(first, second)


def test_runs_without_a_task_in_common_are_refused(tmp_path: Path) -> None:
    runs = [run(tmp_path, [verdict("a", 1.0, task=task)]) for task in ("t", "u")]
    with pytest.raises(ConfigError, match=r"no task in common: one is of t, the other of u"):
        compare(*runs)


def test_runs_without_a_sample_in_common_are_refused(tmp_path: Path) -> None:
    runs = [graded(tmp_path, {name: 1.0}) for name in "ab"]
    with pytest.raises(ConfigError, match=r"on no sample in common; compare runs of the same"):
        compare(*runs)


def test_what_else_differs_is_said(tmp_path: Path) -> None:
    first = graded(
        tmp_path,
        {"a": 1.0},
        protocol="multi_turn",
        benchmark={"shots": 4, "path": "here.jsonl"},
        provenance={"revision": "abc", "files": {"x.jsonl": "1"}},
    )
    second = graded(
        tmp_path,
        {"a": 1.0},
        protocol="single_turn",
        benchmark={"shots": 0, "path": "there.jsonl"},
        provenance={"revision": "def", "files": {"x.jsonl": "1"}},
    )
    found = compare(first, second)
    assert found.notes == (
        "the runs differ in protocol: multi_turn against single_turn",
        "the runs differ in data.revision: abc against def",
        "the runs differ in benchmark.shots: 4 against 0",
    )
    assert (found.first.label, found.second.label) == ("m multi_turn", "m single_turn")


def test_runs_called_the_same_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    runs = [graded(tmp_path, {"a": 1.0}, options={"seed": seed}) for seed in (1, 2)]
    found = compare(*runs)
    assert found.first.label == f"m {runs[0].folder.path.name}"
    assert found.first.label != found.second.label


def test_only_verdicts_of_the_runs_own_scorer_count(tmp_path: Path) -> None:
    other = verdict("a", 0.0, scorer="includes")
    runs = [run(tmp_path, [verdict("a", 1.0), other]) for _ in range(2)]
    assert compare(*runs).overall.paired.interval.n == 1


def test_metrics_beyond_0_to_1_are_not_percents(tmp_path: Path) -> None:
    runs = [graded(tmp_path, {"a": 3.0, "b": 4.0, "c": by}) for by in (1.0, 10.0)]
    found = compare(*runs)
    assert not found.overall.is_share
    interval = found.overall.paired.interval
    # 3 +- 4.303 * 3: no bound of the metric is known to cut it.
    assert (interval.low, interval.high) == pytest.approx((-9.908, 15.908), abs=1e-3)
    assert tables_of(found)[0].rows[0][2:5] == ("2.67", "5.67", "+3")
    assert " by 3 (95% interval -9.91 to 15.9)" in found.verdict


def test_where_lower_is_better_the_lower_run_wins(tmp_path: Path) -> None:
    column = {"name": "errors", "metric": "errors", "better": "lower"}
    table = {"layouts": {"main": {"title": "T", "columns": [column]}}}
    first, second = (
        run(tmp_path, [verdict(s, {"errors": value}) for s in "abc"], table=table, model=name)
        for name, value in (("one", 1.0), ("two", 0.0))
    )
    found = compare(first, second)
    assert found.verdict.startswith("two is better than one by 100.0 points")
    row = dict(zip(tables_of(found)[0].header, tables_of(found)[0].rows[0], strict=True))
    assert (row["difference"], row["wins"], row["losses"]) == ("-100.0", "3", "0")


def test_the_samples_that_changed_most_come_first_and_are_few(tmp_path: Path) -> None:
    names = [f"s{i:02}" for i in range(30)]
    first = graded(tmp_path, dict.fromkeys(names, 0.5))
    second = graded(tmp_path, {name: i / 29 for i, name in enumerate(names)})
    found = compare(first, second)
    assert [one.sample_id for one in found.gained] == [f"t/s{i}" for i in range(29, 19, -1)]
    assert [one.sample_id for one in found.lost] == [f"t/s{i:02}" for i in range(10)]
    assert found.lost[0] == ChangedSample(task="t", sample_id="t/s00", first=0.5, second=0.0)
    table = tables_of(found)[1]
    assert (len(table.rows), table.rows[0]) == (20, ("t", "t/s29", "0.5", "1", "+0.5"))


def test_a_comparison_is_plain_json(tmp_path: Path) -> None:
    runs = [graded(tmp_path, right(names, of="abcd")) for names in ("abc", "d")]
    found = compare(*runs)
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found
    assert all(math.isfinite(part.paired.difference) for part in found.tasks)
