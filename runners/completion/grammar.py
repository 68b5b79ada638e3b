"""The commands of a program, and what the next word of a command line is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec


class Candidate(msgspec.Struct, frozen=True):
    """A whole word that may stand at the cursor, and what it means.

    A word that goes on ends in =, a dot or a slash.
    """

    word: str
    help: str = ""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """An option, which has `flags`, or an argument, which has none; `many` may be given."""

    name: str
    flags: tuple[str, ...] = ()
    takes_value: bool = True
    many: bool = False
    metavar: str = ""
    help: str = ""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command; `bare` is the inner one whose name can be left out."""

    name: str
    help: str = ""
    parameters: tuple[Parameter, ...] = ()
    commands: tuple[Command, ...] = ()
    bare: str = ""

    def inner(self, name: str) -> Command | None:
        """Return the command called `name` that this one has, if there is one."""
        return next((command for command in self.commands if command.name == name), None)

    def option(self, flag: str) -> Parameter | None:
        """Return the option that `flag` names, if there is one."""
        return next((one for one in self.parameters if flag in one.flags), None)

    def argument(self, index: int) -> Parameter | None:
        """Return the argument that stands at `index` among the arguments, if one may."""
        arguments = [one for one in self.parameters if not one.flags]
        if index < len(arguments):
            return arguments[index]
        return arguments[-1] if arguments and arguments[-1].many else None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the cursor stands: in `command`, after `arguments` and `options` (name, value).

    `awaited` is the option whose value is next, or else the argument, if one may stand there.
    """

    command: Command
    arguments: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    awaited: Parameter | None = None

    def values(self, option: str) -> list[str]:
        """Return what was given for the option called `option`."""
        return [value for name, value in self.options if name == option]


def place(root: Command, words: Sequence[str]) -> Place:
    """Return where a word after `words`, the finished ones after the program's name, stands."""
    command, rest = _command(root, list(words))
    arguments: list[str] = []
    options: list[tuple[str, str]] = []
    awaited: Parameter | None = None
    for word in rest:
        if awaited is not None:
            options.append((awaited.name, word))
            awaited = None
        elif word.startswith("-"):
            flag, _, value = word.partition("=")
            option = command.option(flag)
            if option is not None and (value or not option.takes_value):
                options.append((option.name, value))
            else:
                awaited = option
        else:
            arguments.append(word)
    return Place(
        command=command,
        arguments=tuple(arguments),
        options=tuple(options),
        awaited=awaited or command.argument(len(arguments)),
    )


def flags(place: Place) -> Iterator[Candidate]:
    """Yield the options that may still be given."""
    given = {name for name, _ in place.options}
    for option in place.command.parameters:
        if option.many or option.name not in given:
            yield from (Candidate(flag, option.help) for flag in option.flags)


def _command(root: Command, words: list[str]) -> tuple[Command, list[str]]:
    """Return the command that `words` name, and the words after its name."""
    command = root
    while words and command.commands:
        found = command.inner(words[0])
        if found is None:
            bare = command.inner(command.bare)
            return (bare, words) if bare and not command.option(words[0]) else (command, words)
        command, words = found, words[1:]
    return command, words
