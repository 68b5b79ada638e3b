"""Rows of data files: the same rows from every format, and a named place for every fault."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalrun.core.errors import DataError
from evalrun.core.rows import read_headless, read_lines, read_rows, require

ROWS = [{"id": "1", "input": 'a, b\n"c"'}, {"id": "2", "input": "ü"}]


def rows_of(path: Path) -> list[dict]:
    return [row for _, row in read_rows(path)]


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_every_format_gives_the_same_rows(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    jsonl = "\n".join(json.dumps(row) for row in ROWS) + "\n\n"
    assert rows_of(write(tmp_path / "r.jsonl", jsonl)) == ROWS
    assert rows_of(write(tmp_path / "r.json", json.dumps(ROWS))) == ROWS
    assert rows_of(write(tmp_path / "w.json", json.dumps({"v": 1, "rows": ROWS}))) == ROWS
    csv = 'id,input\n1,"a, b\n""c"""\n2,ü\n'
    assert rows_of(write(tmp_path / "r.csv", csv)) == ROWS
    assert rows_of(write(tmp_path / "bom.csv", "\ufeff" + csv)) == ROWS
    pq.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "r.parquet")
    assert rows_of(tmp_path / "r.parquet") == ROWS


def test_cells_of_a_file_without_header_are_named_by_the_caller(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", '"one, two\nthree",x\nNone,\n')
    assert list(read_headless(path, ("question", "answer"))) == [
        (0, {"question": "one, two\nthree", "answer": "x"}),
        (1, {"question": "None", "answer": ""}),
    ]


def test_tab_separated_rows_may_hold_quoted_tabs_and_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "r.tsv", 'index\thint\timage\n3\t"a\t""b""\nc"\t/9j/\n4\t\t3\n')
    assert rows_of(path) == [
        {"index": "3", "hint": 'a\t"b"\nc', "image": "/9j/"},
        {"index": "4", "hint": "", "image": "3"},
    ]


def test_a_cell_may_hold_a_whole_image(tmp_path: Path) -> None:
    image = "A" * 3_000_000
    assert rows_of(write(tmp_path / "r.tsv", f"index\timage\n1\t{image}\n"))[0]["image"] == image


def test_a_cell_that_never_ends_is_told_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "r.tsv", 'index\timage\n1\t"' + "A" * (65 << 20) + "\n")
    with pytest.raises(DataError, match=r"r\.tsv, line 1: field larger than field limit"):
        rows_of(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("index\tA\n1\n", r"r\.tsv, row 1: not as many cells as the header"),
        ("index\tA\n1\tx\ty\n", r"r\.tsv, row 1: not as many cells as the header"),
        ("index\tA\tA\n1\tx\ty\n", r"r\.tsv: two columns are called 'A'"),
    ],
)
def test_a_header_that_does_not_fit_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        rows_of(write(tmp_path / "r.tsv", text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n1\n", r"r\.csv, row 2: not as many cells as the columns a, b"),
        ("1,2\n1,2,3\n", r"r\.csv, row 2: not as many cells as the columns a, b"),
        (None, r"r\.csv: no such file"),
    ],
)
def test_a_fault_in_a_file_without_header_is_named_by_its_place(
    tmp_path: Path, text: str | None, message: str
) -> None:
    if text is not None:
        write(tmp_path / "r.csv", text)
    with pytest.raises(DataError, match=message):
        list(read_headless(tmp_path / "r.csv", ("a", "b")))


def test_positions_count_rows_from_zero(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", '{"a":1}\n\n{"a":2}\n')
    assert [index for index, _ in read_rows(path)] == [0, 1]


def test_numbers_that_only_python_writes_are_read(tmp_path: Path) -> None:
    (row,) = rows_of(write(tmp_path / "r.jsonl", '{"a": NaN}\n'))
    assert math.isnan(row["a"])


def test_jsonl_is_streamed(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", '{"a":1}\n' + "not json\n")
    rows = read_rows(path)
    assert next(rows) == (0, {"a": 1})
    with pytest.raises(DataError, match=r"r\.jsonl, line 2"):
        next(rows)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("r.jsonl", '{"a":1}\n{"a":\n', r"r\.jsonl, line 2: not valid JSON"),
        ("r.jsonl", "[1]\n", r"r\.jsonl, line 1: should be an object, found list"),
        ("r.json", '"text"', r"r\.json: should hold a list of objects"),
        ("r.json", "[1]", r"r\.json, row 1: should be an object, found int"),
        ("r.json", "{", r"r\.json: not valid JSON"),
        ("r.csv", "a,b\n1\n", r"r\.csv, row 1: not as many cells as the header"),
        ("r.csv", "a,b\n1,2,3\n", r"r\.csv, row 1: not as many cells as the header"),
        ("r.parquet", "no", r"r\.parquet: "),
        ("r.txt", "", r"r\.txt: unknown kind of data file '\.txt'"),
    ],
)
def test_a_fault_is_named_by_file_and_place(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        rows_of(write(tmp_path / name, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.jsonl: no such file"):
        read_rows(tmp_path / "nowhere.jsonl")


def test_a_csv_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(b"a,b\n1,\xff\n")
    with pytest.raises(DataError, match=r"r\.csv, line \d"):
        rows_of(tmp_path / "r.csv")


def test_a_missing_field_is_named_with_the_nearest_present_one() -> None:
    with pytest.raises(DataError, match=r"x, row 3: missing field 'answer'.*'anwser'"):
        require({"anwser": "1"}, "answer", str, "x, row 3")


def test_a_field_of_another_type_is_named() -> None:
    with pytest.raises(DataError, match=r"field 'id' should be str or int, found list"):
        require({"id": []}, "id", (str, int), "x, row 3")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.dictionaries(st.text(), json_values, max_size=4), max_size=5))
def test_whatever_json_was_written_is_read_back(tmp_path: Path, rows: list[dict]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    assert rows_of(write(tmp_path / "r.jsonl", text)) == rows


def test_lines_from_elsewhere_are_rows_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    archived = tmp_path / "data.zip" / "rows.jsonl"
    rows = read_lines(iter([b'{"a": 1}\n', b"\n", b"[]\n"]), archived)
    assert next(rows) == (0, {"a": 1})
    with pytest.raises(DataError, match=r"data\.zip/rows\.jsonl, line 3: should be an object"):
        next(rows)


def test_lone_surrogates_which_only_python_writes_become_replacement_characters(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"a\\ud800": ["b\\udc00", "\\ud83d\\ude00", 1]}\n')
    assert list(read_rows(path)) == [(0, {"a\ufffd": ["b\ufffd", "\U0001f600", 1]})]


@pytest.mark.parametrize(
    ("name", "text"), [("r.jsonl", '{"a": "1"}\n'), ("r.json", '[{"a": "1"}]'), ("r.csv", "a\n1\n")]
)
def test_compressed_files_hold_the_rows_of_their_inner_ending(
    tmp_path: Path, name: str, text: str
) -> None:
    path = tmp_path / f"{name}.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert list(read_rows(path)) == [(0, {"a": "1"})]


def test_a_damaged_compressed_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"a": 1}\n' * 1000)[:40])
    with pytest.raises(DataError, match=r"r\.jsonl\.gz: not a whole gzip file: .*; fetch it again"):
        list(read_rows(path))
    path.write_bytes(b"plain")
    with pytest.raises(DataError, match="not a whole gzip file"):
        list(read_rows(path))
