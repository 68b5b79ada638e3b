"""Where SCBench's rows are found, and what is said of files that are missing or malformed."""

from __future__ import annotations

import json
import shutil

import pytest

from evalrun.core.errors import ConfigError, DataError
from evalrun.core.hashing import sha256_of_file

KV_ROW = {"context": "{}", "multi_turns": [{"input": "Key: a", "answer": "1"}]}


@pytest.mark.parametrize(
    "name",
    [
        "data/scbench_kv.jsonl",
        "scbench_kv.jsonl",
        "scbench_kv.json",
        "data/multi_turn_kv.jsonl",
        "multi_turn_kv.jsonl",
    ],
)
def test_files_are_found_in_the_layouts_of_all_revisions(scbench, tmp_path, name) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([KV_ROW] if path.suffix == ".json" else KV_ROW))
    benchmark = scbench(data_dir=str(tmp_path), task="kv")
    assert benchmark.problems() == ()
    assert [sample.row for sample in benchmark.samples()] == [0]
    assert benchmark.provenance()["files"] == {name: sha256_of_file(path)}


def test_parquet_shards_are_read_in_order_as_one_file(scbench, tmp_path, fixtures) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    folder = tmp_path / "scbench_mf"
    folder.mkdir()
    row = json.loads((fixtures / "scbench_mf.jsonl").read_text())
    for shard in (1, 0):
        table = pa.Table.from_pylist([{**row, "id": 10 * shard}, {**row, "id": 10 * shard + 1}])
        pq.write_table(table, folder / f"test-{shard:05}-of-00002.parquet")
    samples = list(scbench(data_dir=str(tmp_path), task="mf").samples())
    assert [(sample.row, sample.row_id) for sample in samples] == [(0, 0), (1, 1), (2, 10), (3, 11)]
    assert samples[0].turns == next(scbench(task="mf").samples()).turns


def test_mixed_rows_survive_parquet_which_fills_absent_fields(scbench, tmp_path, fixtures) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    row = json.loads((fixtures / "scbench_repoqa_and_kv.jsonl").read_text())
    path = tmp_path / "scbench_repoqa_and_kv.parquet"
    pq.write_table(pa.Table.from_pylist([row]), path)
    from_parquet = scbench(path=str(path), task="repoqa_and_kv").samples()
    assert list(from_parquet) == list(scbench(task="repoqa_and_kv").samples())


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("all", 12),
        ("kv", ["scbench_kv"]),
        ("scbench_kv", ["scbench_kv"]),
        ("multi_turn_kv", ["scbench_kv"]),
        ("mf, kv,scbench_mf", ["scbench_mf", "scbench_kv"]),
        (["vt", "kv"], ["scbench_vt", "scbench_kv"]),
    ],
)
def test_tasks_are_chosen_by_name(scbench, task, expected) -> None:
    tasks = scbench(task=task).provenance()["tasks"]
    assert (len(tasks) if task == "all" else tasks) == expected


def test_an_unknown_task_is_named_with_its_nearest(scbench) -> None:
    with pytest.raises(ConfigError, match=r"'prefix_sufix'; .*'scbench_prefix_suffix'"):
        scbench(task="prefix_sufix")


def test_a_protocol_that_scbench_does_not_have_is_refused(scbench) -> None:
    with pytest.raises(ConfigError, match="protocol=multi_turn or protocol=multi_request"):
        scbench(mode="single_turn")


def test_missing_data_is_a_problem_that_names_folder_tasks_and_remedy(scbench, tmp_path) -> None:
    (tmp_path / "scbench_kv.jsonl").write_text(json.dumps(KV_ROW))
    (problem,) = scbench(data_dir=str(tmp_path), task=["kv", "vt"]).problems()
    assert problem.what == f"no data of scbench_vt in {tmp_path}"
    assert "evalrun fetch scbench" in problem.remedy
    assert "--from DIR" in problem.remedy


