"""Tables in Markdown."""

from __future__ import annotations

import pytest
from formats.reading import Page
from formats.tables import HOSTILE, PLAIN, RANKED, of_cells
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from evalrun.runners.formats.cells import one_line
from evalrun.runners.formats.markdown import markdown_table, markdown_text

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def shown(text: str) -> Page:
    """Return what a reader of rendered Markdown sees."""
    return Page(GITHUB.render(text))


def test_a_table_is_aligned_with_its_ranks_spans_and_notes() -> None:
    assert markdown_table(RANKED).splitlines() == [
        "### Recall & cost",
        "",
        "| model | kv         |            English / MMLU % ↑ |  English / s ↓ |     n |",
        "|-------|------------|------------------------------:|---------------:|------:|",
        "| llama | full       |         **50.0** [40.0, 60.0] |       **-1.5** | 1,000 |",
        "| llama | snapkv-50% | <ins>49.0†</ins> [39.0, 59.0] | <ins>0.5</ins> |    10 |",
        "| qwen  | full       |                             - |            2.0 |    10 |",
        "",
        "- †: 5 of 15 verdicts missing",
    ]


def test_the_best_is_bold_and_the_second_underlined_when_rendered() -> None:
    page = shown(markdown_table(RANKED))
    assert page.inner == ["strong", "strong", "ins", "ins"]
    assert page.rows[1][2] == "50.0 [40.0, 60.0]"


def test_several_tables_stand_apart() -> None:
    text = markdown_text([PLAIN, RANKED])
    assert text == f"{markdown_table(PLAIN)}\n{markdown_table(RANKED)}"
    assert len(shown(text).rows) == 3 + 4


def test_columns_are_as_wide_as_east_asian_characters_are_shown() -> None:
    lines = markdown_table(of_cells("你好", "abcdef", "🎉")).splitlines()[2:]
    assert len({cell_len(line) for line in lines}) == 1


@pytest.mark.parametrize("cell", HOSTILE)
def test_hostile_cells_are_read_as_they_are(cell: str) -> None:
    page = shown(markdown_table(of_cells(cell)))
    assert page.rows == [["name", "number"], [one_line(cell)] * 2]
    assert page.inner == []


@given(cells=st.lists(st.text(), min_size=1, max_size=4))
def test_no_text_breaks_a_row_or_becomes_markup(cells: list[str]) -> None:
    page = shown(markdown_table(of_cells(*cells)))
    assert page.rows[1:] == [[one_line(cell)] * 2 for cell in cells]
    assert page.inner == []


MARKUP = st.text(st.sampled_from("*_`~[]()<>|&;#!\\ ab1"), max_size=12)


@given(cell=MARKUP, title=MARKUP)
def test_no_markup_is_taken_for_some(cell: str, title: str) -> None:
    page = shown(markdown_table(of_cells(cell, title=title)))
    assert page.rows[1:] == [[one_line(cell)] * 2]
    assert [tag for tag, _ in page.tags if tag not in TABLE] == []
    assert "".join(page.texts).partition("\n")[0] == one_line(title)


TABLE = ("h3", "table", "thead", "tbody", "tr", "th", "td")
