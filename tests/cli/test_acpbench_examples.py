"""The worked examples of ACPBench's prompts are right, in all states of their small worlds."""

from __future__ import annotations

import pytest

from evalrun.benchmarks.acpbench.wording import Example, World, read_examples
from evalrun.scorers.acpbench.grammar import read_atoms, read_two_lists
from evalrun.scorers.planning import decisions
from evalrun.scorers.planning.reading import read_task
from evalrun.scorers.planning.relaxation import relaxation
from evalrun.scorers.planning.search import search
from evalrun.scorers.planning.simulation import applicable, holds, is_plan, successor
from evalrun.scorers.planning.task import Atom, State, Step, Task, atom_text, parse_atom

for package in ("lark", "pddl", "clingo", "kstar_planner"):
    pytest.importorskip(package)

EXAMPLES = read_examples()
both_worlds = pytest.mark.parametrize("name", list(EXAMPLES.worlds))


def example(task: str, name: str) -> tuple[Example, World, Task]:
    (found,) = (one for one in EXAMPLES.gen[task] if one.world == name)
    world = EXAMPLES.worlds[name]
    return found, world, read_task(world.domain, world.problem)


def steps_of(text: str) -> list[Step]:
    return [parse_atom(step) or () for step in read_atoms(text) or []]


def reached(task: Task, avoided: Atom | None = None) -> set[State]:
    """Return all states that can be reached without one in which `avoided` holds."""
    found, waiting = {task.init}, [task.init]
    while waiting:
        state = waiting.pop()
        for step in relaxation(task).steps:
            after = successor(task, state, step)
            if after is not None and after not in found and avoided not in after:
                found.add(after)
                waiting.append(after)
    return found


@both_worlds
def test_applicable_actions(name: str) -> None:
    shown, _, task = example("app", name)
    right = {step for step in relaxation(task).steps if applicable(task, task.init, step)}
    assert set(steps_of(shown.answer)) == right


@both_worlds
def test_an_action_that_is_never_applicable(name: str) -> None:
    shown, world, task = example("areach", name)
    (step,) = steps_of(shown.answer)
    assert not any(applicable(task, state, step) for state in reached(task))
    assert decisions.reach_step(world.domain, world.problem, shown.answer, 5) is not None


@both_worlds
def test_a_plan_without_an_action_or_a_pair(name: str) -> None:
    shown, _, task = example("just", name)
    plan, shorter = steps_of(shown.quoted), steps_of(shown.answer)
    assert is_plan(task, plan)
    assert is_plan(task, shorter)
    left_out = len(plan) - len(shorter)
    assert left_out in (1, 2)
    assert any(plan[:i] + plan[i + left_out :] == shorter for i in range(len(plan)))


@both_worlds
def test_a_fact_on_every_way_to_the_goal(name: str) -> None:
    shown, _, task = example("land", name)
    (fact,) = steps_of(shown.answer)
    assert fact not in task.init
    assert all(fact != literal.atom for goal in task.goal for literal in goal)
    assert any(holds(state, goal) for state in reached(task) for goal in task.goal)
    assert not any(holds(state, goal) for state in reached(task, fact) for goal in task.goal)


@both_worlds
def test_a_step_towards_the_goal(name: str) -> None:
    shown, world, _ = example("nexta", name)
    after = decisions.length_after(world.domain, world.problem, shown.answer, 5)
    now = search(world.domain, world.problem, 5).length
    assert now is not None
    assert after is not None
    assert after.length == now - 1


@both_worlds
def test_what_an_action_changes(name: str) -> None:
    shown, _, task = example("prog", name)
    step = {"lift": ("leave", "bob", "f1"), "kitchen": ("chop", "leek", "k1")}[name]
    after = successor(task, task.init, step)
    assert after is not None
    changes = [
        {atom_text(one) for one in facts} for facts in (after - task.init, task.init - after)
    ]
    assert [set(facts) for facts in read_two_lists(shown.answer) or ()] == changes


@both_worlds
def test_a_fact_that_never_holds(name: str) -> None:
    shown, _, task = example("reach", name)
    (fact,) = steps_of(shown.answer)
    assert task.predicates[fact[0]] == len(fact) - 1
    assert not any(fact in state for state in reached(task))


@both_worlds
def test_the_first_action_that_cannot_be_applied(name: str) -> None:
    shown, _, task = example("val", name)
    steps, index = steps_of(shown.quoted), int(shown.answer)
    state: State | None = task.init
    for step in steps[:index]:
        assert state is not None
        state = successor(task, state, step)
    assert state is not None
    assert not applicable(task, state, steps[index])
