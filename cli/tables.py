"""`evalrun table`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Format, RecipeFolders


def table(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or folders that hold runs.")],
    layout: Annotated[
        str | None,
        typer.Option(
            "--layout", metavar="NAME|FILE.yaml", help="A table the recipe describes, or your own."
        ),
    ] = None,
    paper: Annotated[
        bool, typer.Option("--paper", help="Numbers that papers report beside those of the runs.")
    ] = False,
    form: Format = "auto",
    kv: Annotated[
        bool, typer.Option("--kv", help="KV methods: quality beside memory and latency.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="DIR", file_okay=False, help="Draw the runs, too."),
    ] = None,
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
    from ..runners.formats import check_format, rendered
    from ..runners.results import read_runs
    from ..runners.tables.shown import Choice, layout_hint, shown

    check_format(form)
    choice = Choice(kv=kv, layout=layout, paper=paper, recipes=tuple(recipes or ()))
    stored = read_runs(runs)
    result = shown(stored, choice)
    if plot is not None:
        from ..runners.plots.files import write_plots

        for path in write_plots(stored, plot):
            typer.echo(f"plot: {path}", err=True)
    typer.echo(rendered(result.tables, result.content, form), nl=False)
    hint = layout_hint(stored, choice)
    if hint is not None:
        typer.echo(hint, err=True)
