"""Tables as CSV."""

from __future__ import annotations

import csv
import io

from formats.tables import HOSTILE, PLAIN, RANKED, of_cells
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.formats.cells import one_line
from evalrun.runners.formats.csv import csv_text


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_table_is_a_header_and_rows_without_ranks_and_notes() -> None:
    assert csv_text([RANKED]).splitlines() == [
        "model,kv,English / MMLU % ↑,English / s ↓,n",
        'llama,full,"50.0 [40.0, 60.0]",-1.5,"1,000"',
        'llama,snapkv-50%,"49.0† [39.0, 59.0]",0.5,10',
        "qwen,full,-,2.0,10",
    ]


def test_an_empty_line_stands_between_tables() -> None:
    rows = read(csv_text([PLAIN, RANKED]))
    assert rows[3] == []
    assert len(rows) == 3 + 1 + 4


def test_hostile_cells_can_be_read_back() -> None:
    assert read(csv_text([of_cells(*HOSTILE)]))[1:] == [[one_line(cell)] * 2 for cell in HOSTILE]


@given(cells=st.lists(st.text(), min_size=1, max_size=4))
def test_every_text_can_be_read_back(cells: list[str]) -> None:
    assert read(csv_text([of_cells(*cells)]))[1:] == [[one_line(cell)] * 2 for cell in cells]
