"""`evalrun report`: the page of real runs, on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import evalrun
from report import written
from rows import recorded_world


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Leave a run of six rows, one of them answered wrongly, below `outputs`."""
    done = evalrun(*recorded_world(tmp_path, 6, wrong=[2]), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_a_folder_is_written_and_the_last_line_is_what_to_open(world: Path) -> None:
    done = evalrun("report", "outputs", "--out", "page", "--title", "Six rows", cwd=world)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "page/index.html"
    overview = written.overview((world / "page/index.html").read_text())
    assert (overview["title"], overview["runs"][0]["predicted"]) == ("Six rows", 6)
    rows = written.rows(written.pieces(world / "page"))
    turns = [row["turns"][0] for row in rows]
    assert [(t["query"], t["output"], t["target"]) for t in turns][1:3] == [
        ("say 1", "1", "1"),
        ("say 2", "no", "2"),
    ]
    assert [row["scores"]["accuracy"] for row in rows] == [1, 1, 0, 1, 1, 1]


def test_a_single_file_is_written_without_questions_if_so_wished(world: Path) -> None:
    done = evalrun("report", "outputs", "--out", "page.html", "--no-inputs", cwd=world)
    assert (done.returncode, done.stdout) == (0, "page.html\n")
    page = (world / "page.html").read_text()
    assert "say 1" not in page
    assert [row["turns"][0]["output"] for row in written.rows(written.embedded(page))][:3] == [
        "0",
        "1",
        "no",
    ]


def test_data_that_are_gone_are_told_in_one_line_on_stderr(world: Path) -> None:
    (world / "rows.jsonl").unlink()
    done = evalrun("report", "outputs", "--out", "page", cwd=world)
    assert done.returncode == 0
    assert done.stdout == "page/index.html\n"
    assert done.stderr.startswith("note: recorded: questions and targets are left out: ")
    assert done.stderr.count("\n") == 1


def test_a_place_that_holds_something_else_is_refused_in_one_line(world: Path) -> None:
    done = evalrun("report", "outputs", "--out", "outputs", cwd=world)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "evalrun: outputs holds something else than a report; choose another place: --out\n"
    )


def test_no_run_is_an_error_in_one_line(tmp_path: Path) -> None:
    done = evalrun("report", "nowhere", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "evalrun: no run at or below nowhere\n")
