"""`evalrun fetch`, `score` and `rescore`: official data, and grading without generation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Format, Overrides, RecipeFolders


def fetch(
    recipe: Annotated[str, typer.Argument(help="The recipe whose data is wanted.")],
    overrides: Overrides = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Copy from a local folder, no network."),
    ] = None,
    recipes: RecipeFolders = None,
) -> None:
    """Fetch a recipe's official data at its pinned revision, with checksums.

    Examples:

    \b
      evalrun fetch scbench
      evalrun fetch scbench --from /data/SCBench
    """
    from ..runners.compose import Composer
    from ..runners.fetch import fetch_named

    composer = Composer(tuple(recipes or ()))
    typer.echo(fetch_named(composer, recipe, overrides or [], source))


def score(
    overrides: Overrides = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A JSONL line a prediction.")
    ] = None,
    form: Format = "auto",
    recipes: RecipeFolders = None,
) -> None:
    """Grade predictions made elsewhere: recipe=R rows=FILE predictions=FILE [key=value ...].

    Where a judge grades, its words stand beside each prediction as "judge_reply", or it is asked.

    Examples:

    \b
      evalrun score recipe=scbench benchmark.task=scbench_kv rows=kv.jsonl
      predictions=mine.jsonl --out graded.jsonl
      evalrun score recipe=file scorer=judge rows=rows.jsonl predictions=mine.jsonl
      judge=openai judge.name=NAME
    """
    from ..runners.compose import Composer
    from ..runners.grading import grade_command

    composer = Composer(tuple(recipes or ()))
    typer.echo(grade_command(composer, overrides or [], out, form), nl=False)


def rescore(
    run: Annotated[Path, typer.Argument(help="The run's folder.")],
    overrides: Overrides = None,
    recipes: RecipeFolders = None,
) -> None:
    """Grade a finished run again, without generation.

    Example:

    \b
      evalrun rescore outputs/scbench/smollm2/0123456789ab scorer.variant=fixed
    """
    from ..runners.compose import Composer
    from ..runners.console import Console
    from ..runners.folder import find_run
    from ..runners.grading import regrade

    folder = find_run(run)
    finished = regrade(folder, Composer(tuple(recipes or ())), overrides or [])
    Console(several=False, quiet=False).show(finished)
    raise typer.Exit(finished.exit_code)
