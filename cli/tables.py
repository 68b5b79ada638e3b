"""`evalrun table`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .arguments import Format, RecipeFolders

if TYPE_CHECKING:
    from ..runners.results import StoredRun
    from ..runners.tables.shown import Choice


LayoutName = Annotated[
    str | None,
    typer.Option(
        "--layout", metavar="NAME|FILE.yaml", help="A table the recipe describes, or your own."
    ),
]
Paper = Annotated[
    bool, typer.Option("--paper", help="Numbers that papers report beside those of the runs.")
]
Kv = Annotated[bool, typer.Option("--kv", help="KV methods: quality beside memory and latency.")]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="DIR", file_okay=False, help="Draw the runs, too."),
]


def table(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or folders that hold runs.")],
    layout: LayoutName = None,
    paper: Paper = False,
    form: Format = "auto",
    kv: Kv = False,
    plot: Plot = None,
    recipes: RecipeFolders = None,
) -> None:
    """Print the table of one run, or of several side by side.

    `--plot DIR` writes what the runs have, each as SVG and PNG: kv_pareto, quality against the
    size of the cache and against latency; turns, quality turn by turn; needle, a map of lengths
    and depths.

    Examples:

    \b
      evalrun table outputs/quickstart
      evalrun table RUN RUN --format csv
      evalrun table RUN --layout NAME --format tex > table.tex
      evalrun table RUN --layout mine.yaml --format html > table.html
      evalrun table RUN --paper
      evalrun table outputs/quickstart --kv --plot plots
    """
    from ..runners.formats import check_format
    from ..runners.stored import read_runs
    from ..runners.tables.shown import Choice

    check_format(form)
    choice = Choice(kv=kv, layout=layout, paper=paper, recipes=tuple(recipes or ()))
    print_tables(read_runs(runs), choice, form, plot)


def print_tables(runs: Sequence[StoredRun], choice: Choice, form: str, plot: Path | None) -> None:
    """Print what is wanted of `runs`, and draw them in the folder `plot` if one is named."""
    from ..runners.formats import rendered
    from ..runners.tables.shown import layout_hint, shown

    result = shown(runs, choice)
    if plot is not None:
        from ..runners.plots.files import write_plots

        for path in write_plots(runs, plot):
            typer.echo(f"plot: {path}", err=True)
    typer.echo(rendered(result.tables, result.content, form), nl=False)
    hint = layout_hint(runs, choice)
    if hint is not None:
        typer.echo(hint, err=True)
