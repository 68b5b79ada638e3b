"""Rows of shards among those of their run: each once, whatever is killed in between."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shard_rows import (
    LOGS,
    call,
    copied,
    failure,
    log_of,
    logs_of,
    prediction,
    score,
    shard_of,
    write,
)

from evalrun.core.errors import DataError
from evalrun.core.prediction import Prediction
from evalrun.core.score import Score
from evalrun.runners.folder import RunFolder
from evalrun.runners.journal.journal import Journal
from evalrun.runners.log import read_log
from evalrun.runners.shards.leftovers import gather_left


def predictions(folder: RunFolder) -> list[tuple[str, tuple[str, ...], bool]]:
    rows = (row for _, row in read_log(folder.predictions, Prediction))
    return [(row.sample_id, row.outputs, row.error is not None) for row in rows]


def scores(folder: RunFolder) -> list[tuple[str, float | None]]:
    return [(row.sample_id, row.scores["accuracy"]) for _, row in read_log(folder.scores, Score)]


def whole(tmp_path: Path) -> RunFolder:
    """A run that has some rows, and two shards that left theirs."""
    folder = write(
        RunFolder(tmp_path / "run"),
        predictions=[prediction(0), failure(1)],
        scores=[score(0)],
        calls=[call(0)],
    )
    shard_of(
        folder,
        "1/2",
        predictions=[failure(1, "still down"), prediction(2), prediction(1)],
        scores=[score(2), score(1, 0.0)],
        calls=[call(2), call(1)],
    )
    shard_of(folder, "2/2", predictions=[prediction(3)], scores=[score(3)])
    return folder


def test_rows_of_shards_follow_those_of_the_run_in_their_order(tmp_path: Path) -> None:
    folder = whole(tmp_path)
    gather_left(folder)
    assert [(name, failed) for name, _, failed in predictions(folder)] == [
        ("n/0", False),
        ("n/1", True),
        ("n/1", True),
        ("n/2", False),
        ("n/1", False),
        ("n/3", False),
    ]
    assert [name for name, _ in scores(folder)] == ["n/0", "n/2", "n/1", "n/3"]
    assert len(folder.calls.read_bytes().splitlines()) == 3
    assert not folder.shards.exists()


def test_nothing_is_left_to_do_the_second_time(tmp_path: Path) -> None:
    folder = whole(tmp_path)
    gather_left(folder)
    before = logs_of(folder)
    gather_left(folder)
    assert logs_of(folder) == before


def test_a_good_prediction_is_never_replaced_nor_is_its_verdict(tmp_path: Path) -> None:
    folder = write(
        RunFolder(tmp_path), predictions=[prediction(0, "first")], scores=[score(0, 1.0)]
    )
    late = {"predictions": [prediction(0, "late"), prediction(1)], "scores": [score(0, 0.0)]}
    shard_of(folder, "1/2", **late)
    shard_of(folder, "1/3", predictions=[prediction(1, "later still")], scores=[score(1, 0.0)])
    gather_left(folder)
    assert [outputs for _, outputs, _ in predictions(folder)] == [("first",), ("x",)]
    assert scores(folder) == [("n/0", 1.0)]


def test_a_verdict_on_a_prediction_of_the_run_itself_is_kept(tmp_path: Path) -> None:
    folder = write(RunFolder(tmp_path), predictions=[prediction(0)])
    shard_of(folder, "1/2", predictions=[], scores=[score(0)])
    gather_left(folder)
    assert scores(folder) == [("n/0", 1.0)]


def test_equal_replies_of_a_play_are_each_kept(tmp_path: Path) -> None:
    folder = write(RunFolder(tmp_path))
    shard_of(folder, "1/2", calls=[call(0), call(0), call(0)])
    gather_left(folder)
    journal = Journal(folder.calls)
    recalled = [journal.recall("n/0#0", "judge", "0" * 64) for _ in range(4)]
    assert [reply is not None for reply in recalled] == [True, True, True, False]


def test_a_torn_row_of_a_shard_is_left_out_and_one_of_the_run_is_cut(tmp_path: Path) -> None:
    folder = write(RunFolder(tmp_path), predictions=[prediction(0)])
    own = shard_of(folder, "1/2", predictions=[prediction(1), prediction(2)])
    for file in (folder.predictions, own.predictions):
        file.write_bytes(file.read_bytes() + b'{"id": "n/9')
    gather_left(folder)
    assert [name for name, _, _ in predictions(folder)] == ["n/0", "n/1", "n/2"]
    assert b"n/9" not in folder.predictions.read_bytes()


def test_a_malformed_row_is_named_and_nothing_is_removed(tmp_path: Path) -> None:
    folder = write(RunFolder(tmp_path))
    own = shard_of(folder, "1/2", predictions=[{"id": 7}])
    with pytest.raises(DataError, match=r"1-of-2/predictions\.jsonl, line 1"):
        gather_left(folder)
    assert own.predictions.exists()


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    folder = write(RunFolder(tmp_path))
    other = folder.shards / "notes"
    other.mkdir(parents=True)
    gather_left(folder)
    assert other.exists()


class Killed(BaseException):
    """The process is gone: nothing after it happens."""


class Kill:
    """Lets `os.write` write so many bytes, then kills."""

    def __init__(self, after: int) -> None:
        self._left = after
        self._write = os.write

    def __call__(self, descriptor: int, data: memoryview) -> int:
        written = self._write(descriptor, data[: self._left])
        self._left -= written
        if self._left == 0:
            raise Killed
        return written


def bytes_to_gather(tmp_path: Path) -> int:
    folder = whole(tmp_path)
    before = sum(map(len, logs_of(folder).values()))
    gather_left(folder)
    return sum(map(len, logs_of(folder).values())) - before


def test_a_kill_at_any_byte_is_made_good_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole(tmp_path / "undisturbed")
    folder = RunFolder(tmp_path / "undisturbed" / "run")
    left = copied(folder, tmp_path / "left")
    gather_left(folder)
    wanted = logs_of(folder)
    total = bytes_to_gather(tmp_path / "counted")
    # Each byte is written alike: of all, those at the ends and a good many in between.
    for after in {1, *range(2, total, 37), total - 1, total}:
        killed = copied(left, tmp_path / "killed")
        with monkeypatch.context() as patch:
            patch.setattr("evalrun.runners.log.os.write", Kill(after))
            with pytest.raises(Killed):
                gather_left(killed)
        assert killed.shards.exists()
        gather_left(killed)
        assert logs_of(killed) == wanted


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_kill_while_folders_are_removed_is_made_good(tmp_path: Path, data: st.DataObject) -> None:
    left = whole(tmp_path / "left") if not (tmp_path / "left").exists() else None
    left = left or RunFolder(tmp_path / "left" / "run")
    gathered = copied(left, tmp_path / "gathered")
    gather_left(gathered)
    wanted = logs_of(gathered)
    # As it stands when the rows are moved, and some files of the shards are gone.
    killed = copied(left, tmp_path / "killed")
    for name, content in wanted.items():
        log_of(killed, name).write_bytes(content)
    files = sorted(file for file in killed.shards.rglob("*.jsonl"))
    for file in data.draw(st.sets(st.sampled_from(files))):
        file.unlink()
    gather_left(killed)
    assert logs_of(killed) == wanted
    assert not killed.shards.exists()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_of_a_shard_whose_files_are_cut_anywhere_its_whole_rows_are_kept(
    tmp_path: Path, data: st.DataObject
) -> None:
    if not (tmp_path / "run").exists():
        whole(tmp_path)
    folder = copied(RunFolder(tmp_path / "run"), tmp_path / "cut")
    lines = {name: logs_of(folder).get(name, b"") for name in LOGS}
    for own in sorted(folder.shards.iterdir()):
        for name, content in logs_of(RunFolder(own)).items():
            kept = content[: data.draw(st.integers(0, len(content)))]
            log_of(RunFolder(own), name).write_bytes(kept)
            lines[name] += kept[: kept.rfind(b"\n") + 1]
    gather_left(folder)
    assert {name: logs_of(folder).get(name, b"") for name in LOGS} == lines


def test_rows_come_as_they_were_written(tmp_path: Path) -> None:
    folder = write(RunFolder(tmp_path))
    own = shard_of(folder, "1/2")
    line = '{"sample_id": "ü", "id":"ü#0",  "later": [1, 2.50]}\n'.encode()
    own.predictions.write_bytes(line)
    gather_left(folder)
    assert folder.predictions.read_bytes() == line
    assert msgspec.json.decode(line)["later"] == [1, 2.5]
