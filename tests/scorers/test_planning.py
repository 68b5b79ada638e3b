"""Planning tasks read from PDDL: simulated, relaxed, and searched."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evalrun.core.errors import DataError
from evalrun.scorers.planning import decisions
from evalrun.scorers.planning.exploration import exploration
from evalrun.scorers.planning.reading import read_task
from evalrun.scorers.planning.relaxation import relaxation
from evalrun.scorers.planning.search import Outcome, search, with_section
from evalrun.scorers.planning.simulation import applicable, is_plan, preconditions, successor
from evalrun.scorers.planning.task import Literal, atom_text, parse_atom

for package in ("clingo", "kstar_planner", "pddl"):
    pytest.importorskip(package)

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "acpbench"
PACKED = FIXTURES / "dataset" / "app" / "test.gen.json.gz"
ROW = json.loads(gzip.decompress(PACKED.read_bytes()))[0]
DOMAIN, PROBLEM = ROW["PDDL_domain"], ROW["PDDL_problem"]
ROOMS = read_task(DOMAIN, PROBLEM)

SHORTEST = ("(go hall den)", "(take red den)", "(go den hall)", "(drop red hall)")

LOGIC = """(define (domain logic)
    (:requirements :adl :typing)
    (:types tool animal - object cat dog - animal)
    (:constants axe - tool)
    (:predicates (near ?x ?y) (sharp ?t - tool) (blunt ?t - tool) (done ?a - animal) (calm))
    (:action tell
        :parameters (?a - animal ?b - animal)
        :precondition (and (not (= ?a ?b)) (or (near ?a ?b) (sharp axe)) (calm))
        :effect (done ?a))
    (:action rest
        :parameters ()
        :precondition (not (calm))
        :effect (calm))
)"""
LOGIC_PROBLEM = """(define (problem p)
    (:domain logic)
    (:objects tom - cat rex - dog saw - tool)
    (:init (near tom rex) (blunt axe))
    (:goal (done tom))
)"""


def steps(*texts: str) -> list[tuple[str, ...]]:
    return [parse_atom(text) or () for text in texts]


# Reading


def test_a_task_has_objects_with_all_their_types() -> None:
    assert ROOMS.objects["red"] == {"box", "object"}
    task = read_task(LOGIC, LOGIC_PROBLEM)
    assert task.objects["tom"] == {"cat", "animal", "object"}
    assert task.objects["axe"] == {"tool", "object"}
    assert task.predicates == {"near": 2, "sharp": 1, "blunt": 1, "done": 1, "calm": 0}
    assert task.fluents == {"done", "calm"}


def test_preconditions_are_alternatives_of_literals() -> None:
    task = read_task(LOGIC, LOGIC_PROBLEM)
    different, calm = Literal(("=", "tom", "rex"), negated=True), Literal(("calm",))
    assert set(preconditions(task, ("tell", "tom", "rex"))) == {
        (different, Literal(("near", "tom", "rex")), calm),
        (different, Literal(("sharp", "axe")), calm),
    }
    assert task.actions["rest"].preconditions == ((Literal(("calm",), negated=True),),)


def test_names_are_read_in_small_letters() -> None:
    assert read_task(DOMAIN.upper(), PROBLEM.upper()) == ROOMS


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ("(define (domain rooms)", "PDDL cannot be read"),
        ("none", "PDDL cannot be read"),
        (DOMAIN.replace("(labelled ?b))", "(when (free) (labelled ?b)))"), "PDDL cannot be"),
    ],
)
def test_other_pddl_is_refused(domain: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_task(domain, PROBLEM)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("(go hall den)", ("go", "hall", "den")),
        ("( Go  HALL\nden )", ("go", "hall", "den")),
        ("(free)", ("free",)),
        ("()", None),
        ("go hall den", None),
        ("(go (hall) den)", None),
        ("None", None),
    ],
)
def test_atoms_are_parsed_and_written(text: str, parts: tuple[str, ...] | None) -> None:
    assert parse_atom(text) == parts
    if parts:
        assert parse_atom(atom_text(parts)) == parts


# Simulation


@pytest.mark.parametrize(
    ("step", "possible"),
    [
        ("(go hall den)", True),
        ("(go hall attic)", False),
        ("(take blue hall)", True),
        ("(take red hall)", False),
        ("(take hall blue)", False),
        ("(take blue)", False),
        ("(take blue hall hall)", False),
        ("(take green hall)", False),
        ("(fly hall den)", False),
        ("()", False),
    ],
)
def test_a_step_is_applicable_where_its_preconditions_hold(step: str, possible: bool) -> None:
    (parsed,) = steps(step)
    assert applicable(ROOMS, ROOMS.init, parsed) is possible
    assert (successor(ROOMS, ROOMS.init, parsed) is None) is not possible


def test_a_step_deletes_and_adds() -> None:
    after = successor(ROOMS, ROOMS.init, ("take", "blue", "hall"))
    assert after is not None
    assert after - ROOMS.init == {("carried", "blue")}
    assert ROOMS.init - after == {("box-in", "blue", "hall"), ("free",)}


def test_what_is_deleted_and_added_is_there() -> None:
    task = read_task(
        DOMAIN.replace("(not (in ?x)) (in ?y)", "(in ?y) (not (in ?x))"),
        PROBLEM.replace("(door hall den)", "(door hall hall)"),
    )
    assert successor(task, task.init, ("go", "hall", "hall")) == task.init


def test_alternatives_and_inequality_decide_what_is_applicable() -> None:
    task = read_task(LOGIC, LOGIC_PROBLEM)
    calm = successor(task, task.init, ("rest",))
    assert calm is not None
    assert successor(task, calm, ("rest",)) is None
    assert applicable(task, calm, ("tell", "tom", "rex"))
    assert not applicable(task, calm, ("tell", "rex", "tom"))
    assert not applicable(task, calm, ("tell", "tom", "tom"))
    assert applicable(task, calm | {("sharp", "axe")}, ("tell", "rex", "tom"))
    assert not applicable(task, calm, ("tell", "tom", "saw"))


def test_a_plan_can_be_applied_and_reaches_the_goal() -> None:
    assert is_plan(ROOMS, steps(*SHORTEST))
    assert is_plan(ROOMS, steps(*SHORTEST, "(go hall den)"))
    assert not is_plan(ROOMS, steps(*SHORTEST[:-1]))
    assert not is_plan(ROOMS, steps(*SHORTEST[1:]))
    assert not is_plan(ROOMS, [])


# Relaxation


def test_the_relaxation_reaches_what_needs_no_deletes() -> None:
    relaxed = relaxation(ROOMS)
    assert ("in", "den") in relaxed.facts
    assert ("in", "attic") not in relaxed.facts
    # Only if red were there and carried at the same time.
    assert ("swap", "red", "red", "den") in relaxed.steps
    assert ("go", "attic", "hall") not in relaxed.steps
    assert ROOMS.init <= relaxed.facts


def test_the_relaxation_knows_inequality_and_alternatives() -> None:
    task = read_task(LOGIC, LOGIC_PROBLEM)
    assert relaxation(task).steps == {("rest",), ("tell", "tom", "rex")}


def test_official_lists_of_applicable_actions_are_found(shared_data) -> None:
    rows = json.loads((shared_data / "acpbench_hard" / "app.dev.gen.json").read_text())
    assert len(rows) == 40
    for row in rows:
        task = read_task(row["PDDL_domain"], row["PDDL_problem"])
        found = {atom_text(s) for s in relaxation(task).steps if applicable(task, task.init, s)}
        assert found == {text.lower() for text in row["answer"]}


def first_inapplicable(row: dict) -> int | None:
    task = read_task(row["PDDL_domain"], row["PDDL_problem"])
    state = task.init
    for index, step in enumerate(row["question"].split('"')[1].strip("()").split(") (")):
        after = successor(task, state, tuple(step.lower().split()))
        if after is None:
            return index
        state = after
    return None


def test_official_first_inapplicable_actions_are_found(shared_data) -> None:
    rows = json.loads((shared_data / "acpbench_hard" / "val.dev.gen.json").read_text())
    assert [first_inapplicable(row) for row in rows] == [row["answer"] for row in rows]


# Search


def test_a_search_finds_the_length_of_the_shortest_plan() -> None:
    assert search(DOMAIN, PROBLEM, 5) == Outcome(length=4)
    assert search(DOMAIN, with_section(PROBLEM, ":goal", "(in hall)"), 5) == Outcome(length=0)


def test_a_search_proves_that_there_is_no_plan() -> None:
    goal = "(and (carried red) (carried blue))"
    assert search(DOMAIN, with_section(PROBLEM, ":goal", goal), 5) == Outcome(unsolvable=True)


def test_a_search_says_what_it_could_not_do() -> None:
    refused = search(DOMAIN, with_section(PROBLEM, ":goal", "(flown red)"), 5)
    assert refused.length is None
    assert not refused.unsolvable
    assert "Undeclared predicate: flown" in (refused.reason or "")


def test_a_search_ends_at_its_time_limit() -> None:
    # Twelve discs: the shortest plan has 4,095 steps.
    discs = [f"d{i}" for i in range(12)]
    domain = """(define (domain hanoi) (:requirements :strips)
        (:predicates (clear ?x) (on ?x ?y) (smaller ?x ?y))
        (:action move :parameters (?d ?from ?to)
            :precondition (and (smaller ?to ?d) (on ?d ?from) (clear ?d) (clear ?to))
            :effect (and (clear ?from) (on ?d ?to) (not (on ?d ?from)) (not (clear ?to)))))"""
    below = [*discs[1:], "p1"]
    stack = " ".join(f"(on {one} {other})" for one, other in zip(discs, below, strict=True))
    sizes = " ".join(
        f"(smaller {large} {small})"
        for i, small in enumerate(discs)
        for large in [*discs[i + 1 :], "p1", "p2", "p3"]
    )
    goal = stack.replace("p1", "p3")
    problem = f"""(define (problem h) (:domain hanoi) (:objects {" ".join(discs)} p1 p2 p3)
        (:init {stack} {sizes} (clear d0) (clear p2) (clear p3)) (:goal (and {goal})))"""
    outcome = search(domain, problem, 1)
    assert outcome == Outcome(reason="unverified: time limit")


def test_a_search_leaves_nothing_in_the_working_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    search(DOMAIN, PROBLEM, 5)
    assert Path.cwd() == tmp_path
    assert not list(tmp_path.iterdir())


def test_sections_are_replaced_whole() -> None:
    assert with_section("(a (:goal (and (b) (c))) d)", ":goal", "(e)") == "(a (:goal (e)) d)"
    for broken in ("(a)", "(a (:goal (b)"):
        with pytest.raises(DataError, match=":goal"):
            with_section(broken, ":goal", "(e)")


# Decisions


@pytest.mark.parametrize(
    ("fact", "outcome"),
    [
        ("(in hall)", Outcome(length=0)),
        ("(carried red)", Outcome(length=2)),
        ("(in attic)", Outcome(unsolvable=True, relaxed=True)),
        ("(in nowhere)", Outcome(unsolvable=True, relaxed=True)),
        ("(in red)", Outcome(unsolvable=True, relaxed=True)),
        # The planner knows types as predicates.
        ("(room hall)", Outcome(length=0)),
        ("(box hall)", Outcome(unsolvable=True)),
        ("none", Outcome(reason="no fact")),
    ],
)
def test_facts_are_reached_after_some_steps_or_never(fact: str, outcome: Outcome) -> None:
    assert decisions.reach_fact(DOMAIN, PROBLEM, fact, 5) == outcome


def test_facts_with_unknown_predicates_are_not_decided() -> None:
    for fact in ("(flown red)", "(in hall den)"):
        outcome = decisions.reach_fact(DOMAIN, PROBLEM, fact, 5)
        assert (outcome.length, outcome.unsolvable) == (None, False)


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        ("(go hall den)", Outcome(length=0)),
        ("(take red den)", Outcome(length=1)),
        ("(go attic hall)", Outcome(unsolvable=True, relaxed=True)),
        ("(swap red red den)", Outcome(unsolvable=True)),
        ("(fly hall den)", None),
        ("(go hall red)", None),
        ("none", None),
    ],
)
def test_steps_are_reached_after_some_steps_or_never(step: str, outcome: Outcome | None) -> None:
    assert decisions.reach_step(DOMAIN, PROBLEM, step, 5) == outcome


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        ("(GO hall den)", Outcome(length=3)),
        ("(take blue hall)", Outcome(length=4)),
        ("(go hall attic)", None),
        ("(take red den)", None),
        ("none", None),
    ],
)
def test_the_way_is_measured_after_a_step(step: str, outcome: Outcome | None) -> None:
    assert decisions.length_after(DOMAIN, PROBLEM, step, 5) == outcome


def test_plans_of_texts_are_checked() -> None:
    assert decisions.plan_works(DOMAIN, PROBLEM, SHORTEST)
    assert not decisions.plan_works(DOMAIN, PROBLEM, (*SHORTEST[:-1], "drop it"))


# Exploring


def explored(task):
    return exploration(task, relaxation(task).steps)


def test_exploring_tells_the_least_distance_of_facts_and_steps() -> None:
    found = explored(ROOMS)
    assert found.whole
    assert {atom: found.facts[atom] for atom in ROOMS.init} == dict.fromkeys(ROOMS.init, 0)
    distances = [found.steps[step] for step in steps(*SHORTEST)]
    assert distances == [0, 1, 1, 3]
    for step, distance in found.steps.items():
        outcome = decisions.reach_step(DOMAIN, PROBLEM, atom_text(step), 5)
        assert outcome == Outcome(length=distance)


def test_exploring_agrees_with_the_planner_on_every_fact() -> None:
    found = explored(ROOMS)
    for fact in relaxation(ROOMS).facts - ROOMS.init:
        goal = with_section(PROBLEM, ":goal", atom_text(fact))
        if found.facts.get(fact) is None:
            assert search(DOMAIN, goal, 5).unsolvable
        else:
            assert search(DOMAIN, goal, 5).length == found.facts[fact]


def test_exploring_heeds_what_must_not_hold_and_what_must_differ() -> None:
    logic = read_task(LOGIC, LOGIC_PROBLEM)
    found = explored(logic)
    assert found.whole
    assert found.facts[("calm",)] == 1
    assert found.steps[("rest",)] == 0
    assert found.steps[("tell", "tom", "rex")] == 1
    assert ("tell", "tom", "tom") not in found.steps


def test_exploring_ends_where_there_is_too_much_to_look_at(monkeypatch) -> None:
    monkeypatch.setattr("evalrun.scorers.planning.exploration._MOST_CHECKS", 0)
    found = explored(ROOMS)
    assert not found.whole
    assert set(found.facts) == ROOMS.init
    assert not found.steps
