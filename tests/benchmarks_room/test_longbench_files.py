"""Where LongBench's rows are found, and what is said of files that are missing or malformed."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from evalrun.core.errors import ConfigError, DataError
from evalrun.core.hashing import sha256_of_file
from evalrun.core.source import FileSource
from evalrun.runners.fetch import fetch

NAMES = ["narrativeqa", "trec", "lcc"]


def row_of(fixtures: Path, name: str, **changes) -> dict:
    return {**json.loads((fixtures / f"{name}.jsonl").read_text()), **changes}


def written(path: Path, *rows: dict) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def archive(tmp_path: Path, longbench_fixtures: Path) -> Path:
    """Return a data.zip with three datasets, laid out as the published one."""
    path = tmp_path / "data.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as opened:
        for name in NAMES:
            opened.write(longbench_fixtures / f"{name}.jsonl", f"data/{name}.jsonl")
    return path


@pytest.mark.parametrize("folder", ["", "data"])
def test_files_of_a_folder_are_found_beside_each_other_or_in_data(
    longbench, longbench_fixtures, tmp_path, folder
) -> None:
    shutil.copytree(longbench_fixtures, tmp_path / folder, dirs_exist_ok=True)
    benchmark = longbench(data_dir=str(tmp_path))
    assert benchmark.problems() == ()
    assert list(benchmark.samples()) == list(longbench().samples())
    name = "/".join(filter(None, [folder, "lcc.jsonl"]))
    assert benchmark.provenance()["files"][name] == sha256_of_file(tmp_path / name)


def test_rows_are_read_out_of_the_archive_and_nothing_is_unpacked(longbench, archive) -> None:
    benchmark = longbench(data_dir=str(archive.parent), task=NAMES)
    assert benchmark.problems() == ()
    assert list(benchmark.samples()) == list(longbench(task=NAMES).samples())
    assert benchmark.provenance()["files"] == {"data.zip": sha256_of_file(archive)}
    assert list(archive.parent.iterdir()) == [archive]


def test_a_fetched_archive_is_identified_by_its_manifest(longbench, archive, tmp_path) -> None:
    source = FileSource(hub="THUDM/LongBench", revision="f" * 40, files=("data.zip",))
    target = tmp_path / "fetched"
    fetch(source, target, from_dir=archive.parent)
    fetched = longbench(data_dir=str(target), task=NAMES)
    assert len(list(fetched.samples())) == 3
    origin = fetched.provenance()
    assert (origin["source"], origin["repository"]) == ("official", "THUDM/LongBench")
    assert origin["files"] == {"data.zip": sha256_of_file(archive)}


def test_another_revision_than_the_pinned_one_is_a_problem(longbench, archive) -> None:
    manifest = {
        "origin": "somewhere",
        "repo": "THUDM/LongBench",
        "revision": "a" * 40,
        "files": {},
        "fetched_at": "2026-01-01T00:00:00+00:00",
    }
    (archive.parent / "manifest.json").write_text(json.dumps(manifest))
    (problem,) = longbench(data_dir=str(archive.parent), task=NAMES).problems()
    assert f"holds revision {'a' * 40}" in problem.what
    assert "evalrun fetch longbench" in problem.remedy


def test_files_of_a_folder_come_before_the_archive(longbench, longbench_fixtures, archive) -> None:
    row = row_of(longbench_fixtures, "trec", _id="mine")
    written(archive.parent / "trec.jsonl", row)
    samples = longbench(data_dir=str(archive.parent), task="trec").samples()
    assert [sample.row_id for sample in samples] == ["mine"]


def test_missing_datasets_are_a_problem_that_names_them_and_the_remedy(longbench, archive) -> None:
    (problem,) = longbench(data_dir=str(archive.parent), task=[*NAMES, "samsum"]).problems()
    assert problem.what == f"no data of samsum in {archive.parent}"
    assert "evalrun fetch longbench" in problem.remedy
    assert "benchmark.data_dir" in problem.remedy


@pytest.mark.parametrize("damage", [b"not an archive", None])
def test_a_damaged_archive_is_named_with_the_way_out(longbench, archive, damage) -> None:
    content = bytearray(archive.read_bytes())
    if damage is None:
        content[60:80] = bytes(20)  # inside the first member; the directory stays whole
    archive.write_bytes(damage or bytes(content))
    with pytest.raises(DataError, match=r"data\.zip.*fetch it again"):
        list(longbench(data_dir=str(archive.parent), task=NAMES).samples())


def test_an_encrypted_archive_is_named(longbench, archive) -> None:
    content = bytearray(archive.read_bytes())
    for marker, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(marker) + offset] |= 1
    archive.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"narrativeqa\.jsonl: cannot be read: .*encrypted"):
        list(longbench(data_dir=str(archive.parent), task="narrativeqa").samples())


def test_a_malformed_line_of_the_archive_is_named(longbench, longbench_fixtures, tmp_path) -> None:
    good = json.dumps(row_of(longbench_fixtures, "lcc"))
    with ZipFile(tmp_path / "data.zip", "w") as opened:
        opened.writestr("data/lcc.jsonl", f"{good}\nnot JSON\n")
    samples = longbench(data_dir=str(tmp_path), task="lcc").samples()
    assert next(samples).id == "lcc/0"
    with pytest.raises(DataError, match=r"data\.zip/data/lcc\.jsonl, line 2: not valid JSON"):
        next(samples)


def test_the_first_rows_need_no_more_than_themselves(longbench, longbench_fixtures, tmp_path):
    rows = [row_of(longbench_fixtures, "lcc", _id=str(number)) for number in range(3)]
    written(tmp_path / "lcc.jsonl", *rows)
    with (tmp_path / "lcc.jsonl").open("a") as file:
        file.write("not JSON\n")
    benchmark = longbench(data_dir=str(tmp_path), task="lcc")
    assert [sample.row_id for sample in islice(benchmark.samples(), 3)] == ["0", "1", "2"]
    assert [sample.row_id for sample in benchmark.samples(2)] == ["0", "1"]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("trec", ["trec"]),
        ("lcc, trec,lcc", ["lcc", "trec"]),
        (["trec", "repobench-p"], ["trec", "repobench-p"]),
    ],
)
def test_datasets_are_chosen_by_name(longbench, task, expected) -> None:
    assert longbench(task=task).provenance()["tasks"] == expected


def test_an_unknown_dataset_is_named_with_its_nearest(longbench) -> None:
    with pytest.raises(ConfigError, match=r"unknown task 'hotpot_qa'; did you mean 'hotpotqa'"):
        longbench(task="hotpot_qa")


def test_no_dataset_at_all_is_refused(longbench) -> None:
    with pytest.raises(ConfigError, match="names no task"):
        longbench(task=[])


def test_one_file_may_hold_rows_of_several_datasets(longbench, longbench_fixtures, tmp_path):
    rows = [row_of(longbench_fixtures, name) for name in ("trec", "lcc", "trec", "samsum")]
    path = str(written(tmp_path / "mine.jsonl", *rows))
    assert [s.id for s in longbench(path=path).samples()] == [
        "trec/0",
        "lcc/1",
        "trec/2",
        "samsum/3",
    ]
    assert [s.id for s in longbench(path=path).samples(1)] == ["trec/0", "lcc/1", "samsum/3"]
    chosen = longbench(path=path, task=["trec", "qasper"])
    assert [s.id for s in chosen.samples()] == ["trec/0", "trec/2"]
    assert chosen.provenance()["files"] == {"mine.jsonl": sha256_of_file(Path(path))}


def test_a_file_without_rows_of_the_datasets_is_an_error(longbench, longbench_fixtures, tmp_path):
    path = written(tmp_path / "mine.jsonl", row_of(longbench_fixtures, "trec"))
    with pytest.raises(DataError, match=r"mine\.jsonl: no rows of lcc, samsum"):
        list(longbench(path=str(path), task=["lcc", "samsum"]).samples())


def test_an_empty_file_of_a_dataset_is_an_error(longbench, tmp_path) -> None:
    written(tmp_path / "lcc.jsonl")
    with pytest.raises(DataError, match=r"lcc\.jsonl: no rows"):
        list(longbench(data_dir=str(tmp_path), task="lcc").samples())


def test_a_missing_file_is_a_problem(longbench, tmp_path) -> None:
    (problem,) = longbench(path=str(tmp_path / "none.jsonl")).problems()
    assert "none.jsonl: no such file" in problem.what


MALFORMED = [
    ("lcc", {"context": 5}, "field 'context' should be str, found int"),
    ("lcc", {"input": None}, "field 'input' should be str, found NoneType"),
    ("lcc", {"answers": "x"}, "field 'answers' should be list, found str"),
    ("lcc", {"answers": []}, "field 'answers' should be a list of texts, and not empty"),
    ("lcc", {"answers": ["x", 1]}, "field 'answers' should be a list of texts"),
    ("lcc", {"length": "12"}, "field 'length' should be int, found str"),
    ("lcc", {"language": None}, "field 'language' should be str"),
    ("lcc", {"dataset": "trec"}, "a row of 'trec', not of 'lcc'"),
    ("trec", {"all_classes": None}, "field 'all_classes' should be list, found NoneType"),
    ("trec", {"all_classes": [1]}, "field 'all_classes' should be a list of texts"),
]


@pytest.mark.parametrize(("name", "changes", "message"), MALFORMED)
def test_a_malformed_row_is_named_with_its_file(
    longbench, longbench_fixtures, tmp_path, name, changes, message
) -> None:
    rows = [row_of(longbench_fixtures, name), row_of(longbench_fixtures, name, **changes)]
    path = written(tmp_path / f"{name}.jsonl", *rows)
    with pytest.raises(DataError, match=message) as error:
        list(longbench(data_dir=str(tmp_path), task=name).samples())
    assert str(error.value).startswith(f"{path}, row 2: ")


@pytest.mark.parametrize("field", ["context", "input", "answers", "length", "dataset", "language"])
def test_an_absent_field_is_named(longbench, longbench_fixtures, tmp_path, field) -> None:
    row = row_of(longbench_fixtures, "lcc")
    del row[field]
    path = written(tmp_path / "mine.jsonl", row)
    with pytest.raises(DataError, match=rf"mine\.jsonl, row 1: missing field '{field}'"):
        list(longbench(path=str(path)).samples())


def test_a_dataset_that_longbench_does_not_have_is_named(longbench, longbench_fixtures, tmp_path):
    path = written(tmp_path / "mine.jsonl", row_of(longbench_fixtures, "lcc", dataset="lccc"))
    with pytest.raises(DataError, match=r"row 1: unknown dataset 'lccc' .*did you mean 'lcc'"):
        list(longbench(path=str(path)).samples())
