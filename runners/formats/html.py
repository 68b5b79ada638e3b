"""Tables in HTML: alone, or as a page that shows itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from ..tables.table import Rank, Table
from .cells import Span, numeric_of, one_line, ranks_of, spans_of, split_value

_MARKS: dict[Rank, str] = {"best": "strong", "second": "u"}

STYLE = """\
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #656d76; --rule: #d0d7de;
  --paper: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --faint: #8d96a0; --rule: #3d444d; --paper: #0d1117; } }
body { margin: 2rem; color: var(--ink); background: var(--paper); font: 15px/1.45 system-ui,
  sans-serif; }
.scroll { overflow-x: auto; margin-bottom: 2.5rem; }
table { border-collapse: collapse; border-block: 2px solid var(--ink); }
caption { padding-bottom: .6rem; font-weight: 600; text-align: start; }
th, td { padding: .3rem .8rem; text-align: start; vertical-align: baseline; }
th { font-weight: 500; }
thead tr:last-child th { border-bottom: 1px solid var(--ink); }
th[colspan] { text-align: center; border-bottom: 1px solid var(--rule); }
.number { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
tfoot td { border-top: 1px solid var(--ink); color: var(--faint); font-size: .85em; }
tfoot ul { margin: 0; padding-inline-start: 1.2em; max-width: 80ch; }
"""


def html_page(tables: Sequence[Table]) -> str:
    """Return a whole page of the tables; it loads nothing and follows the reader's dark mode."""
    title = _text(tables[0].title if tables else "")
    body = "".join(f'<div class="scroll">\n{html_table(table)}</div>\n' for table in tables)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n"
        "</html>\n"
    )


def html_table(table: Table) -> str:
    """Return `table` as one <table> element, its title as the caption, its notes at the foot.

    The best of a column is <strong>, the second <u>. Columns of numbers have the class `number`.
    """
    rows = zip(table.rows, ranks_of(table), strict=True)
    lines = [
        "<table>",
        f"<caption>{_text(table.title)}</caption>",
        *_column_groups(table),
        "<thead>",
        *_header(table),
        "</thead>",
        "<tbody>",
        *(f"<tr>{''.join(_cells(table, *row))}</tr>" for row in rows),
        "</tbody>",
        *_foot(table),
        "</table>",
    ]
    return "\n".join(lines) + "\n"


def _column_groups(table: Table) -> Iterator[str]:
    for span in spans_of(table) if table.spans else ():
        yield f'<colgroup span="{span.length}"></colgroup>'


def _header(table: Table) -> Iterator[str]:
    if table.spans:
        yield f"<tr>{''.join(map(_span, spans_of(table)))}</tr>"
    headings = (
        _element("th", _text(heading), numeric=numeric, scope="col")
        for heading, numeric in zip(table.header, numeric_of(table), strict=True)
    )
    yield f"<tr>{''.join(headings)}</tr>"


def _span(span: Span) -> str:
    if span.text is None:
        return "<td></td>" * span.length
    return f'<th colspan="{span.length}" scope="colgroup">{_text(span.text)}</th>'


def _cells(table: Table, row: Sequence[str], ranks: Sequence[Rank | None]) -> Iterator[str]:
    columns = zip(row, ranks, numeric_of(table), strict=True)
    for i, (cell, rank, numeric) in enumerate(columns):
        if i == 0:
            yield _element("th", _text(cell), numeric=numeric, scope="row")
        else:
            yield _element("td", _marked(cell, rank), numeric=numeric)


def _foot(table: Table) -> Iterator[str]:
    if table.notes:
        notes = "".join(f"<li>{_text(note)}</li>" for note in table.notes)
        yield f'<tfoot><tr><td colspan="{len(table.header)}"><ul>{notes}</ul></td></tr></tfoot>'


def _element(tag: str, content: str, *, numeric: bool, scope: str | None = None) -> str:
    attributes = (f' scope="{scope}"' if scope else "") + (' class="number"' if numeric else "")
    return f"<{tag}{attributes}>{content}</{tag}>"


def _marked(cell: str, rank: Rank | None) -> str:
    if rank is None:
        return _text(cell)
    value, rest = split_value(cell)
    return f"<{_MARKS[rank]}>{_text(value)}</{_MARKS[rank]}> {_text(rest)}".rstrip()


def _text(text: str) -> str:
    return escape(one_line(text))
