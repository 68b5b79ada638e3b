"""`evalrun completion`: TAB in bash, zsh and fish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..runners.completion.grammar import Command, Parameter

# What the scripts call, followed by their question. It is no command: that Typer takes a command's
# arguments apart costs as much as everything else.
QUESTION = "__complete"


def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish")],
) -> None:
    """Print the script that teaches a shell to complete commands, recipes, options and keys.

    Examples, each for good:

    \b
      echo 'eval "$(evalrun completion bash)"' >> ~/.bashrc
      echo 'eval "$(evalrun completion zsh)"' >> ~/.zshrc     # below compinit
      evalrun completion fish > ~/.config/fish/completions/evalrun.fish
    """
    from ..runners.completion.scripts import script

    typer.echo(script(shell), nl=False)


def complete(app: typer.Typer, asked: list[str]) -> None:
    """Print the words that may stand at the cursor, a line each: `answer` says what is `asked`."""
    from ..runners.completion.answer import answer

    for line in answer(_command("evalrun", typer.main.get_command(app), bare="run"), asked):
        typer.echo(line)


def _command(name: str, command: Any, bare: str = "") -> Command:
    """Return a Typer command as completion sees it."""
    from ..runners.completion.grammar import Command, Parameter

    inner: dict[str, Any] = getattr(command, "commands", {})
    help_option = Parameter(name="help", flags=("--help",), takes_value=False, help="Say more.")
    return Command(
        name=name,
        help=command.get_short_help_str(limit=100),
        parameters=(*(_parameter(one) for one in command.params if not one.hidden), help_option),
        commands=tuple(_command(name, one) for name, one in inner.items() if not one.hidden),
        bare=bare,
    )


def _parameter(one: Any) -> Parameter:
    from ..runners.completion.grammar import Parameter

    is_option = one.param_type_name == "option"
    return Parameter(
        name=one.name,
        flags=(*one.opts, *one.secondary_opts) if is_option else (),
        takes_value=not getattr(one, "is_flag", False),
        many=one.nargs == -1 or getattr(one, "multiple", False),
        metavar=one.metavar or "",
        help=getattr(one, "help", None) or "",
    )
