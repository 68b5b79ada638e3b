"""What could be reached if nothing ever became false: the delete relaxation, found by clingo."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ...core.errors import MissingExtraError
from .simulation import fits
from .task import EQUAL, Action, Atom, Literal, Parameter, State, Step, Task


class Relaxation(msgspec.Struct, frozen=True):
    """The facts that could ever hold, and the steps that could ever be applied."""

    facts: State
    steps: frozenset[Step]


def relaxation(task: Task) -> Relaxation:
    """Return what is reachable in the delete relaxation of `task`.

    What is not in it can never be reached; what is in it perhaps can (Hoffmann and Nebel 2001,
    section 3). It is the least model of a logic program: parameters have their types, and a step
    needs its preconditions, of which negated ones other than of equality are taken as met
    (Helmert 2009, section 6.1). Raises MissingExtraError.
    """
    try:
        import clingo
    except ImportError:
        raise MissingExtraError("telling what can be reached", "planning") from None
    names = _Names()
    control: Any = clingo.Control(["--warn=none"])
    control.add("base", [], "\n".join(_program(task, names)))
    control.ground([("base", [])])
    facts: set[Atom] = set()
    steps: set[Step] = set()
    for found in control.symbolic_atoms:
        kind, original = names.original(found.symbol.name)
        arguments = (argument.string for argument in found.symbol.arguments)
        if kind == "fact":
            facts.add((original, *arguments))
        elif kind == "step":
            steps.add((original, *arguments))
    return Relaxation(frozenset(facts), frozenset(steps))


class _Names:
    """Atoms of the logic program, whose predicates get names that clingo can read."""

    def __init__(self) -> None:
        self._short: dict[tuple[str, str], str] = {}
        self._original: dict[str, tuple[str, str]] = {}

    def atom(self, kind: str, name: str, terms: Iterable[str]) -> str:
        """Return an atom; `terms` are in the language of the program, `kind` a word of it."""
        short = self._short.setdefault((kind, name), f"{kind}_{len(self._short)}")
        self._original[short] = (kind, name)
        arguments = ",".join(terms)
        return f"{short}({arguments})" if arguments else short

    def original(self, short: str) -> tuple[str, str]:
        """Return the kind and the name that `short` stands for."""
        return self._original[short]


def _program(task: Task, names: _Names) -> Iterator[str]:
    parameters = (one for action in task.actions.values() for one in action.parameters)
    for parameter in {_domain(one): one for one in parameters}.values():
        for name in filter(lambda name: fits(task, parameter, name), task.objects):
            yield f"{names.atom('domain', _domain(parameter), [_quoted(name)])}."
    for atom in task.init:
        yield f"{_fact(atom, {}, names)}."
    for action in task.actions.values():
        yield from _rules(action, names)


def _rules(action: Action, names: _Names) -> Iterator[str]:
    """Yield when the steps of `action` are reached, and what they add."""
    variables = {one.name: f"V{index}" for index, one in enumerate(action.parameters)}
    step = names.atom("step", action.name, variables.values())
    domains = [
        names.atom("domain", _domain(one), [variables[one.name]]) for one in action.parameters
    ]
    for conjunction in action.preconditions:
        needed = ", ".join([*domains, *_needed(conjunction, variables, names)])
        yield f"{step} :- {needed}."
    for atom in action.adds:
        yield f"{_fact(atom, variables, names)} :- {step}."


def _needed(
    conjunction: Iterable[Literal], variables: Mapping[str, str], names: _Names
) -> Iterator[str]:
    for literal in conjunction:
        if literal.atom[0] == EQUAL:
            left, right = (_term(term, variables) for term in literal.atom[1:])
            yield f"{left} {'!=' if literal.negated else '='} {right}"
        elif not literal.negated:
            yield _fact(literal.atom, variables, names)


def _fact(atom: Atom, variables: Mapping[str, str], names: _Names) -> str:
    return names.atom("fact", atom[0], (_term(term, variables) for term in atom[1:]))


def _domain(parameter: Parameter) -> str:
    """Return a name for the objects that a parameter may be."""
    return " ".join(sorted(parameter.types))


def _term(term: str, variables: Mapping[str, str]) -> str:
    return variables.get(term) or _quoted(term)


def _quoted(name: str) -> str:
    return json.dumps(name)