def _with_manifest(folder, fixtures, revision: str, size: int) -> None:
    shutil.copy(fixtures / "scbench_kv.jsonl", folder)
    manifest = {
        "origin": "somewhere",
        "repo": "microsoft/SCBench",
        "revision": revision,
        "files": {"scbench_kv.jsonl": {"sha256": "noted", "size": size}},
        "fetched_at": "2026-01-01T00:00:00+00:00",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_the_hash_noted_by_fetch_is_used_for_files_of_the_noted_size(
    scbench, tmp_path, fixtures
) -> None:
    path = fixtures / "scbench_kv.jsonl"
    _with_manifest(tmp_path, fixtures, "f" * 40, path.stat().st_size)
    provenance = scbench(data_dir=str(tmp_path), task="kv").provenance()
    assert provenance["files"] == {"scbench_kv.jsonl": "noted"}
    assert (provenance["revision"], provenance["licence"]) == ("f" * 40, "MIT")


def test_a_file_of_another_size_than_noted_is_hashed(scbench, tmp_path, fixtures) -> None:
    _with_manifest(tmp_path, fixtures, "f" * 40, 1)
    provenance = scbench(data_dir=str(tmp_path), task="kv").provenance()
    assert provenance["files"] == {
        "scbench_kv.jsonl": sha256_of_file(fixtures / "scbench_kv.jsonl")
    }


def test_another_revision_than_the_pinned_one_is_a_problem(scbench, tmp_path, fixtures) -> None:
    _with_manifest(tmp_path, fixtures, "a" * 40, 1)
    (problem,) = scbench(data_dir=str(tmp_path), task="kv").problems()
    assert f"holds revision {'a' * 40}" in problem.what
    assert f"benchmark.fetch.revision={'a' * 40}" in problem.remedy


def test_one_file_can_stand_for_the_data(scbench, tmp_path, fixtures) -> None:
    path = tmp_path / "mine.jsonl"
    shutil.copy(fixtures / "scbench_mf.jsonl", path)
    benchmark = scbench(path=str(path), task="mf")
    assert [sample.id for sample in benchmark.samples()] == ["scbench_mf/0"]
    provenance = benchmark.provenance()
    assert provenance["source"] == "file"
    assert provenance["files"] == {"mine.jsonl": sha256_of_file(path)}


def test_the_task_of_a_file_is_known_from_an_official_name(scbench, fixtures) -> None:
    benchmark = scbench(path=str(fixtures / "scbench_mf.jsonl"))
    assert benchmark.provenance()["tasks"] == ["scbench_mf"]


def test_the_task_of_a_file_with_another_name_must_be_said(scbench, tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"say which with benchmark.task="):
        scbench(path=str(tmp_path / "mine.jsonl"))


def test_a_missing_file_is_a_problem(scbench, tmp_path) -> None:
    (problem,) = scbench(path=str(tmp_path / "none.jsonl"), task="kv").problems()
    assert "none.jsonl: no such file" in problem.what


def test_a_file_without_rows_is_an_error(scbench, tmp_path) -> None:
    path = tmp_path / "scbench_kv.jsonl"
    path.write_text("\n")
    with pytest.raises(DataError, match=r"scbench_kv\.jsonl: no rows"):
        list(scbench(path=str(path)).samples())


def test_the_first_sample_needs_no_more_than_the_first_row(scbench, tmp_path) -> None:
    path = tmp_path / "scbench_kv.jsonl"
    path.write_text(json.dumps(KV_ROW) + "\nnot JSON at all\n")
    samples = scbench(path=str(path)).samples()
    assert next(samples).id == "scbench_kv/0"
    with pytest.raises(DataError, match="line 2: not valid JSON"):
        next(samples)


TURN = {"input": "Q", "answer": "A"}
CHOICE = {"input": "Q", "answer": "a", "options": ["a", "b", "c", "d"]}
CODE = {"context": "", "lang": "python", "repo": "r"}
MALFORMED = [
    ("kv", {"multi_turns": [TURN]}, "row 2: missing field 'context'"),
    ("kv", {"context": 5, "multi_turns": [TURN]}, "'context' should be str, found int"),
    ("kv", {"context": "", "multi_turn": [TURN]}, "did you mean 'multi_turn'"),
    ("kv", {"context": "", "multi_turns": []}, "row 2: 'multi_turns' is empty"),
    ("kv", {"context": "", "multi_turns": ["Q"]}, "row 2, turn 1: should be an object"),
    ("kv", {"context": "", "multi_turns": [TURN, {"input": "Q"}]}, "turn 2: missing .*'answer'"),
    ("kv", {"context": "", "multi_turns": [{**TURN, "answer": 1}]}, "'answer' should be str"),
    ("vt", {"context": "", "multi_turns": [TURN]}, "'answer' should be list, found str"),
    ("vt", {"context": "", "multi_turns": [{**TURN, "answer": [1]}]}, "list of names"),
    ("mf", {"context": "1", "multi_turns": [TURN]}, "'context' should be list, found str"),
    ("mf", {"context": [1, "2"], "multi_turns": [TURN]}, "should hold integers only"),
    ("mf", {"context": [1], "multi_turns": [TURN]}, "'answer' should be int or float"),
    ("mf", {"context": [1], "multi_turns": [{**TURN, "answer": True}]}, "a number, found bool"),
    ("mf", {"context": [1], "multi_turns": [{**TURN, "answer": 1}]}, "should say 'The ... is'"),
    ("choice_eng", {"context": "", "multi_turns": [TURN]}, "missing field 'options'"),
    (
        "choice_eng",
        {"context": "", "multi_turns": [{**CHOICE, "options": ["a"]}]},
        "list of 4 strings",
    ),
    ("choice_eng", {"context": "", "multi_turns": [{**CHOICE, "answer": "z"}]}, "none of the opt"),
    ("repoqa", {**CODE, "multi_turns": [TURN]}, "row 2, turn 1: missing field 'name'"),
    (
        "repoqa",
        {**CODE, "repo": None, "multi_turns": [{**TURN, "name": "f"}]},
        "row 2: field 'repo' should be str, found NoneType",
    ),
    ("summary_with_needles", {"context": "", "multi_turns": [TURN]}, "missing field 'task'"),
    (
        "summary_with_needles",
        {"context": "", "multi_turns": [{**TURN, "task": "scbench_kv"}]},
        "unknown subtask 'scbench_kv'",
    ),
]


@pytest.mark.parametrize(("task", "row", "message"), MALFORMED)
def test_a_malformed_row_is_named_with_its_file(
    scbench, tmp_path, fixtures, task, row, message
) -> None:
    good = (fixtures / f"scbench_{task}.jsonl").read_text().splitlines()[0]
    path = tmp_path / f"scbench_{task}.jsonl"
    path.write_text(f"{good}\n{json.dumps(row)}\n")
    with pytest.raises(DataError, match=message) as error:
        list(scbench(path=str(path)).samples())
    assert str(error.value).startswith(f"{path}, row 2")
