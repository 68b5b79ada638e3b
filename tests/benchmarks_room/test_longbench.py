"""LongBench's samples: what is asked, what counts as an answer, how long replies may be."""

from __future__ import annotations

import json

import pytest

from evalrun.core.errors import DataError

LIMITS = {
    "narrativeqa": 128,
    "qasper": 128,
    "multifieldqa_en": 64,
    "hotpotqa": 32,
    "2wikimqa": 32,
    "musique": 32,
    "gov_report": 512,
    "qmsum": 512,
    "multi_news": 512,
    "trec": 64,
    "triviaqa": 32,
    "samsum": 128,
    "passage_count": 32,
    "passage_retrieval_en": 32,
    "lcc": 64,
    "repobench-p": 64,
}
LOCALIZATION = ["narrativeqa", "qasper", "multifieldqa_en", "hotpotqa", "2wikimqa", "musique"]
PROMPT_FILE = {
    "trec": "Types.\n\n{context}\n{input}",
    "lcc": "Code {{x}}:\n{context}Next line of code:\n",
    "dureader": "问题：{input} {context}",  # noqa: RUF001 - full-width, as in the official file
}


def only(longbench, task: str, **section):
    (sample,) = longbench(task=task, **section).samples()
    return sample


def prompt_of(sample) -> str:
    return sample.context + sample.turns[0].query


def test_all_datasets_are_read_in_the_order_of_the_papers_columns(longbench) -> None:
    samples = list(longbench().samples())
    assert [sample.task for sample in samples] == list(LIMITS)
    assert [sample.id for sample in samples] == [f"{name}/0" for name in LIMITS]
    assert {sample.task: sample.turns[0].max_tokens for sample in samples} == LIMITS


def test_a_row_becomes_a_sample_of_one_turn(longbench) -> None:
    sample = only(longbench, "narrativeqa")
    (turn,) = sample.turns
    assert (sample.row, sample.row_id) == (0, "own-narrativeqa-0")
    assert turn.target == ["oak", "He built it of oak."]
    assert turn.reference == "oak"
    assert sample.metadata == {"task_class": "localization", "length": 35, "language": "en"}


def test_questions_are_localization_and_everything_else_is_aggregation(longbench) -> None:
    classes = {sample.task: sample.metadata["task_class"] for sample in longbench().samples()}
    assert [name for name, kind in classes.items() if kind == "localization"] == LOCALIZATION
    assert set(classes.values()) == {"localization", "aggregation"}


def test_a_turn_of_trec_carries_the_names_of_its_classes(longbench) -> None:
    classes = ["Date", "Individual", "Other number", "Number", "Place"]
    assert only(longbench, "trec").turns[0].metadata == {"all_classes": classes}
    assert only(longbench, "samsum").turns[0].metadata == {}


@pytest.mark.parametrize("task", list(LIMITS))
def test_the_context_ends_with_the_rows_context_and_the_query_holds_its_input(
    longbench, longbench_fixtures, task
) -> None:
    row = json.loads((longbench_fixtures / f"{task}.jsonl").read_text())
    sample = only(longbench, task)
    assert sample.context.endswith(row["context"])
    assert row["input"] in sample.turns[0].query


@pytest.mark.parametrize(
    ("task", "ending"),
    [
        ("narrativeqa", "\n\nQuestion: What did Bram build the new wheel of?\n\nAnswer:"),
        ("hotpotqa", "\nQuestion: Where was the designer of the Elm Bridge born?\nAnswer:"),
        ("qmsum", "\nQuery: What was decided about the stand?\nAnswer:"),
        ("trec", "Type: Individual\nQuestion: How many lamps are in the hall ?\nType:"),
        ("triviaqa", "\nAnswer:\nnear Velden\n\nPassage:\nMerrow is known for its clocks."),
        ("samsum", "late.\n\nDialogue: Kim: Is the shop open?\nRoy: From nine on.\nSummary: "),
        ("passage_retrieval_en", "\nA text about voyages by ship.\n\n"),
        ("lcc", "        result += price\nThe next line of the code:\n"),
        (
            "repobench-p",
            "from shop.tax import tax\n\ndef gross(price):\nThe next line of the code:\n",
        ),
    ],
)
def test_the_parts_of_a_prompt_follow_each_other_as_in_the_official_one(
    longbench, task, ending
) -> None:
    assert ending in prompt_of(only(longbench, task))


