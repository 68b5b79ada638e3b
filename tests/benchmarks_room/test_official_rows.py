"""Rows of official files: a file a task, or one file that the user names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalrun.benchmarks.official import fetched_folders
from evalrun.benchmarks.official_rows import OfficialRows, RowFile
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.source import FileSource

FILES = (RowFile("add", ("add.json", "data/add.jsonl")), RowFile("sub", ("sub.json",)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/add.jsonl").write_text('{"n": 1, "kind": "add"}\n{"n": 2, "kind": "add"}\n')
    (tmp_path / "sub.json").write_text(json.dumps([{"n": 3, "kind": "sub"}]))
    return tmp_path


def rows_of(folder: Path, **settings) -> OfficialRows:
    return OfficialRows(recipe="sums", **{"files": FILES, "folder": folder, **settings})


def test_rows_come_task_by_task_from_the_first_file_that_is_there(folder: Path) -> None:
    rows = rows_of(folder)
    assert not rows.problems()
    assert [(r.task, r.index, r.row["n"]) for r in rows.rows()] == [
        ("add", 0, 1),
        ("add", 1, 2),
        ("sub", 0, 3),
    ]
    assert [r.row["n"] for r in rows.rows(limit=1)] == [1, 3]
    assert next(rows.rows()).place.endswith("add.jsonl, row 1")
    assert [*rows.identity()["files"]] == ["data/add.jsonl", "sub.json"]


def test_what_is_missing_is_said_with_the_way_to_get_it(folder: Path) -> None:
    (folder / "sub.json").unlink()
    (problem,) = rows_of(folder).problems()
    assert problem.what == f"no data of sub in {folder}"
    assert "`evalrun fetch sums`" in problem.remedy
    assert problem.remedy.endswith("with sub.json")
    (problem,) = rows_of(folder, path=folder / "none.json").problems()
    assert problem.what.endswith("none.json: no such file")


def source(**settings) -> FileSource:
    return FileSource(git="owner/sums", revision="wanted", files=("*",), **settings)


def held(folder: Path, revision: str | None) -> None:
    """Let `folder` hold files of `revision`, as `evalrun fetch` notes it."""
    folder.mkdir(exist_ok=True)
    manifest = {"origin": "o", "repo": "owner/sums", "files": {}, "fetched_at": "today"}
    (folder / "manifest.json").write_text(json.dumps({**manifest, "revision": revision}))


def test_a_folder_of_another_revision_is_a_problem_with_the_key_of_its_own_source(
    folder: Path,
) -> None:
    for into, revision in (("data", "old"), ("more", "wanted"), ("prompts", "older"), ("x", None)):
        held(folder / into, revision)
    sources = tuple(source(into=into) for into in ("data", "more", "prompts", "x", "absent"))
    rows = rows_of(folder, fetched=fetched_folders(folder, sources))
    first, second = rows.problems()
    assert first.what == f"{folder / 'data'} holds revision old, not wanted"
    assert first.remedy == "run `evalrun fetch sums`, or set benchmark.fetch.0.revision=old"
    assert second.remedy.endswith("or set benchmark.fetch.2.revision=older")
    assert not rows_of(
        folder, path=folder / "sub.json", fetched=fetched_folders(folder, sources)
    ).problems()


def test_an_only_source_has_no_number(folder: Path) -> None:
    held(folder, "old")
    (problem,) = rows_of(folder, fetched=fetched_folders(folder, source())).problems()
    assert problem.remedy.endswith("set benchmark.fetch.revision=old")
    assert fetched_folders(folder, None) == ()


def test_a_file_of_the_user_is_of_the_only_task_or_of_the_one_it_is_called_after(folder) -> None:
    own = folder / "own.json"
    own.write_text(json.dumps([{"n": 9}]))
    (row,) = rows_of(folder, files=FILES[:1], path=own).rows()
    assert (row.task, row.row["n"]) == ("add", 9)
    assert [row.task for row in rows_of(folder, path=folder / "sub.json").rows()] == ["sub"]
    with pytest.raises(ConfigError, match=r"own\.json: of which task .* benchmark\.task=T, of add"):
        list(rows_of(folder, path=own).rows())


def test_a_file_of_several_tasks_says_so_in_its_rows(folder: Path) -> None:
    mixed = folder / "mixed.jsonl"
    mixed.write_text('{"kind": "sub"}\n{"kind": "add"}\n{"kind": "mul"}\n{"kind": "sub"}\n')
    rows = rows_of(folder, path=mixed, task_of=lambda row: row["kind"])
    assert [(r.task, r.index) for r in rows.rows()] == [("sub", 0), ("add", 1), ("sub", 3)]
    assert [(r.task, r.index) for r in rows.rows(limit=1)] == [("sub", 0), ("add", 1)]


def test_a_file_without_a_row_of_the_chosen_tasks_is_refused(folder: Path) -> None:
    empty = folder / "data/add.jsonl"
    empty.write_text("")
    with pytest.raises(DataError, match=r"add\.jsonl: no rows"):
        list(rows_of(folder).rows())
    with pytest.raises(DataError, match=r"add\.jsonl: no rows of add"):
        list(rows_of(folder, files=FILES[:1], path=empty).rows())
