"""Tables in HTML."""

from __future__ import annotations

import pytest
from formats.reading import Page
from formats.tables import HOSTILE, PLAIN, RANKED, of_cells
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.formats.cells import one_line
from evalrun.runners.formats.html import html_page, html_table


def test_a_table_is_one_element_with_caption_spans_ranks_and_notes() -> None:
    assert html_table(RANKED).splitlines() == [
        "<table>",
        "<caption>Recall &amp; cost</caption>",
        '<colgroup span="2"></colgroup>',
        '<colgroup span="2"></colgroup>',
        '<colgroup span="1"></colgroup>',
        "<thead>",
        '<tr><td></td><td></td><th colspan="2" scope="colgroup">English</th><td></td></tr>',
        '<tr><th scope="col">model</th><th scope="col">kv</th>'
        '<th scope="col" class="number">MMLU % ↑</th><th scope="col" class="number">s ↓</th>'
        '<th scope="col" class="number">n</th></tr>',
        "</thead>",
        "<tbody>",
        '<tr><th scope="row">llama</th><td>full</td>'
        '<td class="number"><strong>50.0</strong> [40.0, 60.0]</td>'
        '<td class="number"><strong>-1.5</strong></td><td class="number">1,000</td></tr>',
        '<tr><th scope="row">llama</th><td>snapkv-50%</td>'
        '<td class="number"><u>49.0†</u> [39.0, 59.0]</td>'
        '<td class="number"><u>0.5</u></td><td class="number">10</td></tr>',
        '<tr><th scope="row">qwen</th><td>full</td><td class="number">-</td>'
        '<td class="number">2.0</td><td class="number">10</td></tr>',
        "</tbody>",
        '<tfoot><tr><td colspan="5"><ul><li>†: 5 of 15 verdicts missing</li></ul></td></tr>'
        "</tfoot>",
        "</table>",
    ]


def test_a_page_stands_on_its_own() -> None:
    page = html_page([PLAIN, RANKED])
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n')
    assert "<title>Two runs</title>" in page
    assert "prefers-color-scheme: dark" in page
    assert html_table(PLAIN) in page
    assert html_table(RANKED) in page
    assert not any({"src", "href"} & attributes.keys() for _, attributes in Page(page).tags)


@pytest.mark.parametrize("cell", HOSTILE)
def test_hostile_texts_are_read_as_they_are(cell: str) -> None:
    page = Page(html_page([of_cells(cell, title=cell, rank="best")]))
    assert page.rows[1][0] == one_line(cell)
    assert page.texts.count(one_line(cell)) >= (cell != "") * 2
    assert {tag for tag, _ in page.tags} <= TAGS


@given(cells=st.lists(st.text(), min_size=1, max_size=4))
def test_every_text_is_read_as_it_is(cells: list[str]) -> None:
    page = Page(html_table(of_cells(*cells, title=cells[0])))
    assert page.rows[1:] == [[one_line(cell)] * 2 for cell in cells]
    assert {tag for tag, _ in page.tags} <= TAGS


TAGS = {
    *("html", "head", "meta", "title", "style", "body", "div"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "strong"),
}
