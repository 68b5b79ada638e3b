"""PDDL texts as planning tasks, by the package pddl."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from itertools import product
from typing import Any

from ...core.errors import DataError, MissingExtraError
from .task import EQUAL, Action, Atom, Conjunction, Literal, Parameter, Task


@lru_cache(maxsize=64)
def read_task(domain: str, problem: str) -> Task:
    """Return the task of a PDDL domain and problem, in small letters.

    Preconditions and goals may be made of `and`, `or`, `not` and `=`, effects of atoms that become
    true or false. Raises DataError for other PDDL, MissingExtraError.
    """
    parse_domain, parse_problem = _parsers()
    try:
        read_domain, read_problem = parse_domain(domain.lower()), parse_problem(problem.lower())
    except Exception as error:
        # The package raises errors of its own, of lark's, and plain ones.
        raise DataError(f"PDDL cannot be read: {error}") from None
    types = _types_above(read_domain.types)
    objects = (*read_domain.constants, *read_problem.objects)
    actions = map(_action, read_domain.actions)
    return Task(
        objects={_name(one): _all_types(one.type_tags, types) for one in objects},
        predicates={_name(one): one.arity for one in read_domain.predicates},
        actions={action.name: action for action in actions},
        init=frozenset(_atom(fact) for fact in read_problem.init),
        goal=_alternatives(read_problem.goal),
    )


@cache
def _parsers() -> tuple[Any, Any]:
    try:
        from pddl.parser.domain import DomainParser
        from pddl.parser.problem import ProblemParser
    except ImportError:
        raise MissingExtraError("reading PDDL", "planning") from None
    return DomainParser(), ProblemParser()


def _types_above(parents: Mapping[Any, Any]) -> dict[str, str | None]:
    return {str(name): None if above is None else str(above) for name, above in parents.items()}


def _all_types(tags: Iterable[Any], above: Mapping[str, str | None]) -> frozenset[str]:
    """Return types with all those above them; `object` is above all."""
    found = {"object"}
    waiting = [str(tag) for tag in tags]
    while waiting:
        name = waiting.pop()
        parent = above.get(name)
        if name not in found and parent is not None:
            waiting.append(parent)
        found.add(name)
    return frozenset(found)


def _action(action: Any) -> Action:
    effects = _conjuncts(action.effect)
    return Action(
        name=str(action.name),
        parameters=tuple(
            Parameter(_name(one), frozenset(map(str, one.type_tags))) for one in action.parameters
        ),
        preconditions=_alternatives(action.precondition),
        adds=tuple(effect.atom for effect in effects if not effect.negated),
        deletes=tuple(effect.atom for effect in effects if effect.negated),
    )


def _conjuncts(effect: Any) -> Conjunction:
    """Return the literals of an effect. Raises DataError when it depends on something."""
    alternatives = _alternatives(effect)
    if len(alternatives) != 1:
        raise DataError(f"an effect should be certain, found {effect}")
    return alternatives[0]


def _alternatives(formula: Any, *, negated: bool = False) -> tuple[Conjunction, ...]:
    """Return a formula in disjunctive normal form. Raises DataError for what it cannot hold."""
    from pddl.logic.base import And, Not, Or

    if formula is None:
        return ((),)
    if isinstance(formula, Not):
        return _alternatives(formula.argument, negated=not negated)
    if not isinstance(formula, And | Or):
        return ((Literal(_atom(formula), negated),),)
    parts = [_alternatives(part, negated=negated) for part in formula.operands]
    if isinstance(formula, Or) != negated:
        return tuple(conjunction for part in parts for conjunction in part)
    return tuple(sum(chosen, ()) for chosen in product(*parts))


def _atom(formula: Any) -> Atom:
    from pddl.logic.predicates import EqualTo, Predicate

    if isinstance(formula, EqualTo):
        return (EQUAL, _name(formula.left), _name(formula.right))
    if isinstance(formula, Predicate):
        return (_name(formula), *map(_name, formula.terms))
    raise DataError(f"PDDL cannot be used: {type(formula).__name__} {formula}")


def _name(term: Any) -> str:
    from pddl.logic.terms import Variable

    return f"?{term.name}" if isinstance(term, Variable) else str(term.name)
