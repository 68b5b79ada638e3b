"""What may stand at the cursor of a command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ...core.errors import EvalrunError
from ..compose import Composer
from .agreement import agreement
from .grammar import Candidate, Command, Parameter, Place, flags, place
from .overrides import Overrides, options, overrides
from .paths import folders, paths, runs
from .scripts import SHELLS

# Keys of a command that are not of a configuration.
_BESIDE: Mapping[str, tuple[str, ...]] = {"score": ("rows", "predictions"), "search": ("search",)}

Source = Callable[[str, Place], Iterator[Candidate]]


def candidates(root: Command, words: Sequence[str], typed: str) -> list[Candidate]:
    """Return the words that `typed` may become after `words`, those after the program's name.

    They begin as `typed` does, and are in the order in which they are best shown.
    """
    found = _candidates(place(root, words), typed)
    return list({one.word: one for one in found if one.word.startswith(typed)}.values())


def _candidates(there: Place, typed: str) -> Iterator[Candidate]:
    awaited = there.awaited
    if awaited is not None and awaited.flags:
        yield from _values(awaited, there, typed)
    elif typed.startswith("-"):
        flag, equals, value = typed.partition("=")
        option = there.command.option(flag) if equals else None
        if option is None:
            bare = there.command.inner(there.command.bare)
            yield from (*flags(there), *(flags(Place(command=bare)) if bare else ()))
        elif option.takes_value:
            for one in _values(option, there, value):
                yield Candidate(f"{flag}={one.word}", one.help)
    elif there.command.commands:
        yield from _commands(there, typed)
    elif awaited is not None:
        yield from _values(awaited, there, typed)


def _commands(there: Place, typed: str) -> Iterator[Candidate]:
    """Yield the commands, and how the one begins whose name may be left out."""
    yield from (Candidate(one.name, one.help) for one in there.command.commands)
    bare = there.command.inner(there.command.bare)
    if bare is not None and typed:
        yield from _overrides(typed, Place(command=bare))
    elif bare is not None:
        yield Candidate("recipe=", "which recipe to run, or to resume")


def _values(parameter: Parameter, there: Place, typed: str) -> Iterator[Candidate]:
    """Yield what a parameter takes: by its name, else by what its metavar calls a path."""
    command = there.command.name
    source = _SOURCES.get(f"{command} {parameter.name}") or _SOURCES.get(parameter.name)
    if source is not None:
        yield from source(typed, there)
    elif "FILE" in parameter.metavar:
        yield from paths(typed)
    elif "DIR" in parameter.metavar:
        yield from folders(typed)


def _recipes(_: str, there: Place) -> Iterator[Candidate]:
    return options("recipe", _composer(there))


def _overrides(typed: str, there: Place) -> Iterator[Candidate]:
    beside = _BESIDE.get(there.command.name, ())
    return overrides(typed, Overrides(_composer(there), _given(there), beside))


def _given(there: Place) -> tuple[str, ...]:
    """Return the overrides before the cursor, a recipe or run named without a key as the first."""
    given = tuple(word for word in there.arguments if "=" in word)
    first = there.command.argument(0)
    if first is None or not there.arguments or "=" in there.arguments[0]:
        return given
    if first.name == "recipe":
        return (f"recipe={there.arguments[0]}", *given)
    if first.name == "run":
        return (*_recipe_of(Path(there.arguments[0])), *given)
    return given


def _recipe_of(run: Path) -> Iterator[str]:
    from ..folder import RunFolder

    try:
        yield f"recipe={RunFolder(run).read_config().recipe.name}"
    except EvalrunError:
        return


def _composer(there: Place) -> Composer:
    return Composer(tuple(Path(folder) for folder in there.values("recipes")))


def _shells(*_: object) -> Iterator[Candidate]:
    return (Candidate(shell) for shell in SHELLS)


def _kinds(*_: object) -> Iterator[Candidate]:
    from ..catalog import KINDS

    return (Candidate(kind) for kind in KINDS)


def _formats(*_: object) -> Iterator[Candidate]:
    from ..formats import FORMATS

    return (Candidate(name) for name in FORMATS)


def _runs(typed: str, _: Place) -> Iterator[Candidate]:
    return runs(typed)


def _agreement(typed: str, there: Place) -> Iterator[Candidate]:
    return agreement(typed, _composer(there), there.arguments)


# What each parameter takes, by its name in the signature of its command, or of any.
_SOURCES: Mapping[str, Source] = {
    "recipe": _recipes,
    "overrides": _overrides,
    "search arguments": _overrides,
    "agreement arguments": _agreement,
    "run": _runs,
    "runs": _runs,
    "first": _runs,
    "second": _runs,
    "kind": _kinds,
    "form": _formats,
    "shell": _shells,
}