def test_braces_in_a_row_are_text(longbench, longbench_fixtures, tmp_path) -> None:
    row = json.loads((longbench_fixtures / "lcc.jsonl").read_text())
    row["context"] = "int main() { return {input}; }}\n"
    (tmp_path / "lcc.jsonl").write_text(json.dumps(row))
    assert row["context"] in only(longbench, "lcc", data_dir=str(tmp_path)).context


@pytest.mark.parametrize("limit", [7950, 15500, None])
def test_a_prompt_that_is_too_long_loses_its_middle(longbench, limit) -> None:
    assert only(longbench, "lcc", max_prompt_tokens=limit).max_prompt_tokens == limit


def test_the_default_limit_is_that_of_llama_3(longbench) -> None:
    assert only(longbench, "lcc").max_prompt_tokens == 7950


def test_the_official_prompt_file_can_be_used(longbench, tmp_path) -> None:
    path = tmp_path / "dataset2prompt.json"
    path.write_text(json.dumps(PROMPT_FILE))
    prompt = prompt_of(only(longbench, "trec", prompts=str(path)))
    assert prompt.startswith("Types.\n\nQuestion: When was the mill built ?")
    assert prompt.endswith("Type: Individual\nQuestion: How many lamps are in the hall ?\nType:")
    code = only(longbench, "lcc", prompts=str(path))
    assert code.context.startswith("Code {x}:\ndef total")
    assert code.turns[0].query == "Next line of code:\n"


def test_provenance_says_whose_wording_was_used(longbench, tmp_path) -> None:
    path = tmp_path / "dataset2prompt.json"
    path.write_text(json.dumps(PROMPT_FILE))
    own, official = longbench().provenance(), longbench(task="trec", prompts=str(path)).provenance()
    assert own["prompts"] == "evalrun wording"
    assert official["prompts"] == "dataset2prompt.json"
    assert own["prompts_sha256"] != official["prompts_sha256"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"lcc": "{context}"}', r"template of trec: missing; .* benchmark\.task"),
        ('{"trec": "{input}"}', r"template of trec: should hold \{context\} once, found it 0"),
        ('{"trec": "{context}{context}"}', r"should hold \{context\} once, found it 2 times"),
        ('{"trec": "{context}{question}"}', r"asks for 'question'; valid: input"),
        ('{"trec": 5}', "should map datasets to templates"),
        ("{", "should map datasets to templates"),
    ],
)
def test_a_prompt_file_that_does_not_fit_is_named(longbench, tmp_path, text, message) -> None:
    path = tmp_path / "prompts.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message) as error:
        only(longbench, "trec", prompts=str(path))
    assert str(error.value).startswith(str(path))


def test_a_missing_prompt_file_is_a_problem(longbench, tmp_path) -> None:
    (problem,) = longbench(prompts=str(tmp_path / "none.json")).problems()
    assert "none.json: no such file" in problem.what
    assert "dataset2prompt.json" in problem.remedy


def test_rows_in_the_official_schema_are_read(longbench, shared_data) -> None:
    path = shared_data / "windowkv" / "longbench_synthetic_tiny.jsonl"
    samples = {sample.task: sample for sample in longbench(path=str(path)).samples()}
    assert list(samples) == ["narrativeqa", "trec", "passage_retrieval_en", "lcc", "gov_report"]
    assert samples["trec"].turns[0].target == ["Date"]
    assert samples["lcc"].context.endswith("def sub(a, b):\n")
