"""`evalrun report` and `evalrun view`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import RecipeFolders

Runs = Annotated[list[Path], typer.Argument(help="Run folders, or folders that hold runs.")]


def report(
    runs: Runs,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR|FILE.html", help="Where the report goes.")
    ] = Path("report"),
    title: Annotated[
        str | None, typer.Option("--title", metavar="TITLE", help="What the page is called.")
    ] = None,
    no_inputs: Annotated[
        bool, typer.Option("--no-inputs", help="Leave out questions, contexts and targets.")
    ] = False,
    recipes: RecipeFolders = None,
) -> None:
    """Write a report of runs: tables, plots and every reply, in a page that needs no server.

    `--out DIR` writes a folder whose index.html a browser opens from the disk; `--out FILE.html`
    one file that holds everything. Questions and targets are read from the benchmark's data, for
    as long as these are there and unchanged. An earlier report is replaced; nothing else is.

    Examples:

    \b
      evalrun report outputs/quickstart --out report
      evalrun report RUN RUN --out runs.html --title "Two models"
    """
    from ..runners.report.write import ReportOptions, write_report

    options = ReportOptions(title=title, inputs=not no_inputs, recipes=tuple(recipes or ()))
    written = write_report(runs, out, options)
    for note in written.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(written.page)


def view(
    runs: Runs,
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="PORT", min=0, max=65535, help="Where to listen; 0 is a free port."
        ),
    ] = 0,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Print the address, open no browser.")
    ] = False,
    recipes: RecipeFolders = None,
) -> None:
    """Show runs in a browser while they go on: the report, kept up to date.

    Serves this machine alone (127.0.0.1) until Ctrl-C, which ends it with exit code 0. Runs that
    begin below the folders appear by themselves.

    Examples:

    \b
      evalrun view outputs/quickstart
      evalrun view outputs --port 8000 --no-open
    """
    from ..runners.view.serve import serve

    folders = tuple(recipes or ())
    serve(runs, recipes=folders, port=port, browser=not no_open, tell=typer.echo)
