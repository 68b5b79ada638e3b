"""The `evalrun` command."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from ..core.errors import EXIT_FAILED, EvalrunError
from . import (
    agreement,
    cache,
    compare,
    completion,
    data,
    inspection,
    prefetch,
    report,
    running,
    search,
    sweep,
    tables,
)

app = typer.Typer(
    name="evalrun",
    help=(
        "Evaluation runs for language models, from recipe to table.\n\n"
        "\b\n"
        "evalrun recipe=quickstart                 KV-cache methods on a small model\n"
        "evalrun recipe=scbench model=llama3-8b    run, or resume the same run\n"
        "evalrun --multirun recipe=R kv=full,tova  every combination\n"
        "evalrun recipe=file benchmark.path=FILE   your own rows\n\n"
        "The form without a command is `evalrun run`."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(running.run)
app.command("ls")(inspection.ls)
app.command("show")(inspection.show)
app.command("doctor")(inspection.doctor)
app.command("fetch")(data.fetch)
app.command("prefetch")(prefetch.prefetch)
app.command("score")(data.score)
app.command("rescore")(data.rescore)
app.command("table")(tables.table)
app.add_typer(sweep.app, name="sweep")
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("view")(report.view)
app.command("agreement")(agreement.agreement)
app.command("search")(search.search)
app.command("cache")(cache.cache)
app.command("completion")(completion.completion)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"evalrun {version('evalrun')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Take the options that stand before any command."""


def main() -> None:
    """Run the command line and exit with its code."""
    arguments = sys.argv[1:]
    try:
        if arguments[:1] == [completion.QUESTION]:
            completion.complete(app, arguments[1:])
        else:
            app(with_run_command(arguments))
    except EvalrunError as error:
        _say(str(error), prefix="evalrun: ")
        sys.exit(error.exit_code)
    except Exception:  # the last resort, so that no secret reaches a traceback
        _say(traceback.format_exc())
        _say("this is a fault of evalrun: please report the lines above", prefix="evalrun: ")
        sys.exit(EXIT_FAILED)


def _say(text: str, *, prefix: str = "") -> None:
    from ..core.redact import redact_message

    for line in redact_message(text).splitlines():
        typer.echo(prefix + line, err=True)


def with_run_command(arguments: list[str]) -> list[str]:
    """Return `arguments` with `run` before them when they are the bare form."""
    bare = arguments and ("=" in arguments[0] or arguments[0] in running.FLAGS)
    return ["run", *arguments] if bare else arguments
