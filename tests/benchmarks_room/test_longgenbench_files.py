"""Where LongGenBench finds official files, and what it says of those that are wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from evalrun.core.errors import ConfigError, DataError
from evalrun.core.hashing import sha256_of_file

GSM8K = {"question": "What is 1 + 1?", "answer": "1+1=2\n#### 2"}
CSQA = {
    "question": "Which?",
    "choices": {"label": list("ABCDE"), "text": ["v", "w", "x", "y", "z"]},
    "answerKey": "C",
}
HUB_MMLU = {"question": "Which?", "subject": "birds", "choices": ["v", "w", "x", "y"], "answer": 2}


def write(path: Path, *rows: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pa = pytest.importorskip("pyarrow")
        pq = pytest.importorskip("pyarrow.parquet")
        pq.write_table(pa.Table.from_pylist(list(rows)), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))


# Layouts


@pytest.mark.parametrize(
    ("task", "file", "row"),
    [
        ("gsm8k", "gsm8k/main/test-00000-of-00001.parquet", GSM8K),
        ("gsm8k", "gsm8k/test.jsonl", GSM8K),
        ("gsm8k", "gsm8k_test.first80.jsonl", GSM8K),
        ("csqa", "csqa/data/validation-00000-of-00001.parquet", CSQA),
        ("csqa", "csqa/validation.jsonl", CSQA),
        ("csqa", "csqa_validation.jsonl", CSQA),
    ],
)
def test_files_are_found_in_each_layout(longgenbench, tmp_path, task, file, row) -> None:
    write(tmp_path / file, row, row)
    benchmark = longgenbench(data_dir=str(tmp_path), task=task)
    assert not benchmark.problems()
    (sample,) = benchmark.samples()
    assert sample.turns[0].target == (["2", "2"] if task == "gsm8k" else ["C", "C"])
    assert sample.metadata["rows"] == [0, 1]


def test_the_hubs_files_of_mmlu_read_as_the_csv_files_do(longgenbench, tmp_path) -> None:
    for folder in ("birds", "all", "auxiliary_train"):
        write(tmp_path / "hub/mmlu" / folder / "test-00000-of-00001.parquet", HUB_MMLU)
        write(tmp_path / "hub/mmlu" / folder / "dev-00000-of-00001.parquet", HUB_MMLU)
    (tmp_path / "csv/mmlu").mkdir(parents=True)
    for part in ("test", "dev"):
        (tmp_path / "csv/mmlu" / f"birds_{part}.csv").write_text("Which?,v,w,x,y,C\n")
    from_hub = list(longgenbench(data_dir=str(tmp_path / "hub"), task="mmlu").samples())
    assert from_hub == list(longgenbench(data_dir=str(tmp_path / "csv"), task="mmlu").samples())
    assert [sample.id for sample in from_hub] == ["mmlu/birds"]


def test_the_folders_dev_and_test_of_the_original_archive_are_read(
    longgenbench, tmp_path, longgenbench_fixtures
) -> None:
    for path in (longgenbench_fixtures / "mmlu").glob("*.csv"):
        folder = tmp_path / "data" / path.stem.rpartition("_")[2]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder)
    moved = longgenbench(path=str(tmp_path / "data"), task="mmlu")
    assert list(moved.samples()) == list(longgenbench(task="mmlu").samples())
    assert set(moved.provenance()["data"]["mmlu"]["files"]) == {
        f"{part}/{subject}_{part}.csv"
        for part in ("dev", "test")
        for subject in ("bird_lore", "number_facts")
    }


# One file instead of a folder


@pytest.mark.parametrize(
    ("file", "task"),
    [
        ("gsm8k_test.jsonl", "gsm8k"),
        ("csqa.jsonl", "csqa"),
        ("mmlu/number_facts_test.csv", "mmlu"),
        ("mmlu", "mmlu"),
    ],
)
def test_the_data_set_of_a_file_is_known_from_an_official_name(
    longgenbench, longgenbench_fixtures, file, task
) -> None:
    benchmark = longgenbench(path=str(longgenbench_fixtures / file))
    assert benchmark.provenance()["tasks"] == [task]
    assert not benchmark.problems()
    assert {sample.task for sample in benchmark.samples()} == {task}


def test_a_file_with_another_name_needs_its_data_set(
    longgenbench, longgenbench_fixtures, tmp_path
) -> None:
    path = tmp_path / "mine.jsonl"
    shutil.copy(longgenbench_fixtures / "gsm8k_test.jsonl", path)
    with pytest.raises(ConfigError, match=r"say which with benchmark\.task="):
        longgenbench(path=str(path))
    benchmark = longgenbench(path=str(path), task="gsm8k", baseline=True)
    assert benchmark.provenance()["tasks"] == ["gsm8k", "gsm8k_baseline"]
    assert benchmark.provenance()["data"]["gsm8k"]["files"] == {"mine.jsonl": sha256_of_file(path)}


# What is missing


def test_missing_data_is_a_problem_for_each_data_set(longgenbench, tmp_path) -> None:
    problems = longgenbench(data_dir=str(tmp_path)).problems()
    assert [problem.what for problem in problems] == [
        f"no data of {name} in {tmp_path}" for name in ("gsm8k", "mmlu", "csqa")
    ]
    assert "evalrun fetch longgenbench" in problems[0].remedy


@pytest.mark.parametrize("task", ["gsm8k", "mmlu"])
def test_a_missing_file_is_a_problem(longgenbench, tmp_path, task) -> None:
    (problem,) = longgenbench(path=str(tmp_path / "none"), task=task).problems()
    assert problem.what == f"{tmp_path / 'none'}: no rows of {task}"


def test_subjects_without_dev_rows_are_named_where_they_are_needed(
    longgenbench, longgenbench_fixtures, tmp_path
) -> None:
    shutil.copytree(longgenbench_fixtures / "mmlu", tmp_path / "mmlu")
    (tmp_path / "mmlu" / "bird_lore_dev.csv").unlink()
    section = {"data_dir": str(tmp_path), "task": "mmlu"}
    (problem,) = longgenbench(**section).problems()
    assert problem.what == "no dev rows, which are mmlu's exemplars, of bird_lore"
    assert not longgenbench(**section, shots=str(longgenbench_fixtures / "shots")).problems()


# What identifies a run


def _manifest(folder: Path, revision: str) -> None:
    manifest = {
        "origin": "somewhere",
        "repo": "openai/gsm8k",
        "revision": revision,
        "files": {
            "test.jsonl": {"sha256": "noted", "size": (folder / "test.jsonl").stat().st_size}
        },
        "fetched_at": "2026-01-01T00:00:00+00:00",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_fetched_files_are_known_by_their_manifest(longgenbench, tmp_path) -> None:
    pinned = "cc7b047b6e5bb11b4f1af84efc572db110a51b3c"
    write(tmp_path / "gsm8k" / "test.jsonl", GSM8K)
    _manifest(tmp_path / "gsm8k", pinned)
    benchmark = longgenbench(data_dir=str(tmp_path), task="gsm8k")
    assert not benchmark.problems()
    assert benchmark.provenance()["data"]["gsm8k"] == {
        "revision": pinned,
        "files": {"test.jsonl": "noted"},
    }


def test_another_revision_than_the_pinned_one_is_a_problem(longgenbench, tmp_path) -> None:
    write(tmp_path / "gsm8k" / "test.jsonl", GSM8K)
    _manifest(tmp_path / "gsm8k", "a" * 40)
    (problem,) = longgenbench(data_dir=str(tmp_path), task="gsm8k").problems()
    assert f"holds revision {'a' * 40}" in problem.what
    assert f"benchmark.fetch.0.revision={'a' * 40}" in problem.remedy


def test_other_exemplars_make_another_provenance(
    longgenbench, longgenbench_fixtures, tmp_path
) -> None:
    shutil.copytree(longgenbench_fixtures / "shots", tmp_path / "shots")
    own = longgenbench(task="gsm8k").provenance()
    published = longgenbench(task="gsm8k", shots=str(tmp_path / "shots")).provenance()
    assert own["exemplars"] != published["exemplars"]
    file = tmp_path / "shots" / "LongGenBench_prompt.txt"
    file.write_text(file.read_text().replace("hats", "caps"))
    changed = longgenbench(task="gsm8k", shots=str(tmp_path / "shots")).provenance()
    assert changed["exemplars"] != published["exemplars"]


def test_a_provenance_names_the_wording_and_every_file(longgenbench) -> None:
    provenance = longgenbench().provenance()
    assert provenance["prompts"] == "evalrun wording"
    assert provenance["exemplars"]["mmlu"] == {"source": "dev rows, without reasoning"}
    assert set(provenance["data"]["mmlu"]["files"]) == {
        f"{subject}_{part}.csv"
        for part in ("dev", "test")
        for subject in ("bird_lore", "number_facts")
    }


# Malformed rows

MALFORMED = [
    ("gsm8k.jsonl", {"answer": "#### 1"}, "missing field 'question'"),
    ("gsm8k.jsonl", {"question": "Q"}, "missing field 'answer'"),
    ("gsm8k.jsonl", {"question": "Q", "answer": "1"}, "should end in '#### <number>'"),
    ("gsm8k.jsonl", {"question": "Q", "answer": "1 #### one"}, "should end in '#### <number>'"),
    ("gsm8k.jsonl", {"question": 1, "answer": "#### 1"}, "'question' should be str, found int"),
    ("csqa.jsonl", {**CSQA, "answerKey": ""}, "the test split has none: use validation"),
    ("csqa.jsonl", {**CSQA, "answerKey": "F"}, "the answer should be one of ABCDE, found 'F'"),
    ("csqa.jsonl", {**CSQA, "answerKey": "AB"}, "should be one of ABCDE, found 'AB'"),
    ("csqa.jsonl", {**CSQA, "choices": ["v"]}, "'choices' should be dict, found list"),
    (
        "csqa.jsonl",
        {**CSQA, "choices": {"label": ["A"]}},
        "the labels of the choices should be A to",
    ),
    (
        "csqa.jsonl",
        {**CSQA, "choices": {"label": list("ABCDE"), "text": ["v"]}},
        "should have 5 options, each a text",
    ),
    (
        "csqa.jsonl",
        {**CSQA, "choices": {"label": list("ABCDE"), "text": [1, 2, 3, 4, 5]}},
        "should have 5 options, each a text",
    ),
]


@pytest.mark.parametrize(("file", "row", "message"), MALFORMED)
def test_a_malformed_row_is_named_with_its_file(longgenbench, tmp_path, file, row, message) -> None:
    path = tmp_path / file
    write(path, GSM8K if file.startswith("gsm8k") else CSQA, row)
    with pytest.raises(DataError, match=message) as error:
        list(longgenbench(path=str(path)).samples())
    assert str(error.value).startswith(f"{path}, row 2")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Which?,v,w,x,C", "not as many cells as the columns question, A, B, C, D, answer"),
        ("Which?,v,w,x,y,C,more", "not as many cells as the columns"),
        ("Which?,v,w,x,y,E", "the answer should be one of ABCD, found 'E'"),
        ("Which?,v,w,x,y,", "the answer should be one of ABCD, found ''"),
    ],
)
def test_a_malformed_line_of_mmlu_is_named_with_its_file(
    longgenbench, tmp_path, line, message
) -> None:
    path = tmp_path / "birds_test.csv"
    path.write_text(f"Which?,v,w,x,y,C\n{line}\n")
    (tmp_path / "birds_dev.csv").write_text("Which?,v,w,x,y,C\n")
    with pytest.raises(DataError, match=message) as error:
        list(longgenbench(path=str(path)).samples())
    assert str(error.value).startswith(f"{path}, row 2")


@pytest.mark.parametrize("answer", [-1, 4])
def test_a_hub_answer_outside_the_options_is_told(longgenbench, tmp_path, answer) -> None:
    write(tmp_path / "mmlu/birds/test-0.parquet", {**HUB_MMLU, "answer": answer})
    write(tmp_path / "mmlu/birds/dev-0.parquet", HUB_MMLU)
    with pytest.raises(DataError, match="the answer should be one of ABCD, found ''"):
        list(longgenbench(data_dir=str(tmp_path), task="mmlu").samples())


def test_a_file_without_rows_is_an_error(longgenbench, tmp_path) -> None:
    path = tmp_path / "gsm8k_test.jsonl"
    path.write_text("\n")
    with pytest.raises(DataError, match=r"gsm8k_test\.jsonl: no rows"):
        list(longgenbench(path=str(path)).samples())


def test_rows_that_no_query_takes_are_not_read(longgenbench, tmp_path) -> None:
    path = tmp_path / "gsm8k_test.jsonl"
    path.write_text(json.dumps(GSM8K) + "\nnot JSON at all\n")
    samples = list(longgenbench(path=str(path), k=1, queries=1).samples())
    assert [sample.id for sample in samples] == ["gsm8k/0"]
