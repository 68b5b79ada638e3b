"""How HiBench compares answers, worked by hand from the authors' evaluators, and strictly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.hibench import HiBenchOptions, HiBenchScorer
from evalrun.scorers.hibench.drawings import edges_of
from evalrun.scorers.hibench.official import MATCHERS, extracted, refined
from evalrun.scorers.hibench.scorer import rules
from evalrun.scorers.hibench.strict import COMPARISONS, value_in

OFFICIAL = HiBenchScorer(HiBenchOptions())
STRICT = HiBenchScorer(HiBenchOptions(variant="strict"))

DRAWN = "   0\n    |-- 1\n    |   `-- 3\n    `-- 2"
# As JSON writes line breaks, and with no room before the root.
ESCAPED = "0\\n|-- 1\\n|   `-- 3\\n`-- 2"
MIRROR = "   4\n    |-(R)-3\n    |   `-(L)-2\n    `-(L)-1"


@pytest.fixture
def both(grade_sample):
    """Return a function that gives the official and the strict accuracy of a reply."""

    def both(task: str, reply: str, target: Any, mode: str | None = None) -> tuple[float, float]:
        labels = {"input_mode": mode} if mode else {}
        sample = Sample(id="s", task=task, turns=(Turn(query="?", target=target),), labels=labels)
        found = [grade_sample(scorer, sample, [reply]) for scorer in (OFFICIAL, STRICT)]
        assert all(score.status != "scorer_error" for score in found)
        return found[0].scores["accuracy"], found[1].scores["accuracy"]

    return both


# Finding the answer officially


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ('{"answer": 1}', "1"),
        ("{ 'Answer' = 1 }", "1"),
        ("{answer:1, 2, 3}", "1, 2, 3"),
        ('{"answer": "a\nb"}', '"a\nb"'),
        ("{'answer': 'a} b'}", "'a} b"),
        # What is not in quotes ends with its line, and a single quote needs no second one.
        ("{answer: a\nb}", "a"),
        ("{answer: 'a\nb}", "'a\nb}"),
        ('{"answer": "a}', '"a'),
        # The first answer counts.
        ('{"answer": 1} no: {"answer": 2}', "1"),
        ('{"answer": ""}', '""'),
        ('{"answer": }', None),
        ('{"answer":', None),
        ('"answer": 1', None),
        ('{"result": 1}', None),
        ('{"the answer": 1}', None),
        ("1", None),
        ("", None),
    ],
)
def test_the_official_answer_stands_behind_the_first_key(reply, value) -> None:
    assert extracted(reply) == value


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("  A  b\n c ", "a b c"),
        ('"12"', "12"),
        ("-12", "12"),
        ("1.2", "12"),
        ("- 12", " 12"),
        ("O(n^2)", "on2"),
        ("1 -(L)-> 2, 3", "1 l 2, 3"),
        ("né", "n"),
    ],
)
def test_letters_digits_commas_and_spaces_are_left(text, left) -> None:
    assert refined(text) == left


# Answers, officially and strictly


@pytest.mark.parametrize(
    ("task", "reply", "target", "official", "strict"),
    [
        # Numbers: as strings, or part of a string, officially.
        ("json_child_count", '{"answer": 3}', "3", 1, 1),
        ("json_child_count", '{"answer": "3"}', "3", 1, 1),
        ("json_child_count", '{"answer": 3.0}', "3", 0, 1),
        ("json_child_count", '{"answer": -3}', "3", 1, 0),
        ("json_child_count", '{"answer": 13}', "3", 0, 0),
        ("json_level_count", '{"answer": 2}', 2, 1, 1),
        ("json_node_depth", '{"answer": 12}', "1", 0, 0),
        ("normal_node_depth", '{"answer": 12}', 1, 1, 0),
        ("normal_root", '{"answer": 0}', 0, 1, 1),
        ("normal_root", '{"answer": null}', 0, 0, 0),
        ("normal_common_ancestor", '{"answer": "node 4"}', 4, 1, 1),
        ("formula_calculate", '{"answer": -25.93}', "-25.93", 1, 1),
        ("formula_calculate", '{"answer": 25.93}', "-25.93", 1, 0),
        ("formula_calculate", '{"answer": 12.0}', "12", 0, 1),
        ("formula_calculate", '{"answer": 12}', "1.2", 1, 0),
        ("formula_calculate", '{"answer": 3.333}', "3.33", 0, 1),
        ("formula_calculate", '{"answer": 3.34}', "3.33", 0, 0),
        # Truth.
        ("normal_leaf", '{"answer": true}', True, 1, 1),
        ("normal_leaf", '{"answer": "it is not true"}', True, 1, 0),
        ("normal_isomorphic", '{"answer": False}', False, 1, 1),
        ("binary_balance", '{"answer": yes}', True, 0, 1),
        ("formula_equivalent", '{"answer": "True"}', "True", 1, 1),
        ("formula_equivalent", '{"answer": "False"}', "True", 0, 0),
        # Lists.
        ("binary_prefix_traversal", '{"answer": 2, 0, 1}', [2, 0, 1], 1, 1),
        ("binary_prefix_traversal", '{"answer": [2, 0, 1]}', [2, 0, 1], 1, 1),
        ("binary_prefix_traversal", '{"answer": 0, 1, 2}', [2, 0, 1], 1, 0),
        ("binary_infix_traversal", '{"answer": 0}', [2, 0, 1], 1, 0),
        ("binary_postfix_traversal", '{"answer": 2, 0, 1, 3}', [2, 0, 1], 1, 0),
        ("binary_postfix_traversal", '{"answer": 1, 2}', [2, 0, 1], 0, 0),
        # Sorted as strings: 10 before 9.
        ("binary_infix_traversal", '{"answer": 10}', [9, 10], 1, 0),
        ("binary_infix_traversal", '{"answer": 9}', [9, 10], 0, 0),
        ("normal_all_ancestor", '{"answer": 0, 4}', "4, 0", 1, 1),
        ("normal_all_ancestor", '{"answer": 0}', "4, 0", 1, 0),
        ("normal_all_ancestor", '{"answer": None}', "None", 1, 1),
        ("normal_all_ancestor", '{"answer": null}', "None", 0, 1),
        ("normal_all_children", '{"answer": []}', "None", 0, 1),
        ("normal_all_children", '{"answer": None}', "1, 2", 0, 0),
        ("json_level_nodes", '{"answer": "B b, A a"}', "A a, B b", 1, 1),
        ("json_level_nodes", '{"answer": ["A a", "B b"]}', "A a, B b", 1, 1),
        ("json_level_nodes", '{"answer": "A a"}', "A a, B b", 1, 0),
        # Words and ways.
        ("binary_traversal_order_verification", '{"answer": Preorder}', "preorder", 1, 1),
        ("binary_traversal_order_verification", '{"answer": no preorder}', "preorder", 1, 0),
        ("json_node_attribute", '{"answer": "room 12"}', "12", 1, 0),
        ("json_shared_ancestor_same_level", '{"answer": "faculty of A"}', "Faculty of A", 1, 1),
        ("json_path_up_to_down", '{"answer": "A -> B"}', "A -> B", 1, 1),
        ("json_path_up_to_down", '{"answer": "A→B"}', "A -> B", 0, 1),
        ("json_path_down_to_up", '{"answer": "x A -> B"}', "A -> B", 1, 0),
        ("json_path_between_nodes", '{"answer": "B -> A"}', "A -> B", 0, 0),
        # Formulas: the official matcher sees numbers only.
        ("formula_convert", '{"answer": "1 2 + 3 *"}', "1 2 + 3 *", 1, 1),
        ("formula_convert", '{"answer": "12+3*"}', "1 2 + 3 *", 1, 0),
        ("formula_convert", '{"answer": "1 2 - 3 /"}', "1 2 + 3 *", 1, 0),
        ("formula_convert", '{"answer": "(1+2)*3"}', "( 1 + 2 ) * 3", 1, 1),
        # Complexities.
        ("code_TimeComplexity", '{"answer": O(n^2)}', "O(n^2)", 1, 1),
        ("code_TimeComplexity", '{"answer": O(n2)}', "O(n^2)", 1, 0),
        ("code_TimeComplexity", '{"answer": O(n log n)}', "O(n)", 1, 0),
        ("code_TimeComplexity", '{"answer": O(n log n)}', "O(nlogn)", 1, 1),
        ("code_TimeComplexity", '{\n"answer":\n"O(m\n* n)"}', "O(m * n)", 1, 1),
        ("code_SpaceComplexity", '{"answer": O(mn)}', "O(m * n)", 1, 1),
        ("code_SpaceComplexity", '{"answer": O(r)}', "O(r), r is the range", 0, 1),
        # Papers: shares.
        ("paper_contextual_qa", '{"answer": "12 lamps"}', "{answer:['12 lamps']}", 1, 1),
        ("paper_contextual_qa", '{"answer": "a, b"}', "{answer:['a, c']}", 0.5, 0.5),
        ("paper_contextual_qa", '{"answer": "a, b, c, d"}', "{answer:['a']}", 1, 0.4),
        ("paper_disordered_section", '{"answer": "B, A"}', "{answer:['A', 'B']}", 1, 0),
        ("paper_disordered_section", '{"answer": A}', "{answer:['A', 'B']}", 0.5, 0),
        # An answer without the key ends the official code in an error.
        ("paper_disordered_section", '{"answer": A}', "A, B", 0.5, 0),
        ("paper_outline_extraction", '{"answer": "A\nB"}', "{answer:['A\\nB']}", 1, 1),
        ("paper_outline_extraction", '{"answer": "A\\nB"}', "{answer:['A', 'B']}", 1, 1),
        ("paper_outline_extraction", '{"answer": "B, A"}', "{answer:['A\\nB']}", 1, 0),
        ("paper_outline_extraction", "no outline", "{answer:['A']}", 0, 0),
    ],
)
def test_answers(both, task, reply, target, official, strict) -> None:
    assert both(task, reply, target) == (official, pytest.approx(strict))


@pytest.mark.parametrize(
    ("task", "mode", "reply", "target", "official", "strict"),
    [
        ("normal_add_node", "edge", '{"answer": 0 -> 1, 0 -> 2}', "0 -> 1, 0 -> 2", 1, 1),
        ("normal_add_node", "edge", '{"answer": 0 -> 2, 0 -> 1}', "0 -> 1, 0 -> 2", 1, 1),
        ("normal_add_node", "edge", '{"answer": 0 -> 1}', "0 -> 1, 0 -> 2", 1, 0),
        ("normal_add_node", "edge", '{"answer": 01, 02}', "0 -> 1, 0 -> 2", 1, 0),
        ("normal_add_node", "edge", '{"answer": 1 -> 0, 0 -> 2}', "0 -> 1, 0 -> 2", 0, 0),
        ("normal_add_node", "hierarchy", f'{{"answer": "{DRAWN}"}}', DRAWN, 1, 1),
        ("normal_add_node", "hierarchy", '{"answer": "0132"}', DRAWN, 1, 0),
        (
            "normal_add_node",
            "hierarchy",
            '{"answer": "0\\n|-- 1\\n|   `-- 3\\n`-- 2"}',
            DRAWN,
            1,
            1,
        ),
        # Without quotes the first line is all that is read officially.
        ("normal_add_node", "hierarchy", f'{{"answer": {DRAWN}}}', DRAWN, 0, 1),
        ("normal_remove_node", "edge", '{"answer": No edges}', "No edges", 1, 1),
        ("normal_remove_node", "edge", '{"answer": None}', "No edges", 0, 1),
        ("normal_remove_node", "edge", '{"answer": 0 -> 1}', "No edges", 0, 0),
        ("normal_remove_node", "hierarchy", '{"answer": no edges.}', "No edges", 1, 0),
        ("normal_remove_node", "hierarchy", '{"answer": "7"}', "No edges", 0, 1),
        ("binary_mirror_tree", "edge", '{"answer": 1 -(L)-> 2}', "1 -(L)-> 2", 1, 1),
        ("binary_mirror_tree", "edge", '{"answer": 1 -(R)-> 2}', "1 -(L)-> 2", 0, 0),
        ("binary_mirror_tree", "hierarchy", f'{{"answer": "{MIRROR}"}}', MIRROR, 1, 1),
        # The official matcher of drawings sees no sides.
        (
            "binary_mirror_tree",
            "hierarchy",
            f'{{"answer": "{MIRROR}"}}'.replace("R", "L"),
            MIRROR,
            1,
            0,
        ),
    ],
)
def test_trees(both, task, mode, reply, target, official, strict) -> None:
    assert both(task, reply, target, mode) == (official, strict)


@pytest.mark.parametrize("task", list(rules()))
@pytest.mark.parametrize("reply", ["", "  \n", "I cannot tell.", "{}", '{"answer":'])
def test_replies_without_an_answer_count_nothing(both, task, reply) -> None:
    assert both(task, reply, "x") == (0, 0)


def test_replies_without_an_answer_are_told_apart(grade_sample) -> None:
    sample = Sample(id="s", task="normal_root", turns=(Turn(query="?", target=0),))
    for scorer in (OFFICIAL, STRICT):
        assert grade_sample(scorer, sample, [""]).status == "empty"
        assert grade_sample(scorer, sample, ["0"]).status == "unparsed"
        assert grade_sample(scorer, sample, ['{"answer": 0}']).status == "ok"


def test_a_task_without_a_rule_is_refused_with_the_nearest_name(grade_sample) -> None:
    sample = Sample(id="s", task="normal_roots", turns=(Turn(query="?", target=0),))
    with pytest.raises(ConfigError, match="normal_root"):
        grade_sample(OFFICIAL, sample, ["0"])


# Reading strictly


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ('{"answer": 1} or rather {"answer": 2}', "2"),
        ('```json\n{"answer": "a b"}\n```', "a b"),
        ('{"answer": "a\\nb", "why": "c"}', 'a\\nb", "why": "c'),
        ("{'answer': 'it is'}", "it is"),
        ('{"answer": "{1}"} holds {n}', "{1}"),
        ('{"answer": 0\n|-- 1\n}', "0\n|-- 1"),
        ('{"answer": 5', "5"),
        ("5", None),
    ],
)
def test_the_strict_answer_stands_behind_the_last_key(reply, value) -> None:
    assert value_in(reply) == value


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("0 -> 1, 0->2", {("0", "", "1"), ("0", "", "2")}),
        ("0 -(L)-> 1\n0 -(R)-> 2", {("0", "L", "1"), ("0", "R", "2")}),
        (DRAWN, {("0", "", "1"), ("1", "", "3"), ("0", "", "2")}),
        (MIRROR, {("4", "R", "3"), ("3", "L", "2"), ("4", "L", "1")}),
        ("7", set()),
        ("No edges", set()),
        ("0 -> one", None),
        ("0 > 1", None),
        ("1\n2", None),
        ("a tree", None),
        ("", None),
    ],
)
def test_edges_of_drawings(text, edges) -> None:
    assert edges_of(text) == (None if edges is None else frozenset(edges))


texts = st.text(st.sampled_from("{}\"'answer:= \n\\,12.->()LR|`-O[]^*x"), max_size=60)


@given(st.sampled_from(sorted(rules())), texts, texts)
def test_no_reply_and_no_answer_crashes_a_rule(task, reply, answer) -> None:
    rule = rules()[task]
    matcher = MATCHERS[rule.matcher(answer, "hierarchy")]
    for text in (reply, f'{{"answer": {reply}}}'):
        assert 0 <= matcher(text, answer) <= 1
        found = value_in(text)
        if found is not None:
            assert 0 <= COMPARISONS[rule.strict](found, answer) <= 1


def test_long_replies_are_read_at_once(both) -> None:
    for piece in ("{", "{ ", '{"answer": "', "{answer:' ", "0 -> ", "(" * 9, "[", "1,"):
        reply = piece * 20_000
        for task in ("normal_add_node", "code_TimeComplexity", "json_level_nodes"):
            assert both(task, reply + "}", "1") in ((0, 0), (1, 0), (0, 1), (1, 1))
