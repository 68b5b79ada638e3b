"""Rows of HiBench made from a seed: structures by hand, answers checked another way."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.hibench.formula_rows import LEVELS, Setting, calculate_row, equivalent_row
from evalrun.benchmarks.hibench.formulas import (
    Operation,
    printed,
    random_formula,
    value_of,
    written,
)
from evalrun.benchmarks.hibench.tree_rows import SIZES, binary_row, normal_row
from evalrun.benchmarks.hibench.trees import (
    NO_EDGES,
    Tree,
    drawn,
    mirrored,
    random_binary_tree,
    random_tree,
    renumbered,
    traversal,
    with_child,
    without,
)
from evalrun.benchmarks.hibench.universities import (
    Level,
    Node,
    University,
    nonsense_twin,
    random_university,
    words,
)
from evalrun.benchmarks.hibench.university_rows import university_row

seeds = st.integers(0, 10_000)

#   0 -> 1 -> 3
#     -> 2
PLAIN = Tree(0, {0: ((1, ""), (2, "")), 1: ((3, ""),)})
#   4, on its right 3 with 2 on its left, on its left 1
SIDED = Tree(4, {4: ((3, "R"), (1, "L")), 3: ((2, "L"),)})


# Trees


def test_trees_are_drawn_as_edges_and_as_lines() -> None:
    assert drawn(PLAIN, "edge") == "0 -> 1, 1 -> 3, 0 -> 2"
    assert drawn(PLAIN, "hierarchy") == "   0\n    |-- 1\n    |   `-- 3\n    `-- 2"
    assert drawn(SIDED, "edge") == "4 -(R)-> 3, 3 -(L)-> 2, 4 -(L)-> 1"
    assert drawn(SIDED, "hierarchy") == "   4\n    |-(R)-3\n    |   `-(L)-2\n    `-(L)-1"
    assert drawn(Tree(5, {}), "edge") == drawn(Tree(5, {}), "hierarchy") == NO_EDGES


def test_relations_of_nodes() -> None:
    assert PLAIN.ancestors(3) == [1, 0]
    assert PLAIN.nodes(1) == [1, 3]
    assert PLAIN.common_ancestor(3, 2) == 0
    assert PLAIN.common_ancestor(3, 1) == 1
    assert PLAIN.height(0) == 3


def test_changes_of_trees() -> None:
    assert drawn(with_child(PLAIN, 3, 4), "edge") == "0 -> 1, 1 -> 3, 3 -> 4, 0 -> 2"
    assert drawn(without(PLAIN, 1), "edge") == "0 -> 3, 0 -> 2"
    assert drawn(without(PLAIN, 3), "edge") == "0 -> 1, 0 -> 2"
    assert drawn(without(Tree(0, {0: ((1, ""),)}), 1), "edge") == NO_EDGES
    assert drawn(mirrored(SIDED), "edge") == "4 -(L)-> 3, 3 -(R)-> 2, 4 -(R)-> 1"


def test_traversals() -> None:
    assert traversal(SIDED, "preorder") == [4, 1, 3, 2]
    assert traversal(SIDED, "inorder") == [1, 4, 2, 3]
    assert traversal(SIDED, "postorder") == [1, 2, 3, 4]


def test_balance_counts_heights_at_every_node() -> None:
    assert SIDED.is_balanced()
    assert not Tree(0, {0: ((1, "L"),), 1: ((2, "R"),)}).is_balanced()


@given(st.integers(1, 40), st.integers(1, 5), seeds)
def test_random_trees_have_the_size_and_degree_asked_for(size, degree, seed) -> None:
    tree = random_tree(size, degree, random.Random(seed))
    assert sorted(tree.nodes()) == list(range(size))
    assert all(len(children) <= degree for children in tree.children.values())
    assert tree.shape() == renumbered(tree, random.Random(seed)).shape()


@given(st.integers(1, 40), st.booleans(), seeds)
def test_random_binary_trees_have_one_child_a_side(size, balanced, seed) -> None:
    tree = random_binary_tree(size, random.Random(seed), balanced=balanced)
    assert sorted(tree.nodes()) == list(range(size))
    for children in tree.children.values():
        assert len({side for _, side in children}) == len(children)
    assert tree.is_balanced() or not balanced
    assert mirrored(mirrored(tree)) == tree
    assert traversal(mirrored(tree), "inorder") == traversal(tree, "inorder")[::-1]


def edges(text: str) -> set[tuple[str, str]]:
    return set(re.findall(r"(\d+) -(?:\([LR]\)-)?> (\d+)", text))


@given(st.sampled_from(sorted(SIZES)), seeds)
def test_answers_about_a_tree_follow_from_its_edges(difficulty, seed) -> None:
    row = normal_row(difficulty, 0, random.Random(seed))
    pairs = edges(row["edge_presentation"])
    parent = {child: above for above, child in pairs}
    asked = {key: re.findall(r"node (\d+)", row[f"{key}_Q"]) for key in ("leaf", "node_depth")}
    assert str(row["root_A"]) not in parent
    assert row["leaf_A"] == (asked["leaf"][0] not in parent.values())
    depth, node = 1, asked["node_depth"][0]
    while node in parent:
        depth, node = depth + 1, parent[node]
    assert row["node_depth_A"] == depth
    above, child = re.findall(r"node (\d+)", row["add_node_Q"])
    assert edges(row["add_node_A_E"]) == pairs | {(above, child)}
    gone = re.findall(r"node (\d+)", row["remove_node_Q"])[0]
    kept = {(parent[gone] if a == gone else a, c) for a, c in pairs if c != gone}
    assert edges(row["remove_node_A_E"]) == kept
    if "None" not in row["all_ancestor_A"]:
        low = re.findall(r"node (\d+)", row["all_ancestor_Q"])[0]
        assert row["all_ancestor_A"].split(", ")[0] == parent[low]


@given(st.sampled_from(sorted(SIZES)), st.booleans(), seeds)
def test_a_sequence_to_verify_is_that_of_one_order_alone(difficulty, balanced, seed) -> None:
    row = binary_row(difficulty, 0, random.Random(seed), balanced=balanced)
    named = {"preorder": "prefix", "inorder": "infix", "postorder": "postfix"}
    shown = re.search(r"\[[\d, ]+\]", row["traversal_order_verification_Q"])
    fits = [o for o, n in named.items() if str(row[f"{n}_traversal_A"]) == shown[0]]
    assert fits == [row["traversal_order_verification_A"]]


def test_unbalanced_trees_are_of_either_kind() -> None:
    rng = random.Random(0)
    answers = [binary_row("easy", i, rng, balanced=False)["balance_A"] for i in range(40)]
    assert {True, False} == set(answers)


# Formulas


def test_formulas_are_written_in_three_notations() -> None:
    formula = Operation("*", Operation("-", 1, Operation("-", 2, -3)), 4)
    assert written(formula, "infix") == "( 1 - ( 2 - -3 ) ) * 4"
    assert written(formula, "prefix") == "* - 1 - 2 -3 4"
    assert written(formula, "postfix") == "1 2 -3 - - 4 *"
    assert value_of(formula) == -16


def test_bases_of_powers_stand_in_parentheses_unless_they_are_plain() -> None:
    assert written(Operation("^", -2, 2), "infix") == "( -2 ) ^ 2"
    assert written(Operation("^", Operation("^", 2, 3), 2), "infix") == "( 2 ^ 3 ) ^ 2"
    assert written(Operation("^", 2, 3), "infix") == "2 ^ 3"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(12), "12"),
        (Fraction(7, 2), "3.5"),
        (Fraction(-1, 3), "-0.33"),
        (Fraction(-1, 1000), "0"),
        (Fraction(100), "100"),
    ],
)
def test_values_are_printed_without_needless_zeros(value, text) -> None:
    assert printed(value) == text


def by_stack(symbols: list[str]) -> Fraction:
    """Evaluate a postfix formula with a stack."""
    stack: list[Fraction] = []
    for symbol in symbols:
        if symbol in "+-*/^":
            right, left = stack.pop(), stack.pop()
            apply = {"+": left.__add__, "-": left.__sub__, "*": left.__mul__, "/": left.__truediv__}
            stack.append(left ** int(right) if symbol == "^" else apply[symbol](right))
        else:
            stack.append(Fraction(symbol))
    (value,) = stack
    return value


def from_infix(symbols: list[str]) -> list[str]:
    """Turn infix into postfix (shunting yard), operators of a strength being read from the left."""
    strength = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}
    out: list[str] = []
    waiting: list[str] = []
    for symbol in symbols:
        if symbol == "(":
            waiting.append(symbol)
        elif symbol == ")":
            while (top := waiting.pop()) != "(":
                out.append(top)
        elif symbol in strength:
            while waiting and strength.get(waiting[-1], 0) >= strength[symbol]:
                out.append(waiting.pop())
            waiting.append(symbol)
        else:
            out.append(symbol)
    return out + waiting[::-1]


@given(seeds, st.integers(0, 12))
def test_all_notations_are_of_the_same_formula(seed, length) -> None:
    values = [value for value in range(-9, 10) if value]
    formula = random_formula("+-*/^", values, length, random.Random(seed))
    postfix = written(formula, "postfix").split()
    assert from_infix(written(formula, "infix").split()) == postfix
    try:
        value = value_of(formula)
    except ZeroDivisionError:
        return
    assert by_stack(postfix) == value


@pytest.mark.parametrize("level", LEVELS)
@given(seed=seeds)
def test_results_are_values_and_equivalents_have_them(level, seed) -> None:
    setting = Setting(level, level, level)
    row = calculate_row(setting, "postfix", random.Random(seed))
    assert printed(by_stack(row["Formula"].split())) == row["Result"]
    pair = equivalent_row(setting, "postfix", "postfix", random.Random(seed))
    first, second = (by_stack(pair[key].split()) for key in ("Original", "Perturbed"))
    assert pair["Is_Equivalent"] == str(first == second)


# Universities

SMALL = University(
    Node(
        "U",
        "University",
        0,
        (
            Node("F1", "Faculty", 1, (Node("D1", "Department", 2, attributes={"Room": "12"}),)),
            Node("F2", "Faculty", 1, (Node("D2", "Department", 2, attributes={"Room": "34"}),)),
        ),
    ),
    (Level("Faculty", "Faculties", "{topic}"), Level("Department", "Departments", "{topic}")),
)


def test_a_university_is_nested_json() -> None:
    assert SMALL.as_json() == {
        "University": "U",
        "Faculties": [
            {"Faculty Name": "F1", "Departments": [{"Department Name": "D1", "Room": "12"}]},
            {"Faculty Name": "F2", "Departments": [{"Department Name": "D2", "Room": "34"}]},
        ],
    }


def asked(subtask: str) -> dict[str, str]:
    """Return the answers by question of many rows about the small university."""
    rows = [university_row(subtask, SMALL, random.Random(seed)) for seed in range(60)]
    return {row["question"]: row["answer"] for row in rows}


@pytest.mark.parametrize(
    ("subtask", "question", "answer"),
    [
        ("child_count", "How many Faculties belong to U?", "2"),
        ("node_depth", "At which depth is D2, if U is at depth 0?", "2"),
        ("level_count", "How many Departments are there in all of U?", "2"),
        ("node_attribute", "What stands under Room for D1?", "12"),
        ("level_nodes", "Name all Departments of U.", "D1, D2"),
        ("path_down_to_up", "How does one get from D1 up to U?", "D1 -> F1 -> U"),
        ("path_up_to_down", "How does one get from U down to D2?", "U -> F2 -> D2"),
        ("path_between_nodes", "How does one get from D1 to D2?", "D1 -> F1 -> U -> F2 -> D2"),
        ("path_between_nodes", "How does one get from F1 to D1?", "F1 -> D1"),
        ("path_between_nodes", "How does one get from D1 to F1?", "D1 -> F1"),
        (
            "shared_ancestor_same_level",
            "What is the smallest part that both D1 and D2 belong to?",
            "U",
        ),
        (
            "shared_ancestor_diff_level",
            "What is the smallest part that both F1 and D2 belong to?",
            "U",
        ),
    ],
)
def test_questions_about_a_university(subtask, question, answer) -> None:
    assert asked(subtask)[question] == answer


def test_parts_that_lie_within_each_other_are_not_asked_for_a_shared_one() -> None:
    questions = asked("shared_ancestor_diff_level")
    assert "What is the smallest part that both F1 and D1 belong to?" not in questions


def kinds(node: Node) -> Iterator[tuple[int, int]]:
    return ((one.depth, len(one.children)) for one in node.all())


@given(st.sampled_from(sorted(words().shapes)), seeds)
def test_a_twin_has_the_same_shape_and_no_name_in_common(size, seed) -> None:
    university = random_university(size, random.Random(seed))
    twin = nonsense_twin(university, random.Random(seed))
    assert list(kinds(university.top)) == list(kinds(twin.top))
    names = [node.name for node in university.top.all()]
    invented = [node.name for node in twin.top.all()]
    assert len(set(names)) == len(names) == len(set(invented))
    assert not set(names) & set(invented)
    assert twin.as_json().keys().isdisjoint(university.as_json())
