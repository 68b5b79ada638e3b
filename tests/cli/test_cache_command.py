"""`evalrun cache`: what is kept, and how to be rid of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from evalrun.cli.cache import cache
from evalrun.core.errors import StoreError
from evalrun.core.exchange import Reply, ReplyTiming
from evalrun.runners.notices import Notices
from evalrun.runners.reply_cache.file import reply_file
from evalrun.runners.reply_cache.store import ReplyStore


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALRUN_CACHE", str(tmp_path))
    return tmp_path / "replies"


def printed(*arguments: str) -> str:
    app = typer.Typer(rich_markup_mode=None)
    app.command()(cache)
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def keep_replies(count: int) -> None:
    store = ReplyStore(Notices(lambda _: None))
    for index in range(count):
        timing = ReplyTiming(latency_s=1.0)
        reply = Reply(text="x" * 3000, stop_reason="stop", timing=timing)
        store.put(index.to_bytes(32, "big"), reply)
    store.close()


def test_what_is_kept_is_counted(folder: Path) -> None:
    keep_replies(1200)
    lines = printed().splitlines()
    assert lines[0] == f"folder:  {folder}"
    assert lines[1] == "replies: 1,200"
    size = reply_file(folder).stat().st_size
    assert lines[2] == f"size:    {size / 1e6:.1f} MB"


def test_there_may_be_nothing(folder: Path) -> None:
    assert printed().splitlines() == [f"folder:  {folder}", "replies: 0", "size:    0.0 MB"]
    assert printed("--clear") == f"freed 0.0 MB in {folder}\n"
    assert not folder.exists()


def test_clearing_says_what_was_freed(folder: Path) -> None:
    keep_replies(1200)
    before = reply_file(folder).stat().st_size
    done = printed("--clear")
    freed = before - reply_file(folder).stat().st_size
    assert done == f"freed {freed / 1e6:.1f} MB in {folder}\n"
    assert "replies: 0" in printed()


def test_a_damaged_file_is_named_with_the_way_out(folder: Path) -> None:
    folder.mkdir()
    reply_file(folder).write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match=r"replies-\d+\.sqlite: .*evalrun cache --clear"):
        printed()
    printed("--clear")
    assert "replies: 0" in printed()


def test_help_has_examples() -> None:
    assert "evalrun cache --clear" in printed("--help")
