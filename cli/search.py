"""`evalrun search`: an architecture of several models that does well on a recipe."""

from __future__ import annotations

from typing import Annotated

import typer

from .arguments import Format, RecipeFolders


def search(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE]...", help="recipe=R model=M search=FILE [key=value ...]"
        ),
    ] = None,
    form: Format = "auto",
    recipes: RecipeFolders = None,
) -> None:
    """Search for a good Archon architecture, judged by a recipe's scorer.

    Models are ranked alone, architectures are tried on a share of the rows, and the best of them
    are tried on more. Each trial is a run like any other, so that the same command goes on where it
    was stopped. The winner is written as YAML, which protocol.arch takes.

    Examples:

    \b
      evalrun search recipe=archon model=openai model.name=gpt-4o-mini search=search.yaml
      evalrun search recipe=archon benchmark.task=gsm8k search=search.json
      model=openai model.name=gpt-4o 'protocol.models={claude: other}'
      roles.other=anthropic roles.other.name=claude-sonnet-4-5
    """
    from ..runners.compose import Composer
    from ..runners.formats import check_format, rendered
    from ..runners.search.options import read_request
    from ..runners.search.study import studied
    from ..runners.search.tables import study_content, study_tables

    check_format(form)
    request = read_request(arguments or [])
    config = Composer(tuple(recipes or ())).compose(request.overrides)
    study = studied(config, request.options, lambda line: typer.echo(line, err=True))
    typer.echo(rendered(study_tables(study), study_content(study), form), nl=False)
