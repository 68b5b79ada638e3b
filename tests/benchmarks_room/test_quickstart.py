"""The quickstart's contexts and questions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.quickstart import LOOKUPS, MOST_LINES, Quickstart
from evalrun.core.errors import ConfigError
from evalrun.core.options import to_options


def quickstart(**section: Any) -> Quickstart:
    options = to_options({"name": "quickstart", **section}, Quickstart.Options, "benchmark")
    return Quickstart(options)


def test_a_context_lists_facts_and_each_question_asks_for_another() -> None:
    sample = next(quickstart(task="codes", lines=3, questions=2).samples())
    heading, facts, end = sample.context.split("\n\n")
    assert (heading, end) == ("Here is a list of access codes.", "")
    assert len(facts.split("\n")) == 3
    for turn in sample.turns:
        key = turn.query.removeprefix("What is the access code for ").removesuffix("?")
        assert turn.reference == f"The access code for {key} is {turn.target}."
        assert turn.reference in facts.split("\n")
    assert len({turn.query for turn in sample.turns}) == 2


@given(
    task=st.sampled_from([lookup.name for lookup in LOOKUPS]),
    lines=st.integers(1, MOST_LINES),
    seed=st.integers(0, 1000),
)
def test_a_target_is_found_in_one_line_only(task: str, lines: int, seed: int) -> None:
    benchmark = quickstart(task=task, lines=lines, questions=min(lines, 5), rows=1, seed=seed)
    (sample,) = benchmark.samples()
    for turn in sample.turns:
        assert [turn.target in line for line in sample.context.split("\n")].count(True) == 1


def test_all_tasks_have_as_many_rows() -> None:
    samples = list(quickstart(rows=3).samples())
    assert [sample.id for sample in samples] == [
        f"{lookup.name}/{row}" for lookup in LOOKUPS for row in range(3)
    ]
    assert all(len(sample.turns) == 3 for sample in samples)


def test_samples_depend_on_the_seed_alone() -> None:
    assert list(quickstart(seed=1).samples()) == list(quickstart(seed=1).samples())
    assert list(quickstart(seed=1).samples()) != list(quickstart(seed=2).samples())


def test_more_questions_than_lines_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"benchmark.questions=3 is more than benchmark.lines=2"):
        quickstart(lines=2)


def test_more_lines_than_words_are_refused() -> None:
    with pytest.raises(ConfigError, match=f"benchmark.lines: expected int <= {MOST_LINES}"):
        quickstart(lines=MOST_LINES + 1)


def test_an_unknown_task_is_named_with_its_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown task 'code'; did you mean 'codes'"):
        quickstart(task="code")


def test_nothing_can_be_missing() -> None:
    assert quickstart().problems() == ()


def test_a_limit_counts_the_contexts_of_each_task() -> None:
    samples = quickstart(rows=3).samples(1)
    assert [sample.id for sample in samples] == [f"{lookup.name}/0" for lookup in LOOKUPS]


def test_replies_of_local_models_begin_as_the_golden_answer_does() -> None:
    for sample in quickstart().samples():
        for turn in sample.turns:
            assert turn.reference == f"{turn.prefill} {turn.target}."
