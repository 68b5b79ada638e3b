"""Tables on their side."""

from __future__ import annotations

from formats.tables import PLAIN, RANKED

from evalrun.runners.tables.transpose import transposed


def test_columns_become_rows_and_names_stand_on_top() -> None:
    table = transposed(PLAIN, names=1)
    assert table.header == ("measure", "m", "n")
    assert table.rows == (("value %", "50.0", "-"),)
    assert (table.title, table.notes, table.spans) == (PLAIN.title, PLAIN.notes, ())
    assert table.numeric == (False, True, True)


def test_the_first_name_spans_the_others_and_spans_become_a_column() -> None:
    table = transposed(RANKED, names=2)
    assert table.spans == (None, None, "llama", "llama", "qwen")
    assert table.header == ("group", "measure", "full", "snapkv-50%", "full")
    assert table.rows == (
        ("English", "MMLU % ↑", "50.0 [40.0, 60.0]", "49.0† [39.0, 59.0]", "-"),
        ("English", "s ↓", "-1.5", "0.5", "2.0"),
        ("", "n", "1,000", "10", "10"),
    )
    assert table.ranks == (
        (None, None, "best", "second", None),
        (None, None, "best", "second", None),
        (None, None, None, None, None),
    )
