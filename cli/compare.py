"""`evalrun compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Format


def compare(
    first: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, or a folder that holds one run.")
    ],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="The run to set against it.")],
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="M", help="Instead of the one that stands for each task."),
    ] = None,
    form: Format = "auto",
) -> None:
    """Say which of two runs is better on the samples both have, and whether chance explains it.

    Verdicts are compared sample by sample; differences are second minus first, with 95% intervals
    and p-values, task by task and over all. The samples that changed most are listed to be looked
    at.

    Examples:

    \b
      evalrun compare RUN RUN
      evalrun compare outputs/scbench/llama3-8b outputs/scbench/llama3-8b+snapkv --metric f1
      evalrun compare RUN RUN --format json
    """
    from ..runners.comparison.shown import comparison_shown
    from ..runners.formats import check_format, rendered

    check_format(form)
    shown = comparison_shown(first, second, metric)
    typer.echo(rendered(shown.tables, shown.content, form), nl=False)
