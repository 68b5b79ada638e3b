"""Queries, prompts and exemplars of LongGenBench."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from evalrun.core.content import Message
from evalrun.core.errors import ConfigError, DataError

PEARS = "Eve has 4 pears and buys 5. How many now?"


def query_of(sample) -> str:
    (turn,) = sample.turns
    return turn.query


def questions_of(sample) -> list[str]:
    """Return the real questions, as they stand in the prompt after the exemplars."""
    _, _, asked = query_of(sample).partition("Following Question:\n")
    return [block.partition(":\n")[2].strip() for block in asked.split("Question_")[1:]]


# Which questions share a query


@pytest.mark.parametrize(
    ("section", "answers"),
    [
        ({"k": 2}, [2, 2, 1]),
        ({"k": 2, "queries": 2}, [2, 2]),
        ({"k": 3, "queries": 1}, [3]),
        ({"k": 1}, [1, 1, 1, 1, 1]),
        ({}, [5]),
    ],
    ids=str,
)
def test_consecutive_rows_share_a_query_and_the_last_may_be_short(
    longgenbench, section, answers
) -> None:
    samples = list(longgenbench(task="gsm8k", **section).samples())
    assert [sample.turns[0].answers for sample in samples] == answers
    assert [len(sample.turns[0].target) for sample in samples] == answers
    rows = [row for sample in samples for row in sorted(sample.metadata["rows"])]
    assert rows == list(range(sum(answers)))


@pytest.mark.parametrize(
    ("section", "answers"),
    [({"k": 2}, [2, 2]), ({}, [3, 2]), ({"k": 2, "queries": 1}, [2])],
    ids=str,
)
def test_each_subject_of_mmlu_gives_one_query_of_its_first_rows(
    longgenbench, section, answers
) -> None:
    samples = list(longgenbench(task="mmlu", **section).samples())
    assert [sample.turns[0].answers for sample in samples] == answers
    assert [sample.id for sample in samples] == ["mmlu/bird_lore", "mmlu/number_facts"][
        : len(answers)
    ]
    assert [sample.row_id for sample in samples] == [
        sample.metadata["subject"] for sample in samples
    ]


GSM8K_ROW = json.dumps({"question": "What is 1?", "answer": "#### 1"})
CSQA_CHOICES = {"label": list("ABCDE"), "text": list("vwxyz")}
CSQA_ROW = json.dumps({"question": "Which?", "choices": CSQA_CHOICES, "answerKey": "A"})


@pytest.mark.parametrize(
    ("task", "file", "row", "rows", "answers"),
    [
        ("gsm8k", "gsm8k_test.jsonl", GSM8K_ROW, 1319, [35] * 20),
        # The validation split has 1221 rows, and the paper's 80 * 20 questions would be 1600.
        ("csqa", "csqa.jsonl", CSQA_ROW, 1221, [80] * 15 + [21]),
        ("mmlu", "birds_test.csv", "Which?,v,w,x,y,A", 100, [40]),
        ("mmlu", "birds_test.csv", "Which?,v,w,x,y,A", 39, [39]),
    ],
)
def test_without_a_choice_of_ones_own_queries_are_those_of_the_papers_api_models(
    longgenbench, tmp_path, task, file, row, rows, answers
) -> None:
    (tmp_path / file).write_text(f"{row}\n" * rows)
    (tmp_path / "birds_dev.csv").write_text("Which?,v,w,x,y,B\n")
    samples = list(longgenbench(path=str(tmp_path / file), task=task).samples())
    assert [sample.turns[0].answers for sample in samples] == answers


def test_a_limit_counts_the_queries_of_each_task(longgenbench) -> None:
    tasks = Counter(s.task for s in longgenbench(k=1, baseline=True).samples(1))
    assert set(tasks.values()) == {1}
    assert len(tasks) == 6


@pytest.mark.parametrize(
    ("order", "rows"),
    [("normal", [0, 1, 2, 3, 4]), ("ascending", [3, 1, 2, 4, 0]), ("descending", [0, 4, 2, 1, 3])],
)
def test_questions_are_ordered_by_their_length_within_a_query(longgenbench, order, rows) -> None:
    sample = next(longgenbench(task="gsm8k", order=order).samples())
    golden = ["16", "9", "1,200", "3.5", "3"]
    assert sample.metadata["rows"] == rows
    assert sample.turns[0].target == [golden[row] for row in rows]
    lengths = [len(text) for text in questions_of(sample)]
    if order != "normal":
        assert lengths == sorted(lengths, reverse=order == "descending")


def test_questions_of_the_same_length_keep_their_order(longgenbench, tmp_path) -> None:
    rows = [f'{{"question": "Is {i} odd?", "answer": "#### {i}"}}\n' for i in range(5)]
    (tmp_path / "gsm8k_test.jsonl").write_text("".join(rows))
    for order in ("ascending", "descending"):
        sample = next(longgenbench(data_dir=str(tmp_path), task="gsm8k", order=order).samples())
        assert sample.metadata["rows"] == [0, 1, 2, 3, 4]


def test_the_paper_sorts_the_shortest_first_which_is_the_default(longgenbench) -> None:
    default = list(longgenbench(task="gsm8k").samples())
    assert default == list(longgenbench(task="gsm8k", order="ascending").samples())


# Prompts


def test_a_prompt_of_gsm8k_has_the_official_frame(longgenbench, longgenbench_fixtures) -> None:
    shots = str(longgenbench_fixtures / "shots")
    sample = next(longgenbench(task="gsm8k", k=2, order="normal", shots=shots).samples())
    assert query_of(sample) == (
        "Examples:\n"
        "Question_1:\nTom has 2 hats and gets 1. How many has he?\n\n"
        "Question_2:\nHow many legs have 3 cats?\n\n"
        "Answer_1:\nTom has 2 + 1 = 3 hats.\nThe answer is 3.\n\n"
        "Answer_2:\nA cat has 4 legs.\n3 * 4 = 12.\nThe answer is 12.\n\n"
        "Following Question:\n"
        "Question_9:\nA box holds 6 pens. How many pens are in 3 such boxes, if 2 pens are taken "
        "out of the first?\n"
        f"Question_10:\n{PEARS}\n"
    )


def test_a_prompt_of_mmlu_has_its_options_on_one_line_and_a_blank_line_behind(
    longgenbench, longgenbench_fixtures
) -> None:
    shots = str(longgenbench_fixtures / "shots")
    sample = next(longgenbench(task="mmlu", k=2, order="normal", shots=shots).samples())
    assert query_of(sample) == (
        "Examples:\n"
        "Question_1:\nDucks like\n(A) water (B) fire (C) ink (D) dust\n\n"
        "Question_2:\nA nest is made of\n(A) glass (B) twigs (C) iron (D) soap\n\n"
        "Answer_1:\nLet's think step by step. Ducks swim. The answer is (A).\n\n"
        "Answer_2:\nLet's think step by step. Birds gather twigs. The answer is (B).\n\n"
        "Following Question:\n"
        "Question_6:\nA gull is a bird of the\n(A) coast(B) desert(C) attic(D) moon\n\n"
        "Question_7:\nWhich of these, if any, is true?\n__ geese migrate\n"
        "(A) All geese, always(B) Some geese(C) No geese(D) None\n\n"
    )


@pytest.mark.parametrize(
    ("task", "first"), [("gsm8k", 9), ("mmlu", 6), ("csqa", 8)], ids=["gsm8k", "mmlu", "csqa"]
)
def test_real_questions_are_numbered_from_where_the_official_exemplars_end(
    longgenbench, task, first
) -> None:
    for sample in longgenbench(task=task).samples():
        labels = [line for line in query_of(sample).splitlines() if line.startswith("Question_")]
        count = sample.turns[0].answers
        assert labels[-count:] == [f"Question_{first + i}:" for i in range(count)]
        assert sample.turns[0].metadata == {"first_label": first}


def test_the_format_of_the_ablation_puts_each_answer_behind_its_question(
    longgenbench, longgenbench_fixtures
) -> None:
    shots = str(longgenbench_fixtures / "shots")
    sample = next(longgenbench(task="gsm8k", format="baseline", shots=shots).samples())
    labels = [line for line in query_of(sample).splitlines() if line.endswith(":")]
    assert labels[:6] == [
        "Examples:",
        "Question_1:",
        "Answer_1:",
        "Question_2:",
        "Answer_2:",
        "Following Question:",
    ]


def test_the_instructions_stand_in_the_system_message(longgenbench) -> None:
    (first,) = longgenbench(task="gsm8k").samples()
    (message,) = first.messages
    assert message.role == "system"
    assert "'Answer_'" in message.content
    assert "'The answer is'" in message.content
    birds, _ = longgenbench(task="mmlu").samples()
    assert "'The answer is'" not in birds.messages[0].content
    assert birds.messages[0].content.endswith("The questions are multiple choice, about bird lore.")


def test_replies_have_the_official_limit(longgenbench) -> None:
    limits = {s.turns[0].max_tokens for s in longgenbench(baseline=True).samples()}
    assert limits == {4096}


# The baseline


def test_the_baseline_asks_the_questions_of_the_same_queries_one_by_one(longgenbench) -> None:
    samples = list(longgenbench(k=2, queries=1, baseline=True).samples())
    tasks = Counter(sample.task for sample in samples)
    assert tasks == {
        "gsm8k": 1,
        "gsm8k_baseline": 2,
        "mmlu": 1,
        "mmlu_baseline": 2,
        "csqa": 1,
        "csqa_baseline": 2,
    }
    assert list(tasks) == [
        task for name in ("gsm8k", "mmlu", "csqa") for task in (name, f"{name}_baseline")
    ]
    single = [sample for sample in samples if sample.task == "gsm8k_baseline"]
    assert [sample.turns[0].target for sample in single] == ["16", "9"]
    assert {sample.turns[0].answers for sample in single} == {1}


def test_a_baseline_prompt_has_each_exemplar_with_its_answer(
    longgenbench, longgenbench_fixtures
) -> None:
    shots = str(longgenbench_fixtures / "shots")
    samples = list(longgenbench(task="gsm8k_baseline", shots=shots).samples())
    assert query_of(samples[1]) == (
        "Question: Tom has 2 hats and gets 1. How many has he?\n"
        "Answer: Tom has 2 + 1 = 3 hats.\nThe answer is 3.\n\n"
        "Question: How many legs have 3 cats?\n"
        "Answer: A cat has 4 legs.\n3 * 4 = 12.\nThe answer is 12.\n\n"
        f"Question: {PEARS}\nAnswer:"
    )


def test_ids_are_unique_and_rows_number_the_samples_of_a_task(longgenbench) -> None:
    samples = list(longgenbench(k=2, baseline=True).samples())
    assert len({sample.id for sample in samples}) == len(samples)
    by_task: dict[str, list] = {}
    for sample in samples:
        by_task.setdefault(sample.task, []).append(sample)
    for task in by_task.values():
        assert [sample.row for sample in task] == list(range(len(task)))
    assert [sample.id for sample in by_task["mmlu_baseline"]] == [
        "mmlu_baseline/bird_lore/0",
        "mmlu_baseline/bird_lore/1",
        "mmlu_baseline/number_facts/0",
        "mmlu_baseline/number_facts/1",
    ]
    assert by_task["mmlu_baseline"][2].metadata == {"subject": "number_facts", "rows": [0]}


def test_every_pass_over_the_samples_gives_the_same(longgenbench) -> None:
    benchmark = longgenbench(k=2, baseline=True)
    assert list(benchmark.samples()) == list(benchmark.samples())


# Tasks


@pytest.mark.parametrize(
    ("section", "tasks"),
    [
        ({}, ["gsm8k", "mmlu", "csqa"]),
        ({"task": ["all"]}, ["gsm8k", "mmlu", "csqa"]),
        ({"task": "csqa, gsm8k"}, ["csqa", "gsm8k"]),
        ({"task": ["mmlu"], "baseline": True}, ["mmlu", "mmlu_baseline"]),
        ({"task": "mmlu_baseline"}, ["mmlu_baseline"]),
        ({"task": "mmlu_baseline,mmlu", "baseline": True}, ["mmlu_baseline", "mmlu"]),
    ],
    ids=str,
)
def test_tasks_are_chosen_by_name(longgenbench, section, tasks) -> None:
    assert longgenbench(**section).provenance()["tasks"] == tasks


def test_an_unknown_task_is_named_with_its_nearest(longgenbench) -> None:
    with pytest.raises(ConfigError, match=r"unknown task 'gsm8'; did you mean 'gsm8k'"):
        longgenbench(task="gsm8")


# Exemplars


def test_own_exemplars_are_as_many_as_the_published_and_state_their_result(longgenbench) -> None:
    for task, count, ending in (
        ("gsm8k", 8, r"The answer is \d+\.$"),
        ("csqa", 7, r"The answer is \([A-E]\)\.$"),
    ):
        sample = next(longgenbench(task=task).samples())
        shots, _, _ = query_of(sample).partition("Following Question:")
        blocks = shots.removeprefix("Examples:\n").strip().split("\n\n")
        labels = [block.partition(":\n")[0] for block in blocks]
        assert labels == [f"Question_{i}" for i in range(1, count + 1)] + [
            f"Answer_{i}" for i in range(1, count + 1)
        ]
        for block in blocks[count:]:
            assert re.search(ending, block)


def test_without_published_exemplars_dev_rows_stand_in_for_those_of_mmlu(longgenbench) -> None:
    _, facts = longgenbench(task="mmlu").samples()
    assert query_of(facts).startswith(
        "Examples:\nQuestion_1:\n2 + 2 is\n(A) 3(B) 4(C) 5(D) 22\n\n"
        "Answer_1:\nThe answer is (B).\n\nFollowing Question:\nQuestion_6:\n"
    )


def test_a_file_of_exemplars_serves_one_data_set(longgenbench, longgenbench_fixtures) -> None:
    file = str(longgenbench_fixtures / "shots" / "LongGenBench_prompt.txt")
    (sample,) = longgenbench(task="gsm8k", shots=file).samples()
    assert "Tom has 2 hats" in query_of(sample)
    with pytest.raises(ConfigError, match="is a file of one data set"):
        longgenbench(task="gsm8k,csqa", shots=file)


def test_a_data_set_without_published_exemplars_keeps_our_own(
    longgenbench, longgenbench_fixtures
) -> None:
    shots = str(longgenbench_fixtures / "shots")
    benchmark = longgenbench(task="gsm8k,csqa", shots=shots)
    provenance = benchmark.provenance()
    assert provenance["prompts"] == "evalrun wording, published exemplars of gsm8k"
    assert provenance["exemplars"]["csqa"]["source"] == "evalrun wording"
    assert list(provenance["exemplars"]["gsm8k"]["files"]) == ["LongGenBench_prompt.txt"]


def test_a_folder_without_any_exemplars_is_a_problem(longgenbench, tmp_path) -> None:
    (problem,) = longgenbench(task="gsm8k", shots=str(tmp_path)).problems()
    assert f"benchmark.shots={tmp_path}: no exemplars of gsm8k" in str(problem)


@pytest.mark.parametrize(
    ("task", "text", "message"),
    [
        ("gsm8k", "nothing", "needs its 'Answer_<i>:'"),
        ("gsm8k", "Question_1:\na\n\nAnswer_2:\nb", "needs its 'Answer_<i>:'"),
        ("gsm8k", "Question_1:\na\nAnswer_1:\nb\nQuestion_3:\nc", "needs its 'Answer_<i>:'"),
        ("mmlu", "[1]", "Expected `object`"),
        ("mmlu", '{"bird_lore": "no questions"}', "bird_lore: no line begins with 'Q: '"),
        ("mmlu", '{"bird_lore": "x\\n\\nQ: a"}', "bird_lore: a question without answer"),
        ("mmlu", '{"other": "x\\n\\nQ: a\\nA: b"}', "no exemplars of bird_lore"),
    ],
)
def test_malformed_exemplars_are_told_with_their_file(
    longgenbench, tmp_path, task, text, message
) -> None:
    (tmp_path / "shots.txt").write_text(text)
    benchmark = longgenbench(task=task, shots=str(tmp_path / "shots.txt"))
    with pytest.raises(DataError, match=message) as error:
        list(benchmark.samples())
    assert str(error.value).startswith(f"{tmp_path / 'shots.txt'}")


# Official rows


def test_official_rows_of_gsm8k_are_read(longgenbench, shared_data) -> None:
    folder = str(shared_data / "longgenbench")
    samples = list(longgenbench(data_dir=folder, task="gsm8k", order="normal").samples())
    assert [sample.turns[0].answers for sample in samples] == [35, 35, 10]
    assert samples[0].turns[0].target[:4] == ["18", "3", "70000", "540"]
    assert questions_of(samples[0])[1].startswith("A robe takes 2 bolts of blue fiber")


def test_official_rows_of_mmlu_are_read(longgenbench, shared_data) -> None:
    folder = str(shared_data / "longgenbench")
    samples = list(longgenbench(data_dir=folder, task="mmlu", order="normal").samples())
    counts = {sample.row_id: sample.turns[0].answers for sample in samples}
    # A row of college_chemistry takes several lines; the others are a line each.
    assert counts.pop("college_chemistry") == 30
    assert counts == {"abstract_algebra": 40, "global_facts": 40, "philosophy": 40}
    assert samples[0].turns[0].target[:5] == ["B", "C", "D", "B", "B"]
    assert all("Answer_5:\nThe answer is (" in query_of(sample) for sample in samples)
    assert samples[0].messages == (Message("system", samples[0].messages[0].content),)
