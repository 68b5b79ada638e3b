"""Tables in LaTeX, as a fragment that a paper takes in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..tables.table import MISSING, Rank, Table
from .cells import Span, numeric_of, ranks_of, spans_of, split_value
from .latex_text import latex_text, shows_code_points

_PREAMBLE = """\
% The preamble needs:
%   \\usepackage[T1]{fontenc}
%   \\usepackage[utf8]{inputenc}
%   \\usepackage{booktabs}
%   \\usepackage{graphicx}
"""
_CODE_POINTS = "[U+...] stands for characters that pdfLaTeX has no glyphs for."
_MARKS: dict[Rank, str] = {"best": "textbf", "second": "underline"}

_MINUS = re.compile(r"(?<![\w.])-(?=\d)")

# A table wider than the line is scaled down to it; no other is changed.
_FIT = "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%"


def latex_fragment(tables: Sequence[Table]) -> str:
    """Return a `table` environment for each table, and the packages they need in a comment.

    Rules are those of booktabs. The best of a column is bold, the second underlined. Notes stand
    below in small print. The text is ASCII; characters that pdfLaTeX has no glyphs for are shown as
    their code points, which a note says.
    """
    labels: list[str] = []
    for table in tables:
        labels.append(_label(table.title, labels))
    environments = map(_environment, tables, labels)
    return "\n".join([_PREAMBLE, *environments])


def _environment(table: Table, label: str) -> str:
    alignment = "".join("r" if numeric else "l" for numeric in numeric_of(table))
    rows = zip(table.rows, ranks_of(table), strict=True)
    lines = [
        "\\begin{table}[htbp]",
        "\\centering",
        f"\\caption{{{latex_text(table.title)}}}",
        f"\\label{{{label}}}",
        "\\smallskip",
        _FIT,
        f"\\begin{{tabular}}{{@{{}}{alignment}@{{}}}}",
        "\\toprule",
        *_spans(table),
        _row([_heading(table, i) for i in range(len(table.header))]),
        "\\midrule",
        *(_row([*map(_cell, row, ranks, numeric_of(table))]) for row, ranks in rows),
        "\\bottomrule",
        "\\end{tabular}}",
        *_notes(table),
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _spans(table: Table) -> Iterator[str]:
    """Yield the row of spans, and the rules under those that are there."""
    if not table.spans:
        return
    spans = list(spans_of(table))
    yield _row([_span(span) for span in spans])
    yield " ".join(
        f"\\cmidrule(lr){{{span.start + 1}-{span.start + span.length}}}"
        for span in spans
        if span.text is not None
    )


def _span(span: Span) -> str:
    if span.text is None:
        return " & " * (span.length - 1)
    return f"\\multicolumn{{{span.length}}}{{c}}{{{latex_text(span.text)}}}"


def _heading(table: Table, i: int) -> str:
    """Return a heading, centred over a column of numbers, which is mostly wider."""
    text = latex_text(table.header[i])
    return f"\\multicolumn{{1}}{{c}}{{{text}}}" if numeric_of(table)[i] else text


def _cell(cell: str, rank: Rank | None, numeric: bool) -> str:  # noqa: FBT001 - of a zip
    if cell == MISSING:
        return "\\textendash{}"
    if numeric:
        cell = _MINUS.sub("\N{MINUS SIGN}", cell)
    if rank is None:
        return latex_text(cell)
    value, rest = split_value(cell)
    return f"\\{_MARKS[rank]}{{{latex_text(value)}}} {latex_text(rest)}".rstrip()


def _row(cells: Sequence[str]) -> str:
    """Return a row. LaTeX takes [ and * at its beginning for arguments of the line above."""
    line = " & ".join(cells)
    return ("{}" if line[:1] in ("[", "*") else "") + line + " \\\\"


def _notes(table: Table) -> Iterator[str]:
    texts = (
        table.title,
        *table.header,
        *(cell for row in table.rows for cell in row),
        *table.notes,
    )
    texts += tuple(span for span in table.spans if span)
    notes = [*map(latex_text, table.notes)]
    notes += [latex_text(_CODE_POINTS)] if any(map(shows_code_points, texts)) else []
    if notes:
        yield "\\par\\medskip"
        yield "\\begin{minipage}{\\linewidth}\\footnotesize\\raggedright"
        yield "\\par\n".join(notes)
        yield "\\end{minipage}"


def _label(title: str, taken: Sequence[str]) -> str:
    """Return a label made of the words of `title`, with a number behind if it is `taken`."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    label = f"tab:{words or 'results'}"
    same = sum(1 for other in taken if re.fullmatch(rf"{re.escape(label)}(-\d+)?", other))
    return f"{label}-{same + 1}" if same else label
