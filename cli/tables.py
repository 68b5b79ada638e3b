"""`evalrun table`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Format


def table(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or folders that hold runs.")],
    form: Format = "md",
) -> None:
    """Print the table of one run, or of several side by side.

    Examples:

    \b
      evalrun table outputs/quickstart
      evalrun table RUN RUN --format csv
    """
    from ..runners.formats import table_of_folders

    typer.echo(table_of_folders(runs, form), nl=False)
