"""Replies on disk: what is put is found, by every process, and no trouble stops a run."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.core.content import ToolCall
from evalrun.core.errors import StoreError
from evalrun.core.exchange import Likelihood, Reply, ReplyFile, ReplyTiming, Usage
from evalrun.runners.notices import Notices
from evalrun.runners.reply_cache import file as files
from evalrun.runners.reply_cache import rows as reply_rows
from evalrun.runners.reply_cache import store as reply_store
from evalrun.runners.reply_cache.file import FORMAT, clear_replies, contents, reply_file
from evalrun.runners.reply_cache.store import ReplyStore

KEY, OTHER_KEY = b"k" * 32, b"o" * 32

counts = st.integers(0, 2**53)
amounts = st.floats(0, 1e6)
replies = st.builds(
    Reply,
    text=st.text(),
    stop_reason=st.sampled_from(["stop", "length", "refused"]),
    timing=st.builds(ReplyTiming, latency_s=amounts, ttft_s=st.none() | amounts),
    usage=st.builds(
        Usage,
        input_tokens=counts,
        output_tokens=counts,
        cached_tokens=counts,
        cost_usd=amounts,
        reasoning_tokens=counts,
        cache_write_tokens=counts,
    ),
    reasoning=st.none() | st.text(),
    tool_calls=st.lists(st.builds(ToolCall, st.text(), st.text(), st.text())).map(tuple),
    likelihoods=st.lists(
        st.builds(Likelihood, logprob=st.none() | st.floats(-1e6, 0), tokens=counts)
    ).map(tuple),
    files=st.lists(st.builds(ReplyFile, st.text(), st.binary())).map(tuple),
)


def saying(text: str) -> Reply:
    return Reply(text=text, stop_reason="stop", timing=ReplyTiming(latency_s=1.0))


def found(store: ReplyStore, key: bytes = KEY) -> Reply | None:
    return asyncio.run(store.get(key))


def until(happened: Callable[[], bool]) -> None:
    """Return when `happened()`."""
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


class World:
    """A folder, the notices of a run, and stores that are closed at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = reply_file(folder)
        self.notices = Notices(lambda _: None)
        self._stores: list[ReplyStore] = []

    def store(self) -> ReplyStore:
        self._stores.append(ReplyStore(self.notices, self.folder))
        return self._stores[-1]

    def keep(self, *kept: tuple[bytes, Reply]) -> None:
        """Put replies, so that they are in the file."""
        store = ReplyStore(self.notices, self.folder)
        for key, reply in kept:
            store.put(key, reply)
        store.close()

    def sql(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute(statement, values)

    def close(self) -> None:
        for store in self._stores:
            store.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "cache" / "replies")
    yield world
    world.close()


