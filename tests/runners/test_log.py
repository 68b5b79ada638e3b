"""The append-only log: durable rows, torn lines, full disks."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import DataError, StoreError
from evalrun.runners.log import AppendLog, read_log, read_row


class Row(msgspec.Struct):
    id: str
    text: str = ""


def append_all(path: Path, rows: list[Row]) -> None:
    async def go() -> None:
        log = AppendLog(path)
        await asyncio.gather(*(log.append(row) for row in rows))
        await log.close()

    asyncio.run(go())


def rows_of(path: Path) -> list[Row]:
    return [row for _, row in read_log(path, Row)]


def test_rows_appended_together_are_all_there_in_order(tmp_path: Path) -> None:
    rows = [Row(str(i), "é\n" * i) for i in range(50)]
    append_all(tmp_path / "log.jsonl", rows)
    assert rows_of(tmp_path / "log.jsonl") == rows


def test_a_row_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    async def go() -> None:
        log = AppendLog(tmp_path / "log.jsonl")
        await log.append(Row("a"))
        assert rows_of(tmp_path / "log.jsonl") == [Row("a")]
        await log.close()

    asyncio.run(go())


def test_a_cancelled_append_still_writes_a_whole_row(tmp_path: Path) -> None:
    async def go() -> None:
        log = AppendLog(tmp_path / "log.jsonl")
        task = asyncio.create_task(log.append(Row("a", "x" * 100_000)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await log.close()

    asyncio.run(go())
    assert [row.id for row in rows_of(tmp_path / "log.jsonl")] == ["a"]


@given(cut=st.integers(min_value=0, max_value=200))
def test_after_a_cut_anywhere_whole_rows_stay_and_appending_goes_on(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    append_all(path, [Row("a", "1"), Row("b", "ü" * 30), Row("c", "3")])
    whole = path.read_bytes()
    cut = min(cut, len(whole))
    path.write_bytes(whole[:cut])
    kept = whole[:cut].count(b"\n")
    append_all(path, [Row("z")])
    assert [row.id for row in rows_of(path)] == [*["a", "b", "c"][:kept], "z"]


def test_a_torn_line_longer_than_a_block_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"id":"a"}\n{"id":"b","text":"' + b"x" * 200_000)
    append_all(path, [])
    assert path.read_bytes() == b'{"id":"a"}\n'


def test_a_row_is_read_back_by_its_offset(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    append_all(path, [Row("a", "é"), Row("b", "2")])
    offsets = {row.id: offset for offset, row in read_log(path, Row)}
    assert read_row(path, offsets["b"], Row) == Row("b", "2")


def test_a_malformed_row_in_the_middle_is_named_by_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"id":"a"}\n{oops\n{"id":"c"}\n')
    with pytest.raises(DataError, match=r"log\.jsonl, line 2"):
        rows_of(path)


def test_a_full_disk_leaves_only_whole_rows_and_says_what_to_do(tmp_path: Path) -> None:
    """RLIMIT_FSIZE makes the kernel refuse a write part-way, as a full disk does."""
    path = tmp_path / "log.jsonl"
    append_all(path, [Row("a")])
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            append_all(path, [Row("b", "x" * 5000)])
        except StoreError as error:
            os._exit(0 if "run the same command again" in str(error) else 3)
        os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert path.read_bytes() == b'{"id":"a","text":""}\n'


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"missing/log\.jsonl"):
        asyncio.run(_open(tmp_path / "missing" / "log.jsonl"))


async def _open(path: Path) -> None:
    await AppendLog(path).close()
