"""Questions about planning tasks, answered exactly or not at all.

All arguments and answers can be pickled, so that they may be asked of other processes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from .exploration import Exploration, exploration
from .reading import read_task
from .relaxation import Relaxation, relaxation
from .search import Outcome, search, with_section
from .simulation import holds, is_plan, is_step, preconditions, successor
from .task import Conjunction, Literal, Step, Task, atom_text, parse_atom

# What is known without a search: something is so after no step, or never.
_NOW = Outcome(length=0)
_NEVER = Outcome(unsolvable=True, relaxed=True)


def plan_works(domain: str, problem: str, steps: tuple[str, ...]) -> bool:
    """Tell whether `steps`, each "(action object ...)", are a plan. Raises DataError."""
    parsed = [parse_atom(step) or () for step in steps]
    return is_plan(read_task(domain, problem), parsed)


@lru_cache(maxsize=4096)
def reach_fact(domain: str, problem: str, fact: str, limit_s: int) -> Outcome:
    """Return after how many steps "(predicate object ...)" can hold, or that it never can.

    The planner decides for `limit_s` seconds, on anything that neither the relaxation nor a look at
    the nearest states tells. It takes types for predicates, too, and refuses predicates that are
    not declared. Raises DataError.
    """
    task = read_task(domain, problem)
    atom = parse_atom(fact)
    if atom is None:
        return Outcome(reason="no fact")
    if task.predicates.get(atom[0]) == len(atom) - 1:
        if atom in task.init:
            return _NOW
        if atom not in _relaxation(domain, problem).facts:
            return _NEVER
        explored = _exploration(domain, problem)
        if explored.whole or atom in explored.facts:
            return _after(explored.facts.get(atom))
    return _search_goal(domain, problem, fact, limit_s)


@lru_cache(maxsize=4096)
def reach_step(domain: str, problem: str, step: str, limit_s: int) -> Outcome | None:
    """Return after how many steps "(action object ...)" is applicable, or that it never is.

    None for what is no action of the task. Raises DataError.
    """
    task = read_task(domain, problem)
    parsed = parse_atom(step)
    if parsed is None or not is_step(task, parsed):
        return None
    if parsed not in _relaxation(domain, problem).steps:
        return _NEVER
    explored = _exploration(domain, problem)
    if explored.whole or parsed in explored.steps:
        return _after(explored.steps.get(parsed))
    outcomes: list[Outcome] = []
    for needed in _changing_preconditions(task, parsed):
        goal = f"(and {' '.join(map(_literal_text, needed))})"
        outcomes.append(_search_goal(domain, problem, goal, limit_s))
    return min(outcomes, key=_preference)


@lru_cache(maxsize=4096)
def length_after(domain: str, problem: str, step: str, limit_s: int) -> Outcome | None:
    """Return how long the shortest plan is once "(action object ...)" was applied.

    None where it is not applicable. Raises DataError.
    """
    task = read_task(domain, problem)
    state = successor(task, task.init, parse_atom(step) or ())
    if state is None:
        return None
    facts = " ".join(atom_text(atom) for atom in sorted(state))
    return search(domain.lower(), with_section(problem.lower(), ":init", facts), limit_s)


@lru_cache(maxsize=64)
def _relaxation(domain: str, problem: str) -> Relaxation:
    return relaxation(read_task(domain, problem))


@lru_cache(maxsize=64)
def _exploration(domain: str, problem: str) -> Exploration:
    return exploration(read_task(domain, problem), _relaxation(domain, problem).steps)


def _after(steps: int | None) -> Outcome:
    """Return that something is so after so many steps; None: never."""
    return Outcome(unsolvable=True) if steps is None else Outcome(length=steps)


def _search_goal(domain: str, problem: str, goal: str, limit_s: int) -> Outcome:
    return search(domain.lower(), with_section(problem.lower(), ":goal", goal.lower()), limit_s)


def _changing_preconditions(task: Task, step: Step) -> Iterable[Conjunction]:
    """Yield what of the preconditions of `step` actions change, where the rest holds for good."""
    fluents = task.fluents
    for conjunction in preconditions(task, step):
        changing = tuple(one for one in conjunction if one.atom[0] in fluents)
        constant = tuple(one for one in conjunction if one.atom[0] not in fluents)
        if holds(task.init, constant):
            yield changing


def _literal_text(literal: Literal) -> str:
    text = atom_text(literal.atom)
    return f"(not {text})" if literal.negated else text


def _preference(outcome: Outcome) -> tuple[bool, bool, int]:
    """Order outcomes: the shortest plan first, then what is unknown, then that there is none."""
    return (outcome.length is None, outcome.unsolvable, outcome.length or 0)
