"""A planning task: objects, actions, where it begins and where it should end."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

# A predicate and its arguments: ("at", "car1", "port"). Arguments with "?" are parameters, and the
# predicate "=" says that two of them are the same.
Atom = tuple[str, ...]
State = frozenset[Atom]
# An action and its arguments: ("board", "car1", "port").
Step = tuple[str, ...]

EQUAL = "="
_ATOM = re.compile(r"\(\s*([^\s()]+(?:\s+[^\s()]+)*)\s*\)")


class Literal(msgspec.Struct, frozen=True):
    """An atom that is to hold, or with `negated` is not to."""

    atom: Atom
    negated: bool = False


Conjunction = tuple[Literal, ...]


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of an action, and the types any of which an object may have; none: any object."""

    name: str
    types: frozenset[str]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """An action with parameters. It is applicable where one of `preconditions` holds."""

    name: str
    parameters: tuple[Parameter, ...]
    preconditions: tuple[Conjunction, ...]
    adds: tuple[Atom, ...]
    deletes: tuple[Atom, ...]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A planning task in small letters.

    `objects` have their types with those above them, `predicates` their number of arguments.
    """

    objects: Mapping[str, frozenset[str]]
    predicates: Mapping[str, int]
    actions: Mapping[str, Action]
    init: State
    goal: tuple[Conjunction, ...]

    @property
    def fluents(self) -> frozenset[str]:
        """The predicates that some action changes."""
        effects = ((*action.adds, *action.deletes) for action in self.actions.values())
        return frozenset(atom[0] for atoms in effects for atom in atoms)


def parse_atom(text: str) -> tuple[str, ...] | None:
    """Return the parts of "(name argument ...)", in small letters; None if `text` is none."""
    found = _ATOM.fullmatch(text.strip().lower())
    return tuple(found[1].split()) if found else None


def atom_text(atom: tuple[str, ...]) -> str:
    """Return an atom or a step as PDDL writes it."""
    return f"({' '.join(atom)})"
