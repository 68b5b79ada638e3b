"""A page follows the folders of runs, whatever happens to them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from report import written
from report.run_folders import append, begin, conclude, failure, finished, prediction, score
from view.served import Served, serving

from evalrun.core.hashing import sha256_of_file
from evalrun.runners.view import watched
from evalrun.runners.view.background import BackgroundLibrary
from evalrun.runners.view.watched import WatchedRun


async def test_a_run_grows_before_ones_eyes(tmp_path: Path) -> None:
    async with serving(tmp_path) as page:
        assert (await page.overview())["runs"] == []
        folder = begin(tmp_path / "run")
        (run,) = (await page.overview())["runs"]
        assert (run["state"], run["planned"], run["rows"], run["index_chunks"]) == (
            "running",
            10,
            0,
            0,
        )
        append(folder.predictions, [prediction(0), failure(1)])
        assert [row.get("status") for row in await page.rows()] == [None, None]
        append(folder.scores, [score(0)])
        assert [row.get("status") for row in await page.rows()] == ["ok", None]
        append(folder.predictions, [prediction(1)])
        append(folder.scores, [score(1, 0.0)])
        conclude(folder)
        overview = await page.overview()
        (run,) = overview["runs"]
        assert (run["state"], run["predicted"], run["failed"]) == ("complete", 2, {})
        assert (run["scorer"], run["statuses"], overview["live"]) == ("exact", {"ok": 2}, True)
        assert overview["tables"][0]["title"] == "r / m"
        assert [row["scores"] for row in await page.rows()] == [
            {"accuracy": 1.0},
            {"accuracy": 0.0},
        ]


async def test_the_page_holds_the_overview_and_asks_for_more(tmp_path: Path) -> None:
    finished(tmp_path / "run", range(2))
    async with serving(tmp_path) as page:
        status, headers, body = await page.ask("/")
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        overview = written.overview(body.decode())
        assert (overview["live"], overview["runs"][0]["rows"]) == (True, 2)
        assert "connect-src 'self'" in body.decode()


async def test_page_and_overview_tell_the_same_whichever_was_asked_first(tmp_path: Path) -> None:
    folder = begin(tmp_path / "run")
    async with serving(tmp_path) as page:
        assert (await page.overview())["runs"][0]["rows"] == 0
        append(folder.predictions, [prediction(0)])
        _, _, body = await page.ask("/")
        assert written.overview(body.decode())["runs"][0]["rows"] == 1
        assert (await page.overview())["runs"][0]["rows"] == 1


async def test_an_overview_changes_only_when_something_is_new(tmp_path: Path) -> None:
    folder = begin(tmp_path / "run")
    async with serving(tmp_path) as page:
        await _read_questions(page)
        first = await page.overview()
        await asyncio.sleep(1.1)
        assert await page.overview() == first
        append(folder.predictions, [prediction(0)])
        assert (await page.overview())["made_at"] > first["made_at"]


async def test_a_torn_row_waits_until_it_is_whole(tmp_path: Path) -> None:
    folder = begin(tmp_path / "run")
    append(folder.predictions, [prediction(0), prediction(1)])
    whole = folder.predictions.read_bytes()
    folder.predictions.write_bytes(whole[:-10])
    async with serving(tmp_path) as page:
        assert len(await page.rows()) == 1
        with folder.predictions.open("ab") as file:
            file.write(whole[-10:])
        assert [row["id"] for row in await page.rows()] == ["s0#0", "s1#0"]


async def test_scores_written_anew_give_the_run_a_new_key(tmp_path: Path) -> None:
    folder = finished(tmp_path / "run", range(3))
    async with serving(tmp_path) as page:
        assert [row["status"] for row in await page.rows()] == ["ok"] * 3
        folder.scores.write_bytes(b"")
        append(folder.scores, [score(2, 0.5)])
        (run,) = (await page.overview())["runs"]
        assert run["key"] == "r0v1"
        assert [row.get("scores") for row in await page.rows()] == [None, None, {"accuracy": 0.5}]
        assert (await page.ask("/pieces/r0/index-0.js"))[0] == 404


async def test_another_scorer_takes_over_while_it_grades_and_when_it_is_done(
    tmp_path: Path,
) -> None:
    folder = finished(tmp_path / "run", range(2))
    async with serving(tmp_path) as page:
        assert (await page.overview())["runs"][0]["scorer"] == "exact"
        append(folder.scores, [score(0, 0.25, scorer="f1")])
        assert (await page.overview())["runs"][0]["scorer"] == "exact"
        conclude(folder, state="running")
        (run,) = (await page.overview())["runs"]
        assert (run["scorer"], run["key"], run["statuses"]) == ("f1", "r0v1", {"ok": 1})
        append(folder.scores, [score(1, 0.75, scorer="f1")])
        conclude(folder, "f1")
        assert [row["scores"]["accuracy"] for row in await page.rows()] == [0.25, 0.75]


async def test_runs_that_begin_below_a_folder_appear_and_keep_their_keys(tmp_path: Path) -> None:
    later = tmp_path / "not" / "there" / "yet"
    finished(tmp_path / "b", [0])
    async with serving(tmp_path, later) as page:
        assert [run["key"] for run in (await page.overview())["runs"]] == ["r0"]
        begin(tmp_path / "a")
        begin(later / "c")
        runs = (await page.overview())["runs"]
        assert [(run["key"], Path(run["folder"]).name) for run in runs] == [
            ("r0", "b"),
            ("r1", "a"),
            ("r2", "c"),
        ]


async def test_a_malformed_row_is_told_and_others_are_shown(tmp_path: Path) -> None:
    folder = begin(tmp_path / "run")
    append(folder.predictions, [prediction(0), {"id": 7}, prediction(1)])
    async with serving(tmp_path) as page:
        await page.overview()
        (run,) = (await page.overview())["runs"]
        assert run["rows"] == 2
        assert any("predictions.jsonl, line 2" in note for note in run["notes"])


async def test_what_was_asked_arrives_while_the_page_is_shown(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "s0", "input": "why?", "target": "42"}\n')
    identity = {"file": "rows.jsonl", "sha256": sha256_of_file(rows)}
    folder = begin(
        tmp_path / "run",
        {"benchmark": {"name": "file", "path": str(rows)}},
        provenance={"data": identity, "model": {}},
    )
    append(folder.predictions, [prediction(0)])
    async with serving(tmp_path) as page:
        await _read_questions(page)
        (row,) = await page.rows()
        assert (row["turns"][0]["query"], row["turns"][0]["target"]) == ("why?", "42")


async def test_folders_without_a_readable_run_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "run.json").write_text("{}")
    finished(tmp_path / "run", [0])
    async with serving(tmp_path) as page:
        assert [Path(run["folder"]).name for run in (await page.overview())["runs"]] == ["run"]


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_late_verdicts_on_closed_parts_of_the_index_give_a_new_key_now_and_then(
    tmp_path: Path,
    monkeypatch,
) -> None:
    monkeypatch.setattr(watched, "INDEX_ROWS", 4)
    folder = begin(tmp_path / "run")
    clock = Clock()
    run = WatchedRun(0, folder, BackgroundLibrary(), clock)
    append(folder.predictions, map(prediction, range(6)))
    run.update()
    append(folder.scores, [score(5)])
    run.update()
    clock.now = 60.0
    run.update()
    assert run.key == "r0"
    append(folder.scores, [score(1)])
    clock.now = 60.5
    run.update()
    assert run.key == "r0v1"
    append(folder.scores, [score(2)])
    clock.now = 61.0
    run.update()
    assert run.key == "r0v1"
    clock.now = 71.0
    run.update()
    assert run.key == "r0v2"


def test_a_look_costs_what_is_new_and_not_what_is_there(tmp_path: Path) -> None:
    folder = begin(tmp_path / "run")
    append(folder.predictions, map(prediction, range(20_000)))
    append(folder.scores, map(score, range(20_000)))
    run = WatchedRun(0, folder, BackgroundLibrary())
    first = _seconds(run)
    append(folder.predictions, [prediction(20_000)])
    again = min(_seconds(run) for _ in range(5))
    assert again < first / 10


def _seconds(run: WatchedRun) -> float:
    started = time.perf_counter()
    run.update()
    return time.perf_counter() - started


async def _read_questions(page: Served) -> None:
    """Wait until nothing is being read in the background any more."""
    for _ in range(100):
        runs = (await page.overview())["runs"]
        if not any("still being read" in note for run in runs for note in run["notes"]):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("questions are read for ever")
