"""`evalrun ls`, `show` and `doctor`: what there is, and what would stop a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Outputs, Overrides, RecipeFolders


def ls(
    kind: Annotated[
        str,
        typer.Argument(
            help="recipes, agreements, models, kv, scorers, judges, sandboxes, protocols, "
            "plugins or runs"
        ),
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
    """Show one recipe, composed, with its card as comments before it.

    Example:

    \b
      evalrun show scbench model=llama3-8b kv=snapkv
    """
    from ..runners.cards.reading import read_card
    from ..runners.cards.summary import summary
    from ..runners.catalog import composed_yaml
    from ..runners.compose import Composer

    composer = Composer(tuple(recipes or ()))
    config = composer.compose([f"recipe={recipe}", *(overrides or [])])
    told = read_card(composer, recipe)
    if told is not None:
        typer.echo(summary(config, told.card) + "\n")
    typer.echo(composed_yaml(config))


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
