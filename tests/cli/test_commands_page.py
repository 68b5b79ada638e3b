"""The page of commands says what `--help` says, readably."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
import typer

from evalrun.cli.reference.commands import commands_page


@pytest.fixture(scope="module")
def page() -> str:
    """Return the page of an app with a command, a group with one, and a hidden command."""
    app = typer.Typer(help="Counts things.", rich_markup_mode=None)
    group = typer.Typer(rich_markup_mode=None, help="Many counts at once.\n\nThey share a folder.")

    @app.command("count")
    def count(
        things: Annotated[list[Path], typer.Argument(help="What is counted.")],
        other: Annotated[str, typer.Argument(metavar="[OTHER]")] = "",
        base: Annotated[
            int, typer.Option("--base", "-b", metavar="N", help="Of the numbers.")
        ] = 10,
        form: Annotated[
            str, typer.Option("--as", metavar="A|B", envvar="AS", help="How it is printed.")
        ] = "A",
        loud: Annotated[bool, typer.Option("--loud", help="Say each number.")] = False,
    ) -> None:
        """Count things in
        whatever base.

        Examples:

        \b
          evalrun count stones
          evalrun count recipe=scbench
          model=smollm2 'roles.judge=openai'

        The last words.
        """

    @group.command("status")
    def status() -> None:
        """Say how far it is."""

    @group.command("secret", hidden=True)
    def secret() -> None:
        """Do something else."""

    app.add_typer(group, name="sweep")
    return commands_page(app)


def test_every_command_has_a_section_and_a_line_in_the_contents(page: str) -> None:
    assert "| [`evalrun count`](#evalrun-count) " in page
    assert "| Count things in whatever base. |" in page
    assert "\n## evalrun count\n" in page


def test_commands_of_groups_are_told_by_their_full_name(page: str) -> None:
    assert "\n## evalrun sweep\n\nMany counts at once.\n\nThey share a folder.\n" in page
    assert "\n## evalrun sweep status\n\nSay how far it is.\n" in page


def test_hidden_commands_are_not_told(page: str) -> None:
    assert "secret" not in page


def test_the_usage_names_the_arguments(page: str) -> None:
    assert "\n```\nevalrun count [OPTIONS] THINGS... [OTHER]\n```\n" in page


def test_examples_are_blocks_with_commands_continued_over_lines(page: str) -> None:
    assert (
        "\n```\nevalrun count stones\nevalrun count recipe=scbench \\\n"
        "    model=smollm2 'roles.judge=openai'\n```\n" in page
    )
    assert "\nThe last words.\n" in page


def test_arguments_and_options_are_told_with_their_defaults(page: str) -> None:
    rows = [" ".join(line.split()) for line in page.splitlines() if line.startswith("| `")]
    assert "| `THINGS...` | What is counted. |" in rows
    assert "| `-b, --base N` | Of the numbers. Default: `10`. |" in rows
    assert (
        "| `--as A\\|B` | How it is printed. Default: `A`. Or the environment variable `AS`. |"
        in rows
    )
    assert "| `--loud` | Say each number. |" in rows
