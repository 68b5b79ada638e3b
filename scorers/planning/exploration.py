"""What is reached in a few steps, found by looking at all states in the order of their distance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from .simulation import effects, preconditions
from .task import EQUAL, Atom, State, Step, Task

# So many times it is asked whether a step is applicable in a state: a tenth of a second or so.
_MOST_CHECKS = 200_000


class Exploration(msgspec.Struct, frozen=True):
    """After how many steps, at the least, facts can hold and steps be applied.

    If it is `whole`, what is not in it can never be reached.
    """

    facts: Mapping[Atom, int]
    steps: Mapping[Step, int]
    whole: bool


class _Grounded(msgspec.Struct, frozen=True):
    """A step with the facts that must hold, or must not, in any of some ways; and its effects."""

    step: Step
    ways: tuple[tuple[State, State], ...]
    adds: State
    deletes: State

    def is_applicable(self, state: State) -> bool:
        return any(
            needed <= state and forbidden.isdisjoint(state) for needed, forbidden in self.ways
        )


def exploration(task: Task, steps: Iterable[Step]) -> Exploration:
    """Return what a breadth-first search reaches, of `steps` that may ever be applicable.

    It ends before a distance of which not all states can be looked at.
    """
    grounded = [_grounded(task, step) for step in sorted(steps)]
    facts = dict.fromkeys(task.init, 0)
    applied: dict[Step, int] = {}
    seen, states, distance, checks = {task.init}, [task.init], 0, 0
    while states:
        checks += len(states) * len(grounded)
        if checks > _MOST_CHECKS:
            return Exploration(facts, applied, whole=False)
        reached: list[State] = []
        for one, state in _transitions(states, grounded):
            applied.setdefault(one.step, distance)
            if state not in seen:
                seen.add(state)
                reached.append(state)
        states, distance = reached, distance + 1
        for state in states:
            for fact in state - facts.keys():
                facts[fact] = distance
    return Exploration(facts, applied, whole=True)


def _transitions(
    states: Iterable[State], grounded: Iterable[_Grounded]
) -> Iterator[tuple[_Grounded, State]]:
    for state in states:
        for one in grounded:
            if one.is_applicable(state):
                yield one, (state - one.deletes) | one.adds


def _grounded(task: Task, step: Step) -> _Grounded:
    ways: list[tuple[State, State]] = []
    for conjunction in preconditions(task, step):
        changing = [one for one in conjunction if one.atom[0] != EQUAL]
        equal = [one for one in conjunction if one.atom[0] == EQUAL]
        if all((one.atom[1] == one.atom[2]) != one.negated for one in equal):
            needed = frozenset(one.atom for one in changing if not one.negated)
            ways.append((needed, frozenset(one.atom for one in changing if one.negated)))
    adds, deletes = effects(task, step)
    return _Grounded(step, tuple(ways), adds, deletes)
