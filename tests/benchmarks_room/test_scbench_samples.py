"""Labels, limits, cuts and metadata of SCBench's samples."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from evalrun.core.errors import ConfigError

TASKS = [
    "scbench_kv",
    "scbench_prefix_suffix",
    "scbench_vt",
    "scbench_repoqa",
    "scbench_qa_eng",
    "scbench_qa_chn",
    "scbench_choice_eng",
    "scbench_mf",
    "scbench_many_shot",
    "scbench_summary",
    "scbench_summary_with_needles",
    "scbench_repoqa_and_kv",
]


def test_all_twelve_tasks_are_read(scbench) -> None:
    seen = dict.fromkeys(sample.task for sample in scbench().samples())
    assert list(seen) == TASKS


@pytest.mark.parametrize(
    ("task", "targets"),
    [
        ("kv", ["88bb", "99cc"]),
        ("vt", [["AAAAA", "BBBBB"], ["AAAAA", "BBBBB"]]),
        ("qa_eng", [["a key"], ["Ben"]]),
        ("qa_chn", ["一把钥匙", "老师"]),
        ("choice_eng", [["a key", "B"], ["Ben", "D"]]),
        ("mf", [450, 310, 120]),
        ("many_shot", ["(B)", "(A)"]),
    ],
)
def test_targets_have_the_shape_that_the_official_scorer_takes(scbench, task, targets) -> None:
    sample = next(scbench(task=task).samples())
    assert [turn.target for turn in sample.turns] == targets


@pytest.mark.parametrize(
    ("task", "reference"),
    [
        ("kv", "88bb"),
        ("vt", "['AAAAA', 'BBBBB']"),
        ("mf", "450"),
        ("choice_eng", "a key"),
        ("qa_eng", "a key"),
    ],
)
def test_golden_replies_are_texts(scbench, task, reference) -> None:
    assert next(scbench(task=task).samples()).turns[0].reference == reference


@pytest.mark.parametrize(
    ("task", "max_tokens"),
    [
        ("kv", [150, 150]),
        ("prefix_suffix", [150, 150]),
        ("vt", [30, 30]),
        ("repoqa", [1024]),
        ("qa_eng", [40, 40]),
        ("qa_chn", [40, 40]),
        ("choice_eng", [40, 40]),
        ("mf", [5, 5, 5]),
        ("many_shot", [10, 10]),
        ("summary", [200, 200]),
        ("summary_with_needles", [800, 15, 800, 15, 800]),
        ("repoqa_and_kv", [1024, 80]),
    ],
)
def test_replies_have_the_official_limits(scbench, task, max_tokens) -> None:
    sample = next(scbench(task=task).samples())
    assert [turn.max_tokens for turn in sample.turns] == max_tokens


@pytest.mark.parametrize(
    ("section", "tokens"),
    [
        ({"task": "kv"}, 131_072 - 150 * 2),
        ({"task": "kv", "mode": "multi_request"}, 131_072 - 150 * 2 - 1000),
        ({"task": "kv", "max_seq_length": -1}, 160_000 - 300),
        ({"task": "mf", "max_seq_length": 4096}, 4096 - 5 * 3),
        # Mixed: half of the sum of both limits for each of the 5 turns left of 8.
        ({"task": "summary_with_needles"}, 131_072 - (800 + 15) * 5 // 2),
        ({"task": "summary_with_needles", "max_turns": None}, 131_072 - (800 + 15) * 8 // 2),
        (
            {"task": "repoqa_and_kv", "mode": "multi_request"},
            131_072 - (1024 + 80) * 2 // 2 - 1000,
        ),
    ],
    ids=str,
)
def test_the_prompt_leaves_room_for_all_replies(scbench, section, tokens) -> None:
    samples = list(scbench(**section).samples())
    assert {sample.max_prompt_tokens for sample in samples} == {tokens}


def test_a_length_without_room_for_a_prompt_is_refused(scbench) -> None:
    with pytest.raises(ConfigError, match=r"max_seq_length=300 .* scbench_kv: .* above 300$"):
        next(scbench(task="kv", max_seq_length=300).samples())


def _rows_with_turns(path, *counts: int) -> None:
    row = {"context": "{}"}
    turns = [{"input": f"Key {i}", "answer": str(i)} for i in range(max(counts))]
    lines = [json.dumps({**row, "multi_turns": turns[:count]}) for count in counts]
    path.write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("max_turns", "in_file", "asked"),
    [
        (5, (7, 6, 2), [5, 5, 2]),
        (5, (5, 7, 8), [5, 7, 8]),
        (5, (2, 9), [2, 9]),
        (None, (7, 6), [7, 6]),
        (1, (2, 1, 3), [1, 1, 1]),
    ],
)
def test_rows_are_cut_only_if_the_first_has_too_many_turns(
    scbench, tmp_path, max_turns, in_file, asked
) -> None:
    _rows_with_turns(tmp_path / "scbench_kv.jsonl", *in_file)
    samples = scbench(data_dir=str(tmp_path), task="kv", max_turns=max_turns).samples()
    assert [len(sample.turns) for sample in samples] == asked


def test_the_leaked_question_is_that_of_the_last_turn_left(scbench) -> None:
    sample = next(scbench(task="mf", max_turns=2).samples())
    assert sample.turns[1].query.startswith("What is the second smallest number of the list?")


def test_samples_can_be_traced_to_their_rows(scbench) -> None:
    first, second = scbench(task="kv").samples()
    assert (first.id, first.row, first.row_id, first.group) == ("scbench_kv/0", 0, 7, None)
    assert (second.id, second.row, second.row_id) == ("scbench_kv/1", 1, 8)


def test_rows_without_an_official_id_have_none(scbench) -> None:
    assert next(scbench(task="prefix_suffix").samples()).row_id is None


def test_a_row_without_context_falls_back_to_input(scbench) -> None:
    _, second = scbench(task="vt").samples()
    assert second.context == "VAR CCCCC = 22222\n\n"


def test_turns_of_mixed_tasks_name_their_subtask(scbench) -> None:
    sample = next(scbench(task="repoqa_and_kv").samples())
    assert [turn.subtask for turn in sample.turns] == ["scbench_repoqa", "scbench_kv"]
    assert next(scbench(task="kv").samples()).turns[0].subtask is None


def test_code_rows_carry_all_functions_of_their_repository(scbench) -> None:
    first, second, other = scbench(task="repoqa").samples()
    assert first.metadata["lang"] == "python"
    assert first.metadata["repo"] == "own/tiny"
    assert list(first.metadata["repo_functions"]) == ["add", "double"]
    assert first.metadata["repo_functions"] is second.metadata["repo_functions"]
    assert list(other.metadata["repo_functions"]) == ["neg"]
    assert first.turns[0].metadata == {"name": "add"}


def test_every_pass_over_the_samples_gives_the_same(scbench) -> None:
    benchmark = scbench()
    assert list(benchmark.samples()) == list(benchmark.samples())


def test_rows_made_by_others_in_the_official_schema_are_read(scbench, shared_data) -> None:
    folder = shared_data / "scbench" / "synthetic_tiny"
    for mode in ("multi_turn", "multi_request"):
        samples = list(scbench(data_dir=str(folder), mode=mode).samples())
        assert {sample.task for sample in samples} == set(TASKS)
        assert len(samples) == 22
        assert all(turn.target and turn.reference for s in samples for turn in s.turns)


def test_a_limit_counts_the_samples_of_each_task(scbench) -> None:
    rows = Counter(sample.task for sample in scbench(task="kv,vt").samples(1))
    assert rows == {"scbench_kv": 1, "scbench_vt": 1}
