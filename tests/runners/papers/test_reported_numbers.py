"""Files of reported numbers: what they hold, and what is said of malformed ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper_runs import cells, number, write_papers

from evalrun.core.errors import DataError
from evalrun.runners.papers.reported import parse_where, read_reported


def test_a_row_is_a_number_with_where_it_stands_and_was_seen(tmp_path: Path) -> None:
    row = cells(where="protocol=multi_turn kv.budget=null,4096", method="SnapKV", note="n")
    (found,) = read_reported("bench", [write_papers(tmp_path, row)])
    assert (found.source, found.table, found.seen) == ("arXiv 1", "Table 4", "the paper")
    assert (found.model, found.method, found.column) == ("Llama-3.1-8B", "SnapKV", "AVG")
    assert found.where == (("protocol", ("multi_turn",)), ("kv.budget", ("null", "4096")))
    assert (found.printed, found.value, found.note) == ("48.7", 48.7, "n")


@pytest.mark.parametrize(
    ("printed", "value", "half_unit"),
    [("48.7", 48.7, 0.05), ("-13.87", -13.87, 0.005), ("+0.49", 0.49, 0.005), ("61", 61.0, 0.5)],
)
def test_rounding_may_have_moved_a_number_by_half_its_last_digit(printed, value, half_unit) -> None:
    found = number(value=printed)
    assert found.value == value
    assert found.half_unit == pytest.approx(half_unit)


def test_a_blank_value_is_one_that_the_paper_does_not_have(tmp_path: Path) -> None:
    (found,) = read_reported("bench", [write_papers(tmp_path, cells(value=""))])
    assert found.value is None


def test_numbers_that_a_third_party_quotes_are_second_hand() -> None:
    assert number(seen="third-party notes; the paper's table was not seen").is_second_hand
    assert not number(seen="text copy of the paper").is_second_hand


def test_ones_own_number_takes_the_place_of_the_same_one(tmp_path: Path) -> None:
    first = write_papers(tmp_path / "a", cells(), cells(column="Global", value="1.0"))
    second = write_papers(tmp_path / "b", cells(value="48.6", seen="the PDF"))
    found = read_reported("bench", [first, second])
    assert [(n.column, n.printed, n.seen) for n in found] == [
        ("AVG", "48.6", "the PDF"),
        ("Global", "1.0", "the paper"),
    ]


def test_ones_own_file_stands_beside_the_shipped_one(tmp_path: Path) -> None:
    mine = write_papers(tmp_path, cells(system="scbench", source="mine"), system="scbench")
    shipped, both = read_reported("scbench"), read_reported("scbench", [mine])
    assert both[: len(shipped)] == shipped
    assert [n.source for n in both[len(shipped) :]] == ["mine"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (cells(value="48,7"), "bench.csv, row 1, column 'value': '48,7' is not a number"),
        (cells(value="nan"), "column 'value': 'nan' is not a number"),
        (cells(where="multi_turn"), "row 1, column 'where': 'multi_turn' is not dimension=value"),
        (cells(where="kv.budget="), "'kv.budget=' is not dimension=value"),
        (cells(where="a=1 a=2"), "a stands there twice; several values: a=a,b"),
        (cells(seen=""), "row 1, column 'seen': empty"),
        (cells(model=" "), "column 'model': empty"),
        (cells(system="other"), "column 'system': 'other' in the file of 'bench'"),
        ({**cells(), "valeu": "1"}, "row 1: unknown column 'valeu'; did you mean 'value'?"),
        ({k: v for k, v in cells().items() if k != "where"}, "row 1: missing column 'where'"),
    ],
)
def test_a_malformed_row_is_named_with_its_column(row, message, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_reported("bench", [write_papers(tmp_path, row)])


def test_a_number_that_is_reported_twice_is_refused(tmp_path: Path) -> None:
    folder = write_papers(tmp_path, cells(), cells(value="48.6"))
    with pytest.raises(DataError, match="row 2: reported twice"):
        read_reported("bench", [folder])


def test_a_system_without_a_file_is_named_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"'scbanch': did you mean 'scbench'\?"):
        read_reported("scbanch")


KEYS = st.from_regex(r"[a-z_][a-z_.]{0,8}", fullmatch=True)
VALUES = st.lists(st.from_regex(r"[A-Za-z0-9_./:-]{1,8}", fullmatch=True), min_size=1, max_size=3)


@given(st.dictionaries(KEYS, VALUES.map(tuple)))
def test_conditions_are_read_as_they_are_written(conditions: dict[str, tuple[str, ...]]) -> None:
    text = " ".join(f"{key}={','.join(values)}" for key, values in conditions.items())
    assert dict(parse_where(text)) == conditions


@given(st.text())
def test_any_text_is_conditions_or_is_refused(text: str) -> None:
    try:
        conditions = parse_where(text)
    except ValueError:
        return
    assert len(conditions) == len(text.split())
    assert all(values and all(values) for _, values in conditions)


def test_a_plugins_number_takes_the_place_of_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = read_reported("simplebench")
    first = shipped[0]
    taken = cells(
        system="simplebench",
        source=first.source,
        table=first.table,
        model=first.model,
        setting=first.setting,
        column=first.column,
        value="1.0",
    )
    package = tmp_path / "apple_yaml"
    write_papers(package, taken, cells(system="simplebench", source="new"), system="simplebench")
    info = tmp_path / "apple-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: apple\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[evalrun.recipes]\napple = apple_yaml\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = read_reported("simplebench")
    assert found[: len(shipped)] == shipped
    assert [n.source for n in found[len(shipped) :]] == ["new"]
