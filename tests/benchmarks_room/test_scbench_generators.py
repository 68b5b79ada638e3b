"""Synthetic rows: the answers they carry are the only right ones, at any size and seed."""

from __future__ import annotations

import ast
import json
import random
import re
import statistics
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks.scbench import generators
from evalrun.benchmarks.scbench.generators.kv import kv_row
from evalrun.benchmarks.scbench.generators.many_shot import many_shot_row, read_examples
from evalrun.benchmarks.scbench.generators.math_find import math_find_row
from evalrun.benchmarks.scbench.generators.prefix_suffix import prefix_suffix_row
from evalrun.benchmarks.scbench.generators.summary_with_needles import summary_with_needles_row
from evalrun.benchmarks.scbench.generators.variable_tracking import variable_tracking_row
from evalrun.benchmarks.scbench.tasks import find_task
from evalrun.core.errors import ConfigError, DataError

BBH = Path(__file__).resolve().parents[1] / "fixtures" / "scbench" / "bbh"
SYNTHETIC = ["kv", "prefix_suffix", "vt", "mf", "many_shot", "summary_with_needles"]

seeds = st.integers(0, 2**32).map(random.Random)
quick = settings(max_examples=40, deadline=None)


@quick
@given(seeds, st.integers(5, 80))
def test_keys_and_values_are_distinct_and_asked_once_in_each_fifth(rng, pairs) -> None:
    row = kv_row(rng, pairs)
    table = json.loads(row["context"].removeprefix("JSON data:\n"))
    assert len({*table, *table.values()}) == 2 * pairs
    places = []
    for turn in row["multi_turns"]:
        key = turn["input"].split('"')[1]
        assert table[key] == turn["answer"]
        places.append(list(table).index(key))
    fifths = [(fifth * pairs // 5, (fifth + 1) * pairs // 5) for fifth in range(5)]
    assert all(sum(low <= place < high for place in places) == 1 for low, high in fifths)


@quick
@given(seeds, st.integers(15, 60))
def test_exactly_one_string_has_both_prefix_and_suffix(rng, strings) -> None:
    row = prefix_suffix_row(rng, strings)
    words = ast.literal_eval(row["context"].removeprefix("Dictionary = "))
    assert len(set(words)) == strings
    assert all(65 <= len(word) < 123 for word in words)
    for turn in row["multi_turns"]:
        prefix, suffix = re.findall(r"fix: (\w+)", turn["input"])
        starting = [word for word in words if word.startswith(prefix)]
        ending = [word for word in words if word.endswith(suffix)]
        assert set(starting) & set(ending) == {turn["answer"]}
        assert (len(starting), len(ending)) == (2, 2), "one decoy each"


@quick
@given(seeds, st.integers(1, 60))
def test_variables_follow_from_the_assignments(rng, noise_lines) -> None:
    row = variable_tracking_row(rng, noise_lines)
    lines = row["context"].split("\n")
    assert len(lines) == noise_lines + 15
    values: dict[str, str] = {}
    for line in lines:
        if found := re.fullmatch(r"VAR (\w+) = (?:VAR )?(\w+)", line):
            name, source = found.groups()
            assert name not in values
            values[name] = values.get(source, source)
    for turn in row["multi_turns"]:
        (value,) = re.findall(r"\d{5}", turn["input"])
        assert turn["answer"] == [name for name in turn["answer"] if values[name] == value]
        assert sorted(turn["answer"]) == sorted(n for n, held in values.items() if held == value)
    assert len({*map(str, (turn["answer"] for turn in row["multi_turns"]))}) == 5


@quick
@given(seeds, st.integers(10, 120))
def test_numbers_asked_for_are_those_of_the_list(rng, count) -> None:
    row = math_find_row(rng, count)
    numbers = row["context"]
    ordered = sorted(set(numbers))
    right = {
        "largest number": ordered[-1],
        "second largest number": ordered[-2],
        "third largest number": ordered[-3],
        "smallest number": ordered[0],
        "second smallest number": ordered[1],
        "third smallest number": ordered[2],
        "median": statistics.median(numbers),
    }
    assert len(numbers) == count
    assert all(100 <= number <= 999 for number in numbers)
    asked = [re.findall(r"The (.+) of the list is: $", t["input"])[0] for t in row["multi_turns"]]
    assert len(set(asked)) == len(asked) in (2, 3)
    for what, turn in zip(asked, row["multi_turns"], strict=True):
        assert turn["answer"] == right[what]
        assert isinstance(turn["answer"], int)


@quick
@given(seeds, st.integers(1, 7))
def test_questions_are_not_among_the_solved_examples(rng, shots) -> None:
    examples = read_examples(BBH / "date_understanding.json")
    row = many_shot_row(rng, shots, "date_understanding", examples)
    solved = row["context"].split("\n\n")
    assert len(solved) == shots
    answers = {f"Question: {example.input}\nAnswer:": example.target for example in examples}
    for turn in row["multi_turns"]:
        assert turn["answer"] == answers[turn["input"]]
        assert not any(text.startswith(turn["input"]) for text in solved)


@quick
@given(seeds, st.integers(1, 4))
def test_each_pass_key_is_in_the_context_and_asked_once(rng, paragraphs) -> None:
    row = summary_with_needles_row(rng, paragraphs)
    tasks = [turn["task"] for turn in row["multi_turns"]]
    assert tasks == ["scbench_summary", "scbench_passkey"] * 4
    assert len({turn["input"] for turn in row["multi_turns"]}) == 8
    for turn in row["multi_turns"][1::2]:
        owner = re.findall(r"pass key of the (\w+)", turn["input"])[0]
        stated = re.findall(rf"The pass key of the {owner} is (\d+)", row["context"])
        assert stated == [turn["answer"]]
    for turn in row["multi_turns"][::2]:
        number = re.findall(r"document (\d)", turn["input"])[0]
        (title,) = re.findall(rf"Document {number}\. On the (.+)", row["context"])
        assert title in turn["answer"]


@pytest.fixture
def rows(fixtures):
    def make(name: str, count: int = 3, **options):
        task = find_task(name)
        return list(generators.rows(task, count=count, bbh_dir=fixtures / "bbh", **options))

    return make


LENGTH = 1500


@pytest.mark.parametrize("task", SYNTHETIC)
def test_rows_depend_on_seed_and_position_alone(rows, task) -> None:
    first = rows(task, length=LENGTH, seed=1)
    assert first == rows(task, length=LENGTH, seed=1)
    assert first[:2] == rows(task, count=2, length=LENGTH, seed=1)
    assert first != rows(task, length=LENGTH, seed=2)
    assert len({str(row["context"]) for row in first}) == 3


@pytest.mark.parametrize("task", ["kv", "prefix_suffix", "vt", "mf", "summary_with_needles"])
def test_contexts_grow_with_the_length(rows, task) -> None:
    short, long = (len(str(rows(task, 1, length=n)[0]["context"])) for n in (2000, 8000))
    assert 3 < long / short < 5


@pytest.mark.parametrize("task", SYNTHETIC)
def test_a_length_too_short_for_a_row_is_refused(rows, task) -> None:
    with pytest.raises(ConfigError, match=rf"length=20 is too short for scbench_{task}: at least"):
        rows(task, length=20)


def test_the_shortest_length_that_is_named_is_enough(rows) -> None:
    with pytest.raises(ConfigError) as error:
        rows("kv", length=1)
    shortest = int(re.findall(r"at least (\d+)", str(error.value))[0])
    assert len(rows("kv", length=shortest)) == 3


@pytest.mark.parametrize(("task", "items"), [("kv", 2500), ("prefix_suffix", 6000), ("mf", 30_000)])
def test_without_a_length_rows_have_the_size_of_the_paper(task, items) -> None:
    row = next(generators.rows(find_task(task)))
    commas = str(row["context"]).count(", ")
    assert commas == items - 1


def test_as_many_rows_as_the_official_data_by_default() -> None:
    assert sum(1 for _ in generators.rows(find_task("vt"), length=1000)) == 90


def test_rows_are_made_one_at_a_time() -> None:
    endless = generators.rows(find_task("kv"), count=10**12, length=LENGTH)
    assert len(list(islice(endless, 2))) == 2


def test_many_shot_rows_take_turns_with_the_three_sources(rows) -> None:
    assert [row["task"] for row in rows("many_shot", 4, length=600)] == [
        "date_understanding",
        "salient_translation_error_detection",
        "tracking_shuffled_objects_seven_objects",
        "date_understanding",
    ]


def test_more_solved_examples_than_the_source_holds_are_refused(rows) -> None:
    with pytest.raises(ConfigError, match=r"150 solved examples .* the file holds 12"):
        rows("many_shot")


def test_a_file_that_is_not_of_big_bench_hard_is_named(tmp_path) -> None:
    for path in generators.bbh_files(tmp_path):
        path.write_text('{"examples": [{"input": "no target"}]}')
    with pytest.raises(DataError, match=r"date_understanding\.json: not a file of BIG-Bench-Hard"):
        next(generators.rows(find_task("many_shot"), bbh_dir=tmp_path))


def test_the_real_big_bench_hard_files_give_rows_of_the_paper(shared_data) -> None:
    folder = shared_data / "scbench" / "bbh"
    for row in generators.rows(find_task("many_shot"), count=3, bbh_dir=folder):
        assert row["context"].count("\nAnswer: (") == 150


@pytest.mark.parametrize("mode", ["multi_turn", "multi_request"])
def test_synthetic_rows_take_the_same_way_to_samples(scbench, fixtures, mode) -> None:
    benchmark = scbench(source="synthetic", rows=2, length=1500, mode=mode)
    samples = list(benchmark.samples())
    assert benchmark.problems() == ()
    assert [sample.task for sample in samples[::2]] == [f"scbench_{task}" for task in SYNTHETIC]
    assert all(sample.metadata == {"synthetic": True} for sample in samples)
    assert benchmark.provenance()["source"] == "synthetic"


@pytest.mark.parametrize("task", ["repoqa", "qa_eng", "repoqa_and_kv"])
def test_tasks_made_of_real_sources_are_official_only(scbench, task) -> None:
    with pytest.raises(ConfigError, match=f"scbench_{task} cannot be generated"):
        scbench(source="synthetic", task=["kv", task])


def test_missing_files_of_big_bench_hard_are_a_problem(scbench, tmp_path) -> None:
    (problem,) = scbench(source="synthetic", data_dir=str(tmp_path)).problems()
    assert "date_understanding.json" in problem.what
    assert str(tmp_path / "bbh") in problem.what
    assert "benchmark.bbh_dir" in problem.remedy
    assert scbench(source="synthetic", data_dir=str(tmp_path), task="kv").problems() == ()
