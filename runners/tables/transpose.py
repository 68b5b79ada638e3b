"""Tables on their side."""

from __future__ import annotations

from .table import Table


def transposed(table: Table, *, names: int) -> Table:
    """Return `table` with its columns as rows; its first `names` columns, which name rows, on top.

    The first of several names stands over the others. A span becomes a text of its own before the
    heading that it stands over. Ranks keep their cells.
    """
    leading = ("group", "measure") if table.spans else ("measure",)
    spans = table.spans or (None,) * len(table.header)
    heads = [
        (span or "", heading) if table.spans else (heading,)
        for span, heading in zip(spans[names:], table.header[names:], strict=True)
    ]
    above = names > 1
    return Table(
        title=table.title,
        header=(*leading, *(" / ".join(row[above:names]) for row in table.rows)),
        rows=tuple(
            (*head, *(row[names + i] for row in table.rows)) for i, head in enumerate(heads)
        ),
        notes=table.notes,
        spans=(*(None for _ in leading), *(row[0] for row in table.rows)) if above else (),
        ranks=tuple(
            (*(None for _ in leading), *(row[names + i] for row in table.ranks))
            for i in range(len(heads) if table.ranks else 0)
        ),
        numeric=(*(False for _ in leading), *(True for _ in table.rows)),
    )
