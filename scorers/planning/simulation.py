"""What actions do, one after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from .task import EQUAL, Action, Atom, Conjunction, Literal, Parameter, State, Step, Task


def is_step(task: Task, step: Step) -> bool:
    """Tell whether `step` is an action of the task with objects of the right types."""
    action = task.actions.get(step[0]) if step else None
    return (
        action is not None
        and len(action.parameters) == len(step) - 1
        and all(map(partial(fits, task), action.parameters, step[1:]))
    )


def applicable(task: Task, state: State, step: Step) -> bool:
    """Tell whether `step` is an action of the task that can be applied in `state`."""
    return is_step(task, step) and any(holds(state, one) for one in preconditions(task, step))


def successor(task: Task, state: State, step: Step) -> State | None:
    """Return the state after `step`: (state - deletes) | adds; None where it is not applicable."""
    if not applicable(task, state, step):
        return None
    adds, deletes = effects(task, step)
    return (state - deletes) | adds


def is_plan(task: Task, steps: Iterable[Step]) -> bool:
    """Tell whether `steps` can be applied one after another, and end where the goal holds."""
    state: State | None = task.init
    for step in steps:
        state = successor(task, state, step)
        if state is None:
            return False
    return any(holds(state, one) for one in task.goal)


def preconditions(task: Task, step: Step) -> tuple[Conjunction, ...]:
    """Return the preconditions of a step of the task, any of which is enough."""
    action = task.actions[step[0]]
    binding = _binding(action, step)
    return tuple(
        tuple(Literal(_bound(one.atom, binding), one.negated) for one in conjunction)
        for conjunction in action.preconditions
    )


def effects(task: Task, step: Step) -> tuple[State, State]:
    """Return the facts that a step of the task makes true, and those that it makes false."""
    action = task.actions[step[0]]
    binding = _binding(action, step)
    adds, deletes = (
        frozenset(_bound(atom, binding) for atom in atoms)
        for atoms in (action.adds, action.deletes)
    )
    return adds, deletes


def holds(state: State, conjunction: Conjunction) -> bool:
    """Tell whether all literals of `conjunction`, without parameters, hold in `state`."""
    return all(
        (literal.atom[1] == literal.atom[2] if literal.atom[0] == EQUAL else literal.atom in state)
        != literal.negated
        for literal in conjunction
    )


def fits(task: Task, parameter: Parameter, name: str) -> bool:
    """Tell whether `name` is an object of a type that `parameter` may have."""
    return name in task.objects and (
        not parameter.types or not parameter.types.isdisjoint(task.objects[name])
    )


def _binding(action: Action, step: Step) -> dict[str, str]:
    names = (parameter.name for parameter in action.parameters)
    return dict(zip(names, step[1:], strict=True))


def _bound(atom: Atom, binding: Mapping[str, str]) -> Atom:
    return (atom[0], *(binding.get(term, term) for term in atom[1:]))
