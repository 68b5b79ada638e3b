"""A table as it is shown: cells of text, whatever they are of and wherever they go."""

from __future__ import annotations

from typing import Literal

import msgspec

MISSING = "-"
Rank = Literal["best", "second"]


class Table(msgspec.Struct, frozen=True):
    """Cells of text under their headings, with notes below.

    `spans` are headings over the headings, one a column, equal ones next to each other being one
    that spans them. `ranks` says of each cell whether it is the best or second of its column;
    `numeric` which columns hold numbers. All of them may be empty.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    spans: tuple[str | None, ...] = ()
    ranks: tuple[tuple[Rank | None, ...], ...] = ()
    numeric: tuple[bool, ...] = ()
