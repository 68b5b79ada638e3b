"""Tables that tests of formats write."""

from __future__ import annotations

from evalrun.runners.tables.table import Rank, Table

PLAIN = Table("Two runs", ("model", "value %"), (("m", "50.0"), ("n", "-")), ("a note",))

RANKED = Table(
    title="Recall & cost",
    header=("model", "kv", "MMLU % ↑", "s ↓", "n"),
    rows=(
        ("llama", "full", "50.0 [40.0, 60.0]", "-1.5", "1,000"),
        ("llama", "snapkv-50%", "49.0† [39.0, 59.0]", "0.5", "10"),
        ("qwen", "full", "-", "2.0", "10"),
    ),
    notes=("†: 5 of 15 verdicts missing",),
    spans=(None, None, "English", "English", None),
    ranks=(
        (None, None, "best", "best", None),
        (None, None, "second", "second", None),
        (None, None, None, None, None),
    ),
    numeric=(False, False, True, True, True),
)

HOSTILE = (
    "a|b",
    "*a* **b** _c_ `d` ~~e~~",
    "<script>alert(1)</script>",
    '& % $ # _ { } ~ ^ \\ < > | "',
    "\\input{/etc/passwd}",
    "[link](https://example.com) ![image](x)",
    "[x]",
    "*",
    "--x ''y'' ,,z ?`",
    "±1 † \N{MULTIPLICATION SIGN} ≤ β → ² \N{EN DASH} …",
    "你好 🎉 한국어 Möbius-naïve-ß Дом",
    "two\nlines\tand\ra tab",
    "&amp; &#42;",
    "[red]no markup[/red] \x1b[31mred",
    "-1",
    "=1+1",
    "",
)


def of_cells(*cells: str, title: str = "t", rank: Rank | None = None) -> Table:
    """Return a table with a row for each of `cells`, twice: as a name and as a number."""
    return Table(
        title=title,
        header=("name", "number"),
        rows=tuple((cell, cell) for cell in cells),
        ranks=tuple((None, rank) for _ in cells),
        numeric=(False, True),
    )
