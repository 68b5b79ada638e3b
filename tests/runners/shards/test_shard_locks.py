"""Who may work on a run beside whom."""

from __future__ import annotations

import errno
import fcntl
import threading
from pathlib import Path

import pytest
from shard_rows import prediction, shard_of, write

from evalrun.core.errors import RunHeldError
from evalrun.core.lease import Pace
from evalrun.core.shard import parse_shard
from evalrun.runners import lock
from evalrun.runners.folder import RunFolder
from evalrun.runners.lock import claimed, held, holder_of
from evalrun.runners.shards.folders import refuse_beside, shard_begun, shard_folders
from evalrun.runners.shards.leftovers import gather_left, gathered


@pytest.fixture(params=["flock", "lease"])
def file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have locks as a file system keeps them, or as one that keeps none."""
    if request.param == "lease":

        def refused(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        pace = Pace(beat_s=0.1, expiry_s=1.0, poll_s=0.02, notice_s=1.5)
        monkeypatch.setattr(fcntl, "flock", refused)
        monkeypatch.setattr(lock, "_PACE", pace)
    return request.param


def test_a_folder_has_one_holder_at_a_time(tmp_path: Path, file_system: str) -> None:
    with held(tmp_path), pytest.raises(RunHeldError, match=r"is held by process \d+ on \S+"):
        claimed(tmp_path, "")
    claimed(tmp_path, "").close()


def test_a_shard_is_held_by_name_until_its_lock_is_closed(tmp_path: Path, file_system: str) -> None:
    taken = claimed(tmp_path, ", shard 3/16")
    holder = holder_of(tmp_path)
    assert holder is not None
    assert "shard 3/16" in holder
    taken.close()
    assert holder_of(tmp_path) is None


def test_who_holds_a_folder_briefly_is_waited_for(tmp_path: Path) -> None:
    waiting, entered = threading.Event(), threading.Event()

    def wait() -> None:
        waiting.set()
        with held(tmp_path):
            entered.set()

    thread = threading.Thread(target=wait)
    with held(tmp_path, briefly=True):
        thread.start()
        waiting.wait()
        assert not entered.wait(0.3)
    assert entered.wait(20)
    thread.join()


def test_patience_with_who_holds_it_briefly_ends(tmp_path: Path) -> None:
    with (
        held(tmp_path, briefly=True),
        pytest.raises(RunHeldError) as error,
        held(tmp_path, patience_s=0.1),
    ):
        pass
    assert "for a moment" not in str(error.value)


def test_shards_of_one_count_run_side_by_side(tmp_path: Path, file_system: str) -> None:
    folder = RunFolder(tmp_path)
    with shard_begun(folder, parse_shard("1/3")), shard_begun(folder, parse_shard("3/3")):
        live = shard_folders(folder).live
        assert [str(one.shard) for one in live] == ["1/3", "3/3"]
        refuse_beside(folder, live, parse_shard("2/3"))
    assert shard_folders(folder).live == ()


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("1/3", "held by process .*, shard 1/3; wait for it or stop it"),
        ("1/2", "shards of one count run at a time; run.shard=1/2 can run when it has ended"),
        (None, "held by process .*, shard 1/3; wait for it or stop it"),
    ],
)
def test_what_cannot_run_beside_a_shard_is_told_which(
    tmp_path: Path, other: str | None, told: str
) -> None:
    folder = RunFolder(tmp_path)
    with shard_begun(folder, parse_shard("1/3")):
        live = shard_folders(folder).live
        shard = parse_shard(other) if other else None
        with pytest.raises(RunHeldError, match=told) as error:
            refuse_beside(folder, live, shard)
        assert "\n" not in str(error.value)


def test_a_shard_that_is_being_run_is_not_gathered(tmp_path: Path, file_system: str) -> None:
    folder = write(RunFolder(tmp_path))
    left = shard_of(folder, "1/2", predictions=[prediction(0)])
    live = shard_of(folder, "2/2", predictions=[prediction(1)])
    with claimed(live.path, ", shard 2/2"):
        gather_left(folder)
        assert live.predictions.exists()
        assert not left.path.exists()
    assert b"n/0" in folder.predictions.read_bytes()
    assert b"n/1" not in folder.predictions.read_bytes()


def test_a_reader_leaves_a_folder_alone_that_another_process_writes_to(tmp_path: Path) -> None:
    folder = write(RunFolder(tmp_path))
    left = shard_of(folder, "1/2", predictions=[prediction(0)])
    with held(tmp_path):
        gathered(folder)
    assert left.predictions.exists()
    gathered(folder)
    assert not left.path.exists()
