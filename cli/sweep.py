"""`evalrun sweep`: what became of runs that were submitted as jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK
from .arguments import Format
from .tables import Kv, LayoutName, Paper, Plot, print_tables

if TYPE_CHECKING:
    from ..runners.launch.sweep import SweepFolder

app = typer.Typer(
    help=(
        "What became of runs that were submitted as jobs.\n\n"
        "\b\n"
        "evalrun --multirun recipe=R model=x,y launcher=slurm   submits a sweep\n"
        "evalrun sweep status                                   how its jobs stand\n"
        "evalrun sweep wait && evalrun sweep table              its one table\n"
        "evalrun sweep retry launcher.timeout_min=240           what failed, once more\n\n"
        "DIR is a sweep folder, by default the latest below outputs/sweeps; `evalrun ls sweeps` "
        "lists them."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)

Outputs = Annotated[
    Path, typer.Option("--outputs", metavar="DIR", help="Where the latest sweep is looked for.")
]
Dir = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="The sweep folder; the latest by default.")
]
OUTPUTS = Path("outputs")
OneJob = Annotated[
    list[str], typer.Argument(metavar="[DIR] JOB", help="The sweep folder, and a job of it.")
]
JobsOption = Annotated[
    str | None, typer.Option("--jobs", metavar="LIST", help="Only these, such as 3,5-7.")
]


@app.command()
def status(
    folder: Dir = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every job, however many there are.")
    ] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only jobs that ended and are not complete.")
    ] = False,
    form: Format = "auto",
    outputs: Outputs = OUTPUTS,
) -> None:
    """Show how jobs stand: state, progress, and why one waits or failed.

    Of many jobs, those that are complete or wait are only counted.

    Examples:

    \b
      evalrun sweep status
      evalrun sweep status outputs/sweeps/scbench-20260102-030405 --failed
      evalrun sweep status --format json
    """
    from ..runners.formats import check_format, rendered
    from ..runners.launch.overview import read_overview
    from ..runners.launch.status_table import status_table

    check_format(form)
    overview = read_overview(_found(folder, outputs))
    table = status_table(overview, every=every, failed=failed)
    typer.echo(rendered([table], overview, form), nl=False)


@app.command()
def wait(
    folder: Dir = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="SECONDS", min=0, help="Give up waiting after so long."),
    ] = None,
    poll: Annotated[
        float, typer.Option("--poll", metavar="SECONDS", min=0.1, help="Look so often.")
    ] = 5.0,
    outputs: Outputs = OUTPUTS,
) -> None:
    """Wait until no job runs or waits any more.

    Exit codes: 0 all complete, 1 some are not, 130 interrupted; the jobs go on.

    Examples:

    \b
      evalrun sweep wait && evalrun sweep table
      evalrun sweep wait DIR --timeout 3600 --poll 30
    """
    from ..runners.launch.status_table import summary
    from ..runners.launch.waiting import wait_for

    sweep = _found(folder, outputs)
    try:
        overview = wait_for(sweep, poll_s=poll, timeout_s=timeout)
    except KeyboardInterrupt:
        typer.echo("the jobs go on; `evalrun sweep cancel` stops them", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    typer.echo(summary(overview), err=True)
    raise typer.Exit(EXIT_OK if set(overview.states) == {"complete"} else EXIT_FAILED)


@app.command()
def retry(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DIR] [launcher.KEY=VALUE]...",
            help="The sweep folder, and keys of the launcher that hold from now on.",
        ),
    ] = None,
    jobs: JobsOption = None,
    outputs: Outputs = OUTPUTS,
) -> None:
    """Submit again what is not complete and neither runs nor waits.

    What such a job had finished is kept. Failed samples are asked again.

    Examples:

    \b
      evalrun sweep retry
      evalrun sweep retry DIR launcher.timeout_min=240 launcher.partition=long
      evalrun sweep retry --jobs 3,5-7
    """
    from ..runners.launch.retry import as_jobs, parse_jobs, retry

    words = arguments or []
    overrides = [word for word in words if "=" in word]
    folders = [Path(word) for word in words if "=" not in word]
    if len(folders) > 1:
        raise typer.BadParameter(f"one sweep at a time, not {folders[1]} too")
    sweep = _found(folders[0] if folders else None, outputs)
    submitted = retry(sweep, overrides, parse_jobs(jobs) if jobs else None)
    typer.echo(f"submitted again: {as_jobs(submitted)}" if submitted else "nothing to submit again")


@app.command()
def cancel(folder: Dir = None, jobs: JobsOption = None, outputs: Outputs = OUTPUTS) -> None:
    """Stop jobs that run or wait; what they finished is kept, and `retry` goes on from there.

    Examples:

    \b
      evalrun sweep cancel
      evalrun sweep cancel DIR --jobs 3,5-7
    """
    from ..runners.launch.retry import as_jobs, cancel, parse_jobs

    stopped = cancel(_found(folder, outputs), parse_jobs(jobs) if jobs else None)
    typer.echo(f"cancelled: {as_jobs(stopped)}" if stopped else "no job runs or waits")


@app.command()
def table(
    folder: Dir = None,
    layout: LayoutName = None,
    paper: Paper = False,
    form: Format = "auto",
    kv: Kv = False,
    plot: Plot = None,
    outputs: Outputs = OUTPUTS,
) -> None:
    """Print the one table of all runs of a sweep, as far as they are; `evalrun table` of them all.

    Examples:

    \b
      evalrun sweep table
      evalrun sweep table DIR --paper --format tex > table.tex
    """
    from ..runners.formats import check_format
    from ..runners.launch.sweep_runs import read_sweep_runs
    from ..runners.tables.shown import Choice

    check_format(form)
    sweep = _found(folder, outputs)
    found = read_sweep_runs(sweep)
    choice = Choice(kv=kv, layout=layout, paper=paper, recipes=sweep.recipe_folders())
    print_tables(found.runs, choice, form, plot)
    for name in found.missing:
        typer.echo(f"no results so far: {name}", err=True)


@app.command()
def log(
    arguments: OneJob,
    outputs: Outputs = OUTPUTS,
) -> None:
    """Print what a job printed, every time it was started.

    Examples:

    \b
      evalrun sweep log 3
      evalrun sweep log DIR 3 | tail
    """
    from ..runners.launch.sweep import read_job_log

    sweep, index = _sweep_and_job(arguments, outputs)
    typer.echo(read_job_log(sweep, index), nl=False)


@app.command()
def run(
    arguments: OneJob,
    outputs: Outputs = OUTPUTS,
) -> None:
    """Do one job here and now, to see what goes wrong.

    Examples:

    \b
      evalrun sweep run 3
      evalrun sweep run DIR 3
    """
    from ..runners.launch.job import perform_here

    raise typer.Exit(perform_here(*_sweep_and_job(arguments, outputs)))


def _found(folder: Path | None, outputs: Path) -> SweepFolder:
    from ..runners.launch.sweep import find_sweep

    return find_sweep(folder, outputs)


def _sweep_and_job(arguments: list[str], outputs: Path) -> tuple[SweepFolder, int]:
    """Return the sweep and the job of `[DIR] JOB`."""
    if len(arguments) > 2 or not arguments[-1].isdigit():
        raise typer.BadParameter("should be [DIR] JOB, the job's number being the last")
    folder = Path(arguments[0]) if len(arguments) > 1 else None
    return _found(folder, outputs), int(arguments[-1])