def run_python(program: str, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended_well(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return out


@given(kept=st.lists(replies, min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_any_reply_comes_back_as_it_was(kept: list[Reply]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.keep(*((bytes([index]) * 32, reply) for index, reply in enumerate(kept)))
        store = world.store()
        assert [found(store, bytes([index]) * 32) for index in range(len(kept))] == kept
        assert found(store, b"?" * 32) is None
        world.close()


def test_a_reply_is_found_before_it_is_written(world: World) -> None:
    store = world.store()
    store.put(KEY, saying("yes"))
    assert found(store) == saying("yes")


def test_a_reply_is_written_soon_without_closing(world: World) -> None:
    store, other = world.store(), world.store()
    store.put(KEY, saying("yes"))
    until(lambda: found(other) == saying("yes"))


def test_replies_of_another_process_are_found_while_the_store_is_open(world: World) -> None:
    store = world.store()
    assert found(store) is None
    ended_well(run_python(WRITE, world.folder, "0", "1"))
    assert found(store, (0).to_bytes(32, "big")) == saying("0")


def test_processes_that_write_at_the_same_time_lose_nothing(world: World) -> None:
    starts = [0, 500, 1000, 1500]
    writers = [run_python(WRITE, world.folder, str(start), "500") for start in starts]
    assert [ended_well(writer) for writer in writers] == ["[]\n"] * 4
    assert contents(world.folder).replies == 2000


WRITE = """
    import sys
    from pathlib import Path
    from evalrun.core.exchange import Reply, ReplyTiming
    from evalrun.runners.notices import Notices
    from evalrun.runners.reply_cache.store import ReplyStore

    notices = Notices(print)
    store = ReplyStore(notices, Path(sys.argv[1]))
    start, count = int(sys.argv[2]), int(sys.argv[3])
    for index in range(start, start + count):
        timing = ReplyTiming(latency_s=1.0)
        reply = Reply(text=str(index), stop_reason="stop", timing=timing)
        store.put(index.to_bytes(32, "big"), reply)
    store.close()
    print(notices.told)
"""


def test_files_are_for_their_owner_alone(world: World) -> None:
    store = world.store()
    store.put(KEY, saying("yes"))
    assert stat.S_IMODE(world.folder.stat().st_mode) == 0o700
    made = list(world.folder.iterdir())
    assert {path.name for path in made} >= {world.path.name, f"{world.path.name}-wal"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}


def test_a_reply_that_this_version_cannot_read_is_missed_and_replaced(world: World) -> None:
    world.keep((KEY, saying("old")))
    world.sql("UPDATE reply SET reply = ?", b"\x81\xa4text\x01")
    store = world.store()
    assert found(store) is None
    world.keep((KEY, saying("new")))
    assert found(store) == saying("new")
    assert not world.notices.told


def test_too_large_a_reply_is_not_kept(world: World) -> None:
    large = "x" * reply_store.LARGEST_REPLY_BYTES
    world.keep((KEY, saying(large)), (OTHER_KEY, saying(large[:-1000])))
    assert contents(world.folder).replies == 1


def test_a_text_that_is_not_unicode_is_not_kept(world: World) -> None:
    world.keep((KEY, saying("\ud800")), (OTHER_KEY, saying("a")))
    assert contents(world.folder).replies == 1
    assert not world.notices.told


def spoil(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database" * 1000)


def put_a_folder_there(path: Path) -> None:
    path.mkdir(parents=True)


def put_a_file_in_the_way(path: Path) -> None:
    path.parent.parent.mkdir()
    path.parent.write_text("")


def write_another_format(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")


@pytest.mark.parametrize(
    "harm", [spoil, put_a_folder_there, put_a_file_in_the_way, write_another_format]
)
def test_a_file_that_cannot_be_used_is_told_once_and_done_without(
    world: World, harm: Callable[[Path], None]
) -> None:
    harm(world.path)
    store = world.store()
    store.put(KEY, saying("yes"))
    assert found(store) is None
    store.close()
    (line,) = world.notices.told
    assert line.startswith("the reply cache is off: ")
    assert line.endswith(f"; set run.cache=false or remove {world.path}")


def test_trouble_while_reading_is_told_once(world: World) -> None:
    store = world.store()
    world.sql("DROP TABLE reply")
    assert [found(store), found(store)] == [None, None]
    store.put(KEY, saying("yes"))
    assert len(world.notices.told) == 1
    assert "no such table" in world.notices.told[0]


def test_trouble_while_writing_is_told_with_a_later_reply(world: World) -> None:
    store = world.store()
    world.sql("DROP TABLE reply")

    def has_told() -> bool:
        store.put(KEY, saying("yes"))
        return bool(world.notices.told)

    until(has_told)
    store.close()
    assert len(world.notices.told) == 1


def test_trouble_with_the_last_batch_is_told_at_the_end(world: World) -> None:
    store = world.store()
    world.sql("DROP TABLE reply")
    store.put(KEY, saying("yes"))
    store.close()
    assert len(world.notices.told) == 1


def test_a_full_disk_is_told_and_done_without(world: World) -> None:
    program = """
        import resource, sys
        from pathlib import Path
        from evalrun.core.exchange import Reply, ReplyTiming
        from evalrun.runners.notices import Notices
        from evalrun.runners.reply_cache.store import ReplyStore

        store = ReplyStore(Notices(print), Path(sys.argv[1]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        timing = ReplyTiming(latency_s=1.0)
        store.put(b"k" * 32, Reply(text="x" * 1_000_000, stop_reason="stop", timing=timing))
        store.close()
    """
    told = ended_well(run_python(program, world.folder))
    assert told.startswith("the reply cache is off: ")
    assert len(told.splitlines()) == 1


@pytest.fixture
def on_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (files, reply_store):
        monkeypatch.setattr(module, "is_networked", lambda _: True)


@pytest.mark.usefixtures("on_a_network")
def test_no_log_that_needs_shared_memory_is_used_on_a_network(world: World) -> None:
    store = world.store()
    store.put(KEY, saying("yes"))
    assert found(store) == saying("yes")
    store.close()
    assert found(world.store()) == saying("yes")
    assert [path.name for path in world.folder.iterdir()] == [world.path.name]


@pytest.mark.usefixtures("on_a_network")
def test_who_may_not_wait_misses_while_another_process_holds_the_file(world: World) -> None:
    world.keep((KEY, saying("yes")))
    rows = reply_rows.ReplyRows(world.path, waits=False)
    with closing(sqlite3.connect(world.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert rows.find(KEY) is None
    assert rows.find(KEY) is not None
    rows.close()


def test_a_batch_for_which_no_way_is_made_is_lost_and_the_next_one_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply_rows, "_PATIENCE_S", 0.02)
    monkeypatch.setattr(reply_rows, "GATHER_S", 0.0)
    store = world.store()
    with closing(sqlite3.connect(world.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.put(KEY, saying("lost"))
        until(lambda: found(store) is None)
    store.put(OTHER_KEY, saying("kept"))
    store.close()
    assert not world.notices.told
    store = world.store()
    assert [found(store), found(store, OTHER_KEY)] == [None, saying("kept")]


def test_what_waits_for_the_disk_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_rows, "MOST_WAITING_BYTES", 2000)
    store = world.store()
    with closing(sqlite3.connect(world.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for index in range(100):
            store.put(bytes([index]) * 32, saying("x" * 1000))
    store.close()
    assert 1 <= contents(world.folder).replies < 10


def test_a_cache_that_was_never_used_is_empty(world: World) -> None:
    assert contents(world.folder) == files.Contents(replies=0, size=0)
    assert clear_replies(world.folder) == 0
    assert not world.folder.exists()


def test_clearing_frees_what_replies_took(world: World) -> None:
    world.keep(*((bytes([index]) * 32, saying("x" * 10_000)) for index in range(100)))
    before = contents(world.folder)
    assert before.replies == 100
    assert before.size > 1_000_000
    assert clear_replies(world.folder) == before.size - contents(world.folder).size
    after = contents(world.folder)
    assert after.replies == 0
    assert after.size < 50_000


def test_a_store_goes_on_when_the_cache_is_cleared(world: World) -> None:
    store = world.store()
    world.keep((KEY, saying("old")))
    clear_replies(world.folder)
    assert found(store) is None
    store.put(KEY, saying("new"))
    store.close()
    assert found(world.store()) == saying("new")
    assert not world.notices.told


def test_clearing_removes_what_cannot_be_read_and_other_formats(world: World) -> None:
    spoil(world.path)
    older = world.folder / f"replies-{FORMAT - 1}.sqlite"
    older.write_bytes(b"an older format")
    with pytest.raises(StoreError, match="evalrun cache --clear"):
        contents(world.folder)
    freed = world.path.stat().st_size + older.stat().st_size
    assert clear_replies(world.folder) == freed
    assert list(world.folder.iterdir()) == []


def test_no_key_of_the_environment_is_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-marked-0123456789abcdef")
    monkeypatch.setenv("MY_TOKEN", "marked-token-0123456789")
    world.keep((KEY, saying("a reply")))
    written = b"".join(Path(path).read_bytes() for path in world.folder.iterdir())
    assert b"a reply" in written
    assert b"marked" not in written
    assert os.environ["OPENAI_API_KEY"].encode() not in written
