"""Reports on disk: whole, readable by their page, and in the place of nothing but reports."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import msgspec
import pytest
from report import written
from report.run_folders import append, begin, conclude, failure, finished, prediction, score

from evalrun.core.errors import ConfigError, DataError, StoreError
from evalrun.core.hashing import sha256_of_file
from evalrun.core.prediction import SavedFile
from evalrun.runners.report import streaming, write
from evalrun.runners.report.write import ReportOptions, write_report

PLAIN = ReportOptions()


def report(run: Path, out: Path, options: ReportOptions = PLAIN) -> Path:
    return write_report([run], out, options).page


def with_picture(path: Path, picture: bytes = b"picture") -> None:
    """Make a finished run whose only reply is a picture."""
    folder = begin(path)
    folder.artifacts.mkdir()
    (folder.artifacts / "a.png").write_bytes(picture)
    row = prediction(0)
    files = (SavedFile("artifacts/a.png", "image/png", "0"),)
    turn = msgspec.structs.replace(row.turns[0], files=files)
    append(folder.predictions, [msgspec.structs.replace(row, turns=(turn,))])
    conclude(folder)


def test_a_folder_holds_page_and_pieces_that_show_every_row(tmp_path: Path) -> None:
    finished(tmp_path / "run", range(450))
    page = report(tmp_path / "run", tmp_path / "out")
    assert page == tmp_path / "out" / "index.html"
    found = written.pieces(page.parent)
    assert set(found) == {"r0/index-0", "r0/rows-0", "r0/rows-1", "r0/rows-2"}
    rows = written.rows(found)
    assert [row["turns"][0]["output"] for row in rows] == [f"reply {n}" for n in range(450)]
    assert {row["status"] for row in rows} == {"ok"}
    assert not list(tmp_path.glob(".*"))


def test_a_large_run_has_several_index_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "INDEX_ROWS", 20)
    finished(tmp_path / "run", range(45))
    found = written.pieces(report(tmp_path / "run", tmp_path / "out").parent)
    assert sum(name.startswith("r0/index") for name in found) == 3
    assert len(written.rows(found)) == 45


def test_a_single_file_holds_the_same_rows_as_a_folder(tmp_path: Path) -> None:
    finished(tmp_path / "run", range(450))
    single = report(tmp_path / "run", tmp_path / "out.html")
    folder = report(tmp_path / "run", tmp_path / "out")
    assert written.embedded(single.read_text()) == written.pieces(folder.parent)


def test_the_overview_says_what_runs_are_and_how_they_stand(tmp_path: Path) -> None:
    finished(tmp_path / "run", range(3))
    page = report(tmp_path / "run", tmp_path / "out", ReportOptions(title="<b>T</b>"))
    overview = written.overview(page.read_text())
    assert (overview["title"], overview["live"]) == ("<b>T</b>", False)
    (run,) = overview["runs"]
    assert (run["key"], run["recipe"], run["model"], run["kv"]) == ("r0", "r", "m", "full")
    assert (run["protocol"], run["scorer"], run["state"]) == ("single_turn", "exact", "complete")
    assert (run["planned"], run["predicted"], run["rows"], run["index_chunks"]) == (10, 3, 3, 1)
    assert (run["statuses"], run["tasks"], run["metrics"]) == ({"ok": 3}, ["t"], ["accuracy"])
    assert (run["usage"]["input_tokens"], run["usage"]["output_tokens"]) == (9, 12)
    assert overview["tables"][0]["title"] == "r / m"


def test_several_runs_have_keys_labels_and_a_table_side_by_side(tmp_path: Path) -> None:
    finished(tmp_path / "runs/a", range(2))
    finished(tmp_path / "runs/b", range(3), kv="snapkv", sections={"recipe": {"name": "q"}})
    page = report(tmp_path / "runs", tmp_path / "out")
    overview = written.overview(page.read_text())
    assert [(run["key"], run["label"]) for run in overview["runs"]] == [
        ("r0", "m / r"),
        ("r1", "m + snapkv / q"),
    ]
    assert [row["id"] for row in written.rows(written.pieces(page.parent), "r1")] == [
        "s0#0",
        "s1#0",
        "s2#0",
    ]
    assert overview["tables"][0]["header"][:2] == ["model", "kv"]


def test_runs_that_differ_in_settings_alone_are_told_apart_by_their_folders(
    tmp_path: Path,
) -> None:
    for name in ("a1", "b2"):
        finished(tmp_path / "runs" / name, [0])
    page = report(tmp_path / "runs", tmp_path / "out")
    runs = written.overview(page.read_text())["runs"]
    assert [run["label"] for run in runs] == ["m / a1", "m / b2"]


def test_a_run_that_has_not_ended_is_shown_as_far_as_it_went(tmp_path: Path) -> None:
    folder = begin(tmp_path / "run")
    append(folder.predictions, [prediction(0), failure(1), prediction(2)])
    append(folder.scores, [score(0)])
    page = report(tmp_path / "run", tmp_path / "out")
    overview = written.overview(page.read_text())
    (run,) = overview["runs"]
    assert (run["state"], run["predicted"], run["failed"]) == ("running", 2, {"timeout": 1})
    assert (run["scorer"], run["statuses"], overview["tables"]) == ("exact", {"ok": 1}, [])
    rows = written.rows(written.pieces(page.parent))
    assert [row.get("status") for row in rows] == ["ok", None, None]
    assert rows[1]["error"] == "timeout: too slow"


def test_questions_come_of_the_benchmarks_rows_whatever_their_order(tmp_path: Path) -> None:
    asked = tmp_path / "rows.jsonl"
    asked.write_text("".join(f'{{"id":"s{n}","input":"ask {n}","target":"{n}"}}\n' for n in (1, 0)))
    sections = {"benchmark": {"name": "file", "path": str(asked)}}
    identity = {"file": "rows.jsonl", "sha256": sha256_of_file(asked)}
    provenance = {"data": identity, "model": {}}
    finished(tmp_path / "run", [0, 1], sections=sections, provenance=provenance)
    done = write_report([tmp_path / "run"], tmp_path / "out", PLAIN)
    assert done.notes == ()
    turns = [row["turns"][0] for row in written.rows(written.pieces(tmp_path / "out"))]
    assert [(t["query"], t["target"]) for t in turns] == [("ask 0", "0"), ("ask 1", "1")]
    report(tmp_path / "run", tmp_path / "out", ReportOptions(inputs=False))
    rows = written.rows(written.pieces(tmp_path / "out"))
    assert not any({"query", "target"} & row["turns"][0].keys() for row in rows)


def test_data_that_are_gone_are_told_by_the_report_and_by_the_command(tmp_path: Path) -> None:
    finished(tmp_path / "run", range(2))
    done = write_report([tmp_path / "run"], tmp_path / "out", PLAIN)
    (note,) = done.notes
    assert note.startswith("m: questions and targets are left out: nowhere.jsonl")
    (run,) = written.overview(done.page.read_text())["runs"]
    assert note.removeprefix("m: ") in run["notes"]


def test_pictures_are_copied_to_a_folder_and_written_into_a_single_file(tmp_path: Path) -> None:
    with_picture(tmp_path / "run")
    page = report(tmp_path / "run", tmp_path / "out")
    (turn,) = written.rows(written.pieces(page.parent))[0]["turns"]
    assert turn["files"] == ["files/r0/a.png"]
    assert (page.parent / "files/r0/a.png").read_bytes() == b"picture"
    single = report(tmp_path / "run", tmp_path / "out.html")
    (turn,) = written.rows(written.embedded(single.read_text()))[0]["turns"]
    assert turn["files"] == ["data:image/png;base64,cGljdHVyZQ=="]


def test_secrets_in_a_configuration_written_by_hand_are_masked(tmp_path: Path) -> None:
    model = {"name": "m", "engine": "recorded", "api_key": "geheim-geheim"}
    finished(tmp_path / "run", [0], sections={"model": model})
    page = report(tmp_path / "run", tmp_path / "out.html").read_text()
    assert "geheim" not in page
    assert "***" in written.overview(page)["runs"][0]["config"]


def test_texts_of_models_end_no_script(tmp_path: Path) -> None:
    text = "</script><script>alert('\\u2028')</script>\u2028 \\ ' \" &lt; \x00"
    folder = begin(tmp_path / "run")
    append(folder.predictions, [prediction(0, text)])
    conclude(folder)
    page = report(tmp_path / "run", tmp_path / "out.html").read_text()
    assert "alert('" not in page
    (turn,) = written.rows(written.embedded(page))[0]["turns"]
    assert turn["output"] == text


def test_an_earlier_report_is_replaced(tmp_path: Path) -> None:
    with_picture(tmp_path / "old")
    finished(tmp_path / "new", range(2))
    report(tmp_path / "old", tmp_path / "out")
    report(tmp_path / "new", tmp_path / "out")
    assert len(written.rows(written.pieces(tmp_path / "out"))) == 2
    assert not (tmp_path / "out" / "files").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"old", "new", "out"}


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    finished(tmp_path / "run", [0])
    assert report(tmp_path / "run", tmp_path / "out").is_file()


@pytest.mark.parametrize(
    "files",
    [
        ["notes.txt"],
        ["index.html"],
        ["index.html", "pieces/x", "mine.txt"],
        ["index.html", "files/x", "pieces/x"],
    ],
    ids=str,
)
def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path, files: list[str]) -> None:
    finished(tmp_path / "run", [0])
    for name in files:
        path = tmp_path / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError, match="something else than a report"):
        report(tmp_path / "run", tmp_path / "out")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_report_beside_which_something_was_put_is_refused(tmp_path: Path) -> None:
    finished(tmp_path / "run", [0])
    report(tmp_path / "run", tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="something else than a report"):
        report(tmp_path / "run", tmp_path / "out")


def test_a_folder_is_no_place_for_a_single_file(tmp_path: Path) -> None:
    (tmp_path / "out.html").mkdir()
    finished(tmp_path / "run", [0])
    with pytest.raises(ConfigError, match="is a folder"):
        report(tmp_path / "run", tmp_path / "out.html")


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text("<p>mine</p>")
    finished(tmp_path / "run", [0])
    with pytest.raises(ConfigError, match="something else than a report"):
        report(tmp_path / "run", tmp_path / "mine.html")
    assert (tmp_path / "mine.html").read_text() == "<p>mine</p>"


@pytest.mark.parametrize("out", ["out", "out.html"])
def test_a_report_that_fails_leaves_the_earlier_one_and_nothing_else(
    tmp_path: Path, out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished(tmp_path / "run", range(3))
    page = report(tmp_path / "run", tmp_path / out)
    before = page.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "pieces_of", full)
    with pytest.raises(StoreError, match=rf"cannot write the report .*{out}.*No space left"):
        report(tmp_path / "run", tmp_path / out)
    assert page.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"run", out}


def test_a_malformed_row_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    folder = finished(tmp_path / "run", range(3))
    append(folder.predictions, [{"id": 7}])
    with pytest.raises(DataError, match=r"predictions\.jsonl, line 4"):
        report(tmp_path / "run", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no run at or below"):
        report(tmp_path, tmp_path / "out")


def test_a_large_single_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(tmp_path / "run", [0])
    monkeypatch.setattr(write, "LARGE_BYTES", 1000)
    notes = write_report([tmp_path / "run"], tmp_path / "out.html", PLAIN).notes
    assert notes[-1].endswith("MB: a folder (--out DIR) opens faster")


def test_the_folder_is_as_readable_as_any_other(tmp_path: Path) -> None:
    finished(tmp_path / "run", [0])
    (tmp_path / "other").mkdir()
    page = report(tmp_path / "run", tmp_path / "out")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (page.parent, tmp_path / "other")]
    assert modes[0] == modes[1]


def test_pieces_are_json_to_the_last_byte(tmp_path: Path) -> None:
    finished(tmp_path / "run", range(2))
    page = report(tmp_path / "run", tmp_path / "out")
    for content in written.pieces(page.parent).values():
        json.dumps(content, allow_nan=False)
