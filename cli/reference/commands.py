"""The page of all commands, made of what `--help` says of each."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from ...runners.cards.markdown import code, paragraph, table

NOTICE = "<!-- Made of what `evalrun COMMAND --help` says by `make pages`: edit cli/. -->"
_ABOUT = (
    "`evalrun COMMAND --help` prints the same. Options may stand before, between or behind "
    "arguments; `KEY=VALUE` are overrides of the [configuration](configuration.md)."
)

# What keeps the lines of a paragraph as they stand in a help text.
_AS_IT_STANDS = "\b\n"
_PROGRAM = "evalrun"
_GOES_ON = re.compile(r"\n(['\"]?[\w.]+=)")


def commands_page(app: typer.Typer) -> str:
    """Return the page of the commands of `app`, those of its groups included."""
    root: Any = typer.main.get_command(app)
    commands = list(_commands(root, _PROGRAM))
    contents = [
        (f"[{code(name)}](#{_anchor(name)})", _summary(command)) for name, command in commands
    ]
    parts = [NOTICE, "# Commands", *_help(root), paragraph(_ABOUT)]
    parts.append(table(("command", "what it does"), contents))
    for name, command in commands:
        parts += _section(name, command)
    return "\n\n".join(parts) + "\n"


def _commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the commands of a group, and the groups in it with theirs, by their full names."""
    for own, command in group.commands.items():
        if command.hidden:
            continue
        full = f"{name} {own}"
        yield full, command
        if _is_group(command):
            yield from _commands(command, full)


def _section(name: str, command: Any) -> Iterator[str]:
    first, *rest = _help(command)
    rows = [(code(_shown(one)), _meaning(one)) for one in command.params]
    arguments = [_argument(one) for one in command.params if _is_argument(one)]
    options = ["[OPTIONS]"] if len(arguments) < len(rows) else []
    yield f"## {name}"
    yield first
    if not _is_group(command):
        yield _block([" ".join((name, *options, *arguments))])
    yield from rest
    if rows:
        yield table(("argument or option", "meaning"), rows)


def _is_group(command: Any) -> bool:
    return hasattr(command, "commands")


def _is_argument(parameter: Any) -> bool:
    return parameter.param_type_name == "argument"


def _shown(parameter: Any) -> str:
    """Return a parameter as it is written: `--port PORT`, `RUN`."""
    if _is_argument(parameter):
        return _argument(parameter)
    names = ", ".join(sorted(parameter.opts, key=len))
    return f"{names} {parameter.metavar}" if parameter.metavar else names


def _argument(parameter: Any) -> str:
    shown = parameter.metavar or parameter.name.upper()
    if parameter.nargs == -1 and not shown.endswith("..."):
        shown += "..."
    return shown if parameter.required or shown.startswith("[") else f"[{shown}]"


def _meaning(parameter: Any) -> str:
    """Return the help of a parameter, its default, and the variable that sets it."""
    told = [parameter.help or ""]
    default = parameter.default
    if isinstance(default, str | int | float | Path) and default not in (False, ""):
        told.append(f"Default: {code(str(default))}.")
    if parameter.envvar:
        told.append(f"Or the environment variable {code(parameter.envvar)}.")
    return " ".join(told)


def _help(command: Any) -> Iterator[str]:
    """Yield the paragraphs and blocks of a help text."""
    for part in (command.help or "").split("\n\n"):
        if part.startswith(_AS_IT_STANDS):
            lines = textwrap.dedent(part.removeprefix(_AS_IT_STANDS)).splitlines()
            yield _block(lines)
        else:
            yield paragraph(part)


def _block(lines: list[str]) -> str:
    """Return commands as a block; a line that begins with an override continues the one before."""
    return "\n".join(("```", _GOES_ON.sub(r" \\\n    \1", "\n".join(lines)), "```"))


def _summary(command: Any) -> str:
    return " ".join((command.help or "").split("\n\n")[0].split())


def _anchor(name: str) -> str:
    return name.replace(" ", "-")
