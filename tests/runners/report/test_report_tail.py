"""Files that grow are read once, line by line."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.runners.report.tail import Tail


def texts(tail: Tail, end: int | None = None) -> list[bytes]:
    return [line.text for line in tail.lines(end)]


def append(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def test_a_file_that_is_not_there_yet_has_no_lines_and_then_some(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "f")
    assert (texts(tail), tail.size(), tail.is_replaced()) == ([], 0, False)
    append(tail.path, b"a\n")
    assert texts(tail) == [b"a\n"]


def test_each_line_comes_once_with_its_place(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "f")
    append(tail.path, b"ab\nc\n")
    assert [(line.start, line.number) for line in tail.lines()] == [(0, 1), (3, 2)]
    append(tail.path, b"d\n")
    assert list(tail.lines()) == [(5, 3, b"d\n")]


def test_a_torn_line_waits_until_it_is_whole(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "f")
    append(tail.path, b"a\nto")
    assert texts(tail) == [b"a\n"]
    append(tail.path, b"rn\n")
    assert texts(tail) == [b"torn\n"]


def test_lines_beyond_the_end_that_is_named_wait(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "f")
    append(tail.path, b"a\nb\nc\n")
    assert texts(tail, end=5) == [b"a\n", b"b\n"]
    assert texts(tail) == [b"c\n"]


def test_a_torn_line_that_is_cut_off_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "f")
    append(tail.path, b"a\nto")
    texts(tail)
    tail.path.write_bytes(b"a\nb\n")
    assert not tail.is_replaced()
    assert texts(tail) == [b"b\n"]


def test_another_file_of_the_same_name_is_a_replacement(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "f")
    append(tail.path, b"a\n")
    texts(tail)
    append(tmp_path / "g", b"a\nb\n")
    (tmp_path / "g").replace(tail.path)
    assert tail.is_replaced()


def test_a_file_that_shrank_is_a_replacement(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "f")
    append(tail.path, b"a\nb\n")
    texts(tail)
    tail.path.write_bytes(b"a\n")
    assert tail.is_replaced()


def test_a_file_with_another_text_where_one_was_read_is_a_replacement(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "f")
    append(tail.path, b"a\nb\n")
    texts(tail)
    tail.path.write_bytes(b"a\nx\ny\n")
    assert tail.is_replaced()


def test_a_file_that_is_gone_is_a_replacement(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "f")
    append(tail.path, b"a\n")
    texts(tail)
    tail.path.unlink()
    assert tail.is_replaced()


@settings(max_examples=50, deadline=None)
@given(
    lines=st.lists(st.binary(max_size=9).map(lambda b: b.replace(b"\n", b"") + b"\n"), max_size=9),
    cuts=st.lists(st.integers(0, 80), max_size=5),
)
def test_however_a_file_grows_its_lines_come_once_and_in_order(
    tmp_path_factory, lines: list[bytes], cuts: list[int]
) -> None:
    whole = b"".join(lines)
    path = tmp_path_factory.mktemp("tail") / "f"
    tail = Tail(path)
    seen: list[bytes] = []
    at = 0
    for cut in [*sorted(cuts), len(whole)]:
        append(path, whole[at:cut])
        at = max(at, cut)
        assert not tail.is_replaced()
        seen += texts(tail)
    assert seen == lines
