"""Pieces of Markdown pages: paragraphs, lists, tables and commands, in readable lines."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from rich.cells import cell_len

WIDTH = 110
_WIDEST_ALIGNED = 140

# A command and its comment that are no longer stand side by side.
_BESIDE = 100

_CODE = re.compile(r"`[^`]+`")
_MARKERS = re.compile(r" (?=([-+*>]|#+|\d+[.)])( |$))")
_KEPT = "\N{NO-BREAK SPACE}"


def paragraph(text: str, indent: str = "", first: str | None = None) -> str:
    """Return `text` in lines of WIDTH; the first begins with `first`, the others with `indent`.

    Code stays on one line, and no line begins with what would make it an item or a heading.
    """
    whole = _CODE.sub(lambda code: code.group().replace(" ", _KEPT), " ".join(text.split()))
    whole = _MARKERS.sub(_KEPT, whole)
    lines = textwrap.fill(
        whole,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.replace(_KEPT, " ")


def bullets(items: Iterable[str]) -> str:
    """Return a list, an item a paragraph."""
    return "\n".join(paragraph(item, indent="  ", first="- ") for item in items)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, its columns aligned if all lines stay short. Cells are Markdown."""
    cells = [[_cell(one) for one in row] for row in (header, *rows)]
    widths = [max(3, *map(cell_len, column)) for column in zip(*cells, strict=True)]
    aligned = sum(widths) + 3 * len(widths) + 1 <= _WIDEST_ALIGNED
    rule = ["-" * (width if aligned else 3) for width in widths]
    lines = [cells[0], rule, *cells[1:]]
    return "\n".join(_line(line, widths if aligned else [0] * len(widths)) for line in lines)


def commands(lines: Sequence[tuple[str, str]]) -> str:
    """Return (command, comment) lines as a block; comments stand above what is long."""
    short = [command for command, comment in lines if len(command + comment) <= _BESIDE]
    column = max(map(len, short), default=0)
    shown: list[str] = []
    for command, comment in lines:
        if command in short:
            shown.append(f"{command:<{column}}  # {comment}")
        else:
            shown += [f"# {comment}", _continued(command)]
    return "\n".join(("```", *shown, "```"))


def code(text: str) -> str:
    """Return `text` as code."""
    return f"`{text}`"


def _continued(command: str) -> str:
    """Return a command on as many lines as it needs."""
    lines = textwrap.wrap(command, WIDTH, break_long_words=False, break_on_hyphens=False)
    return " \\\n    ".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True)
    )
    return f"| {' | '.join(padded)} |"
