"""`evalrun table`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Format


def table(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or folders that hold runs.")],
    form: Format = "md",
    kv: Annotated[
        bool, typer.Option("--kv", help="KV methods: quality beside memory and latency.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="DIR", file_okay=False, help="Draw the runs, too."),
    ] = None,
) -> None:
    """Print the table of one run, or of several side by side.

    `--plot DIR` writes what the runs have, each as SVG and PNG: kv_pareto, quality against the
    size of the cache and against latency; turns, quality turn by turn; needle, a map of lengths
    and depths.

    Examples:

    \b
      evalrun table outputs/quickstart
      evalrun table RUN RUN --format csv
      evalrun table outputs/quickstart --kv --plot plots
    """
    from ..runners.formats import KV_METHODS, RESULTS, format_called
    from ..runners.results import read_runs

    write = format_called(form, KV_METHODS if kv else RESULTS)
    stored = read_runs(runs)
    if plot is not None:
        from ..runners.plots.files import write_plots

        for path in write_plots(stored, plot):
            typer.echo(f"plot: {path}", err=True)
    typer.echo(write([run.results for run in stored]), nl=False)
