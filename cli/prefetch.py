"""`evalrun prefetch`: what runs read, brought to this machine before they start."""

from __future__ import annotations

from typing import Annotated

import typer

from ..core.errors import EXIT_OK, EXIT_USAGE
from .arguments import Overrides, RecipeFolders


def prefetch(
    overrides: Overrides = None,
    multirun: Annotated[
        bool,
        typer.Option("--multirun", "-m", help="Fetch for every combination of a,b,... values."),
    ] = False,
    recipes: RecipeFolders = None,
) -> None:
    """Fetch the data and weights of runs, so that they need no network for them.

    Official data, weights of all models that take part, and what KV methods and scorers read.
    What is there already is left as it is. Afterwards it says what would still stop the runs.

    Examples:

    \b
      evalrun prefetch recipe=scbench model=llama3-8b
      evalrun prefetch --multirun recipe=scbench model=llama3-8b,qwen2.5-7b kv=full,llmlingua2

    Exit codes: 0 all is there, 2 something is missing still.
    """
    from ..runners.compose import Composer
    from ..runners.console import show_table
    from ..runners.prefetch.command import prefetched

    configs = Composer(tuple(recipes or ())).expand(overrides or [], multirun=multirun)
    done = prefetched(configs, lambda line: typer.echo(line, err=True))
    if done.table.rows:
        show_table(done.table)
    for line in done.lines:
        typer.echo(line)
    raise typer.Exit(EXIT_OK if done.is_ready else EXIT_USAGE)
