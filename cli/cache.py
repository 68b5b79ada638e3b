"""`evalrun cache`: replies that are kept for other runs."""

from __future__ import annotations

from typing import Annotated

import typer


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove all replies.")] = False,
) -> None:
    """Say how many replies of APIs and servers are kept, and where, or remove them.

    A run that asks what was asked before, of the same model with the same settings, gets the reply
    from there. `run.cache=false` leaves the cache alone.

    Examples:

    \b
      evalrun cache
      evalrun cache --clear
    """
    from ..runners.reply_cache.file import clear_replies, contents, replies_folder

    folder = replies_folder()
    if clear:
        typer.echo(f"freed {_megabytes(clear_replies(folder))} in {folder}")
        return
    there = contents(folder)
    typer.echo(f"folder:  {folder}")
    typer.echo(f"replies: {there.replies:,}")
    typer.echo(f"size:    {_megabytes(there.size)}")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
