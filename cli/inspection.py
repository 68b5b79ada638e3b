"""`evalrun ls`, `show` and `doctor`: what there is, and what would stop a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Outputs, Overrides, RecipeFolders


def ls(
    kind: Annotated[
        str,
        typer.Argument(help="recipes, agreements, models, kv, scorers, judges, protocols or runs"),
    ] = "",
    recipes: RecipeFolders = None,
    outputs: Outputs = Path("outputs"),
) -> None:
    """List what there is.

    Examples:

    \b
      evalrun ls
      evalrun ls runs --outputs DIR
    """
    from ..runners.catalog import kinds, listing
    from ..runners.compose import Composer
    from ..runners.console import show_table

    for one in kinds(kind):
        show_table(listing(Composer(tuple(recipes or ())), one, outputs))


def show(
    recipe: Annotated[str, typer.Argument(help="The recipe's name.")],
    overrides: Overrides = None,
    recipes: RecipeFolders = None,
) -> None:
    """Show one recipe, composed.

    Example:

    \b
      evalrun show scbench model=llama3-8b kv=snapkv
    """
    from ..runners.catalog import composed_yaml
    from ..runners.compose import Composer

    composer = Composer(tuple(recipes or ()))
    typer.echo(composed_yaml(composer.compose([f"recipe={recipe}", *(overrides or [])])))


def doctor(overrides: Overrides = None, recipes: RecipeFolders = None) -> None:
    """Say what would stop a run here, and how to mend it.

    Examples:

    \b
      evalrun doctor
      evalrun doctor recipe=scbench model=llama3-8b
    """
    from ..runners.compose import Composer
    from ..runners.console import show_table
    from ..runners.doctor import environment, examine

    show_table(environment())
    if overrides:
        problems = examine(Composer(tuple(recipes or ())).expand(overrides))
        for problem in problems:
            typer.echo(f"problem: {problem}")
        typer.echo("nothing would stop this run" if not problems else f"{len(problems)} to mend")
        raise typer.Exit(2 if problems else 0)
