"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="[KEY=VALUE]...", help="recipe=R model=M [kv=K] [key=value ...]"),
]
RecipeFolders = Annotated[
    list[Path] | None,
    typer.Option(
        "--recipes",
        metavar="DIR",
        envvar="EVALRUN_RECIPES",
        help="A folder of your own recipes, models, ... beside the shipped ones.",
    ),
]
Outputs = Annotated[Path, typer.Option("--outputs", metavar="DIR", help="Where runs lie.")]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="terminal, md, csv, json, tex or html; auto is terminal on one, else md.",
    ),
]
