"""`evalrun run`, the bare form."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import EXIT_INTERRUPTED
from .arguments import Overrides, RecipeFolders

if TYPE_CHECKING:
    from ..core.config import Config

FLAGS = ("--multirun", "-m", "--recipes", "--quiet", "-q")


def run(
    overrides: Overrides = None,
    multirun: Annotated[
        bool, typer.Option("--multirun", "-m", help="Run every combination of a,b,... values.")
    ] = False,
    recipes: RecipeFolders = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no tables.")] = False,
) -> None:
    """Run a recipe, or resume it: done rows are never asked again, failed ones are.

    Examples:

    \b
      evalrun recipe=scbench model=llama3-8b kv=snapkv run.limit=10
      evalrun recipe=scbench benchmark.task=scbench_kv protocol=multi_request
      evalrun recipe=file benchmark.path=rows.jsonl model=openai-compatible
      model.api_base=URL model.name=NAME
      evalrun --multirun recipe=quickstart kv=full,knorm
      evalrun --multirun recipe=scbench model=llama3-8b,qwen2.5-7b launcher=slurm
      launcher.partition=gpu
      evalrun recipe=file benchmark.path=rows.jsonl model=openai model.name=NAME run.dry=true

    Exit codes: 0 all done and scored, 1 finished with failed samples, 2 bad configuration or
    missing data, 130 interrupted (run again to resume).
    """
    from ..runners.compose import Composer
    from ..runners.launch.registry import launches_jobs
    from ..runners.selfcheck.null_model import with_null_models

    composed = Composer(tuple(recipes or ())).expand(overrides or [], multirun=multirun)
    configs = with_null_models(composed)
    jobs = launches_jobs(configs)
    if any(config.run.dry for config in configs):
        from ..runners.console import show_table
        from ..runners.dry.dry_run import dry_run

        show_table(dry_run(configs))
        return
    if jobs:
        _submit(configs, recipes or [])
        return
    raise typer.Exit(_run_here(configs, quiet=quiet))


def _run_here(configs: list[Config], *, quiet: bool) -> int:
    """Perform runs one after another in this process, and return the exit code."""
    from ..runners.batch import run_all
    from ..runners.console import Console

    console = Console(several=len(configs) > 1, quiet=quiet)
    try:
        code = run_all(
            configs,
            quiet=quiet,
            begun=console.begun,
            ended=console.ended,
            checked=console.checked,
        )
    except KeyboardInterrupt:
        # Before a run's own handler is in place, and after it.
        code = EXIT_INTERRUPTED
    console.conclude(configs[0].recipe.next_steps)
    return code


def _submit(configs: list[Config], recipes: list[Path]) -> None:
    """Submit runs as jobs, and say where they are to be found."""
    from ..runners.launch.submit import Asked, submit_sweep

    asked = Asked(tuple(sys.argv[1:]), tuple(map(str, recipes)))
    submitted = submit_sweep(configs, asked)
    typer.echo(f"sweep: {submitted.sweep.path}")
    for line in submitted.lines:
        typer.echo(line, err=True)
