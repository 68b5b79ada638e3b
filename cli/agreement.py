"""`evalrun agreement`: whether benchmarks order models the same way."""

from __future__ import annotations

from typing import Annotated

import typer

from .arguments import Format, RecipeFolders


def agreement(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE]... [recipe=NAME] [KEY=VALUE]...",
            help="CSV files, folders of them, run folders; a recipe; its options.",
        ),
    ] = None,
    form: Format = "auto",
    recipes: RecipeFolders = None,
) -> None:
    """Compare benchmarks by how they order models; no model is asked.

    A CSV file has a column `model` and one of scores for each benchmark. Of run folders, every
    task, group and average is one.

    Examples:

    \b
      evalrun agreement recipe=benchbench
      evalrun agreement recipe=benchbench mine.csv n_models=0 --format csv
      evalrun agreement outputs/scbench outputs/longbench correlations=kendall,pearson
    """
    from ..runners.agreement.options import read_request
    from ..runners.agreement.study import studied
    from ..runners.agreement.tables import agreement_shown
    from ..runners.compose import Composer
    from ..runners.formats import check_format, rendered

    check_format(form)
    request = read_request(Composer(tuple(recipes or ())), arguments or [])
    shown = agreement_shown(studied(request))
    typer.echo(rendered(shown.tables, shown.content, form), nl=False)
