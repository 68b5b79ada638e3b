"""Tables on terminals."""

from __future__ import annotations

import pytest
from formats.tables import HOSTILE, PLAIN, RANKED, of_cells
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from evalrun.runners.formats.terminal import terminal_text


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a terminal of 100 columns that shows no colours, whatever tests run on."""
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def drawn(*tables, **_) -> list[str]:
    return [line.rstrip() for line in terminal_text(tables).splitlines()]


def test_a_table_is_drawn_aligned_with_its_spans_and_notes() -> None:
    assert drawn(RANKED) == [
        "Recall & cost",
        "",
        "                                English   English",
        "model   kv                     MMLU % ↑       s ↓       n",
        "─────────────────────────────────────────────────────────",
        "llama   full          50.0 [40.0, 60.0]      -1.5   1,000",
        "llama   snapkv-50%   49.0† [39.0, 59.0]       0.5      10",
        "qwen    full                          -       2.0      10",
        "",
        "- †: 5 of 15 verdicts missing",
    ]


def test_the_best_is_bold_and_the_second_underlined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = terminal_text([RANKED])
    assert "\x1b[1;32m50.0\x1b[0m [40.0, 60.0]" in text
    assert "\x1b[4m49.0†\x1b[0m [39.0, 59.0]" in text


def test_no_color_leaves_bold_and_underline_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    text = terminal_text([RANKED])
    assert "\x1b[1m50.0\x1b[0m" in text
    assert "32m" not in text


def test_a_narrow_terminal_gets_the_table_in_parts_that_keep_numbers_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    assert drawn(RANKED) == [
        "Recall & cost",
        "",
        "                                English",
        "model   kv                     MMLU % ↑",
        "───────────────────────────────────────",
        "llama   full          50.0 [40.0, 60.0]",
        "llama   snapkv-50%   49.0† [39.0, 59.0]",
        "qwen    full                          -",
        "",
        "                     English",
        "model   kv               s ↓       n",
        "────────────────────────────────────",
        "llama   full            -1.5   1,000",
        "llama   snapkv-50%       0.5      10",
        "qwen    full             2.0      10",
        "",
        "- †: 5 of 15 verdicts missing",
    ]


@pytest.mark.parametrize("columns", [20, 30, 44, 60, 80])
def test_nothing_is_wider_than_the_terminal_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = terminal_text([RANKED])
    assert max(map(cell_len, text.splitlines())) <= columns
    for number in ("50.0", "-1.5", "1,000", "49.0†"):
        assert number in text


def test_several_tables_stand_apart() -> None:
    lines = drawn(PLAIN, RANKED)
    assert lines[lines.index("Recall & cost") - 1] == ""


@pytest.mark.parametrize("cell", HOSTILE)
def test_hostile_texts_are_neither_markup_nor_control_sequences(cell: str) -> None:
    text = terminal_text([of_cells(cell, title=cell, rank="best")])
    assert "\x1b" not in text
    assert ("[red]" in text) == ("[red]" in cell)


@given(cells=st.lists(st.text(), min_size=1, max_size=3))
def test_every_text_can_be_drawn_without_control_characters(cells: list[str]) -> None:
    text = terminal_text([of_cells(*cells)])
    assert not {chr(i) for i in range(32)} - {"\n"} & set(text)
