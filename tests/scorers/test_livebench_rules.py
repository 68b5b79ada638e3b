"""The rules of LiveBench, worked by hand from the published scorers."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.instructions import CHECKS
from evalrun.scorers.livebench import LiveBenchOptions, LiveBenchScorer
from evalrun.scorers.livebench.language import nearest
from evalrun.scorers.livebench.proofs import edit_distance
from evalrun.scorers.livebench.reading import ReplyError, official_box, solutions

OFFICIAL = LiveBenchScorer(LiveBenchOptions())
FIXED = LiveBenchScorer(LiveBenchOptions(variant="fixed"))
FIRST, LATER, IFBENCH = "2024-06-24", "2024-11-25", "2025-11-25"


@pytest.fixture
def turn_of(grade_sample):
    """Return a function that gives the verdict on one reply to a question of a task."""

    def turn_of(task, truth, reply, *, day=FIRST, scorer=OFFICIAL, query="?", **labels):
        turn = Turn(query=query, target=truth, metadata={"released": day})
        sample = Sample(id="s", task=task, turns=(turn,), labels={"category": "x", **labels})
        return grade_sample(scorer, sample, [reply]).turns[0]

    return turn_of


@pytest.fixture
def value(turn_of):
    """Return a function that gives the score of one reply."""

    def value(*args, **kwargs):
        return turn_of(*args, **kwargs).scores["score"]

    return value


# Where answers stand


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("<solution>a</solution> <solution>b</solution>", ["a", "b"]),
        ("<solution>a\n</solution>", []),
        ("<solution>a\n<solution>b</solution>", ["b"]),
        ("<solution><solution>a</solution>", ["<solution>a"]),
        ("<solution>a", []),
        ("</solution>a</solution>", []),
    ],
)
def test_a_solution_stands_on_one_line(text, found) -> None:
    assert solutions(text) == found


def test_a_closing_tag_may_be_typed_for_the_opening_one() -> None:
    assert solutions("</solution>a</solution>", "</solution>") == ["a"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("none", None),
        (r"\boxed{1} and \boxed{x^{2}}", "x^{2}"),
        (r"\boxed{never closed", None),
        (r"\fbox{3}", "3"),
        (r"\fbox{3} \boxed{4} \fbox{5}", "4"),
        (r"\boxed 7$ and on", "7"),
        # A space behind one command decides for the whole text.
        (r"\boxed 7$ then \boxed{8}", "7"),
        (r"\boxed{$5$}", "5"),
        (r"\boxed{}", ""),
    ],
)
def test_a_box_is_read_as_the_official_code_does(text, found) -> None:
    assert official_box(text) == found


def test_something_between_a_box_and_its_brace_is_an_error() -> None:
    with pytest.raises(ReplyError):
        official_box(r"\boxed\text{A}")


# Reasoning


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("**yes, no, yes**", 1),
        ("First **yes**. Then **no**, and at last **yes**.", 1),
        ("<solution>yes, no, yes</solution>", 1),
        ("<solution>so: yes, no, yes</solution>", 1),
        ("</solution>yes, no, yes</solution>", 1),
        ("<solution>no</solution> <solution>yes, no, yes</solution>", 1),
        (r"\boxed{yes, no, yes}", 1),
        (r"\textbf{yes, no, yes}", 1),
        ("I say yes, no, yes.", 1),
        ("**<think>** <think>yes, no, yes</think>", 0),
        # Without spaces it does not hold the truth.
        ("<solution>yes,no,yes</solution>", 0),
        ("<solution>Yes, No, Yes</solution>", 0),
        ("**no, yes, yes**", 0),
        # Four words are not three, and "know" holds a "no".
        ("<solution>yes, no, yes, no</solution>", 0),
        ("<solution>I know: yes, no, yes</solution>", 0),
        ("nothing", 0),
        ("", 0),
        (r"\boxed\text{yes, no, yes}", 0),
    ],
)
def test_web_of_lies_v2_wants_three_words(value, reply, score) -> None:
    assert value("web_of_lies_v2", "yes, no, yes", reply) == score


def test_unknown_counts_twice_so_that_only_the_exact_answer_is_right(value) -> None:
    truth = "yes, no, unknown"
    assert value("web_of_lies_v2", truth, f"<solution>{truth}</solution>") == 1
    assert value("web_of_lies_v2", truth, f"<solution>so {truth}</solution>") == 0


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("<solution>yes, no, no</solution>", 1.0),
        # Two of three: (0 + 2/3) / 2.
        ("<solution>yes, no, yes</solution>", 1 / 3),
        # Spaces belong to the items: only the first is equal.
        ("<solution>yes,no,no</solution>", 1 / 6),
        ("<solution>yes</solution>", 1 / 6),
        (r"\boxed{\text{yes, no, no}}", 1.0),
        ("so yes, no, no it is", 1.0),
        ("", 0),
    ],
)
def test_web_of_lies_v3_gives_shares(value, reply, score) -> None:
    assert value("web_of_lies_v3", "yes, no, no", reply) == pytest.approx(score)


@pytest.mark.parametrize(
    ("truth", "reply", "score"),
    [
        ("two", "It is ***two***.", 1),
        ("two", "It is ***2***.", 1),
        ("2", "It is ***two***.", 0),
        ("action movies", "***Action***", 1),
        ("two", "***two*** or ***three***", 0),
        ("two", "I think it is two", 1),
        ("two", "***two words*** and then two", 1),
        ("two", "!!!", 0),
    ],
)
def test_zebra_puzzles_of_the_first_releases_want_one_word(value, truth, reply, score) -> None:
    assert value("zebra_puzzle", truth, reply) == score


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("<solution>red, ice cream, 2</solution>", 1.0),
        ("<solution>Red, the ice-cream, position 2</solution>", 1.0),
        # Number words are not converted: (0 + 2/3) / 2.
        ("<solution>red, ice cream, two</solution>", 1 / 3),
        ("<solution>red</solution><solution>ice cream</solution><solution>2</solution>", 1.0),
        ("<solution>no</solution><solution>red, ice cream, 2</solution>", 1.0),
        (r"\boxed{\text{red, ice cream, 2}}", 1.0),
        ("so:\nred, ice cream, 2", 1.0),
        ("so:\nred, ice cream", 0),
        ("", 0),
    ],
)
def test_zebra_puzzles_of_later_releases_want_a_list(value, reply, score) -> None:
    given_ = value("zebra_puzzle", "red, ice-cream, 2", reply, day=LATER)
    assert given_ == pytest.approx(score)


@pytest.mark.parametrize(
    ("truth", "reply", "score"),
    [
        ("5", "5", 1),
        ("5", "**five**", 1),
        ("5", "**5** and **a** and **b**", 1),
        ("5", "**5** and **a** and **b** and **c**", 0),
        ("triangle", "an **equilateral triangle**", 1),
        ("triangle", "**circle square triangle**", 0),
        ("pentagon", "**a pentagon**", 0),
        ("5", r"\boxed{\text{5}}", 1),
        ("5", "it is 5", 0),
    ],
)
def test_spatial_looks_at_the_last_three_bold_texts(value, truth, reply, score) -> None:
    assert value("spatial", truth, reply) == score


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("**ann**, **bob**, **cy**", 1),
        ("**Ann, Bob, Cy**", 1),
        ("**bob**, **ann**, **cy**", 0),
        ("**bob, ann, cy**", 0),
        ("ann, bob, cy", 0),
    ],
)
def test_house_traversal_wants_names_in_order(value, reply, score) -> None:
    assert value("house_traversal", "Ann Bob Cy", reply) == score


@pytest.mark.parametrize(
    ("task", "truth", "reply", "score"),
    [
        ("theory_of_mind", "red_box", "<Solution>\nThe red_box!\n</solution>", 1),
        ("theory_of_mind", "red_box", "well\nAnswer: red_box.", 1),
        ("theory_of_mind", "red_box", "red_box\nAnswer: blue", 0),
        ("theory_of_mind", "red_box", "</solution></solution> red_box", 0),
        ("logic_with_navigation", [3, -4], "<solution>( 3 , -4 )</solution>", 1),
        ("logic_with_navigation", [3, -4], "<solution>3, -4</solution>", 1),
        ("logic_with_navigation", [3, -4], "<solution>1, 1 or (3, -4)</solution>", 1),
        ("logic_with_navigation", [3, -4], "(3, -4)", 0),
        ("sudoku", "12\n34", "<solution>1 2 3 4</solution>", 1),
        ("sudoku", "1234", "<solution>1243</solution> <solution>1234</solution>", 0),
        ("sudoku", "1234", "1234", 0),
    ],
)
def test_short_answers_stand_between_tags(value, task, truth, reply, score) -> None:
    assert value(task, truth, reply) == score


# Mathematics

QUESTION = r"$\textbf{(A) }0 \qquad \textbf{(B) }17 \qquad \textbf{(C) }2\sqrt{3} \qquad$"


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("BBBBB", 1),
        ("It is BBBB", 1),
        ("BBB, of course, and this is why it is so", 0),
        ("<solution>B</solution>, and this is why it is so", 1),
        ("<solution>bb</solution>, and this is why it is so", 1),
        (r"\boxed{\text{B}}, and this is why it is so", 1),
        ("which is 17", 1),
        ("17 it is, and it is for many good reasons", 0),
        ("so\n**B**", 1),
        ("so\nit is (b), and never anything else", 1),
        ("so\nit is (A) or (B), and never another", 0),
        ("", 0),
    ],
)
def test_amc_takes_the_letter_or_the_value(value, reply, score) -> None:
    labels = {"subtask": "amc_12a"}
    assert value("math_comp", "B", reply, query=QUESTION, **labels) == score


def test_a_box_that_the_official_code_cannot_read_is_an_eval_error(turn_of) -> None:
    verdict = turn_of("math_comp", "B", r"\boxed\text{B}", subtask="smc")
    assert verdict.scores == {"score": 0}
    assert verdict.explanation.startswith("eval_error")
    assert verdict.status == "unparsed"


@pytest.mark.parametrize(
    ("truth", "reply", "score"),
    [
        ("042", "The answer is 042.", 1),
        ("042", "The answer is 42.", 0),
        ("7", "The answer is 1734.", 1),
        ("042", "042" + "." * 50, 0),
        ("7", "<solution>777</solution>" + "." * 50, 1),
    ],
)
def test_aime_looks_at_the_end(value, truth, reply, score) -> None:
    assert value("math_comp", truth, reply, subtask="aime_2024") == score


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("Answer: 3, 1, 2", 1.0),
        ("**Answer:** 3,1,2.", 1.0),
        ("Answer:\n3,1,2", 1.0),
        # The last line with "answer:" counts, of an item its last word.
        ("Answer: 1\nThe answer: <3>, is 1, $2$", 1.0),
        # One substitution of three.
        ("Answer: 3, 1, x", 2 / 3),
        # Two insertions, of a longest list of five.
        ("Answer: 3, 1, 2, 5, 6", 0.6),
        (r"so \boxed{3, 1, 2}", 1.0),
        ("so\n<3>, <1>, <2>", 1.0),
        ("nothing at all", 0.0),
        ("", 0),
    ],
)
def test_olympiad_counts_edits(value, reply, score) -> None:
    assert value("olympiad", "3,1,2", reply, subtask="imo") == pytest.approx(score)


@pytest.mark.parametrize(
    ("a", "b", "distance"), [("kitten", "sitting", 3), ("", "ab", 2), ([1, 2], [2, 1], 2)]
)
def test_the_edit_distance_is_levenshteins(a, b, distance) -> None:
    assert edit_distance(a, b) == distance


@pytest.mark.parametrize(
    ("truth", "reply", "score"),
    [
        (r"\frac{x^2}{2}", r"$\boxed{\frac12 x^2 + C}$", 1),
        (r"\frac{x^2}{2}", r"so $y = 0.5x^2$.", 1),
        (r"\frac{(x-1)^2}{3}", r"\boxed{\frac{1}{3}(x-1)^{2}}", 1),
        ("1000", r"\boxed{1,000}", 1),
        # No expression is marked: the end is compared as text.
        ("1000", "It is 1000.", 1),
        ("1000", "It is 2000.", 0),
    ],
)
def test_amps_hard_compares_expressions(value, truth, reply, score) -> None:
    pytest.importorskip("latex2sympy2_extended")
    assert value("AMPS_Hard", truth, reply) == score


@pytest.mark.parametrize("reply", [r"\boxed{x^2}", r"\boxed{9^{9^{9^{9}}}}", r"\boxed{)(}"])
def test_what_sympy_does_not_show_to_be_equal_is_an_eval_error_without_judge(
    turn_of, reply, monkeypatch
) -> None:
    pytest.importorskip("latex2sympy2_extended")
    monkeypatch.setattr("evalrun.scorers.livebench.limits._TIMEOUT_S", 5.0)
    verdict = turn_of("AMPS_Hard", r"\frac{x^2}{2}", reply)
    assert verdict.scores == {"score": 0}
    assert verdict.explanation.startswith("eval_error")


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("<solution>22652/6</solution>", 1),
        (r"\boxed{\frac{11326}{3}}", 1),
        ("It is 11326/3", 1),
        ("<solution>1</solution>", 0),
    ],
)
def test_integrals_with_a_game_are_numbers(value, reply, score) -> None:
    pytest.importorskip("lark")
    assert value("integrals_with_game", "11326/3", reply) == score


# Language


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("We study it. It is hard.", 1),
        ("Here: We study it.\nIt is hard.", 1),
        ("<solution>We study it. It is hard.</solution>", 1),
        ("<solution>no</solution> We study it. It is hard.", 1 - 1),
        ("a --- We study it. It is hard. --- b", 1),
        ("a --- b --- We study it. It is hard.", 0),
        ("We stduy it. It is hard.", 0),
    ],
)
def test_typos_wants_the_truth_in_the_answer(value, reply, score) -> None:
    assert value("typos", "We study it. It is hard.", reply) == score


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("<PLOT_SUMMARY>Ann leaves. Bob waits. Both meet.</PLOT_SUMMARY>", 1.0),
        ("<PLOT_SUMMARY>Ann left. Bob waits! Both meet.", 1 - 1 / 3),
        # In the order 1, 2, 0: two edits of three sentences.
        ("Both meet. Ann leaves. Bob waits.", 1 / 3),
        ("<PLOT_SUMMARY></PLOT_SUMMARY>", 0.0),
        ("", 0),
    ],
)
def test_plots_are_scored_by_the_order_of_sentences(value, reply, score) -> None:
    truth = "Ann leaves. Bob waits. Both meet."
    assert value("plot_unscrambling", truth, reply) == pytest.approx(score)


words = st.lists(st.text("abc ", max_size=6), min_size=1, max_size=6)


@given(st.text("abc ", max_size=6), words)
def test_the_nearest_sentence_is_that_of_difflib(sentence, candidates) -> None:
    import difflib

    expected = difflib.get_close_matches(sentence, candidates, n=1, cutoff=0.0)
    assert [nearest(sentence, candidates)] == expected


GROUPS = "cat,dog,cow,pig,red,blue,pink,teal"


@pytest.mark.parametrize(
    ("reply", "old", "new"),
    [
        ("**pig, dog, Cow, cat, red, pink, teal, blue**", 1, 0),
        ("**pig, dog, cow, cat** and **red, pink, teal, blue**", 0.5, 0),
        ("<solution>pig, dog, cow, cat, red, pink, teal, blue</solution>", 0, 1),
        ("<solution>red, pink,\nteal, blue</solution>", 0, 0.5),
        ("<solution>a</solution><solution>pig,dog,cow,cat,red,pink,teal,blue</solution>", 0, 1),
        (r"\boxed{\text{pig, dog, cow, cat, red, pink, teal, x}}", 0, 0.5),
        ("none", 0, 0),
    ],
)
def test_connections_counts_groups_by_the_day_of_release(value, reply, old, new) -> None:
    assert value("connections", GROUPS, reply) == old
    assert value("connections", GROUPS, reply, day=LATER) == new


# Data analysis


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("team name", 1),
        ("The column is **Team Name**.", 1),
        (r"\boxed{\text{Team_Name}}", 0),
        (r"\boxed{\text{TeamName}}", 1),
        ("Team Name, I think", 0),
        (r"\boxed{Team Name", 0),
    ],
)
def test_cta_wants_the_name_at_the_end(value, reply, score) -> None:
    assert value("cta", "Team Name", reply) == score


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("{'id': 'key', 'n': 'name'}", 1.0),
        ('```json\n{"id": "key",\n "n": "name", "x": null}\n```', 1.0),
        ("<solution>```python\n{'id': 'key', 'n': 'name'}```</solution>", 1.0),
        # One right, one missing: 2 / (2 + 0 + 1).
        ("{'id': 'key'}", 0.67),
        # One right, one wrong: a false positive and a false negative.
        ("{'id': 'key', 'n': 'no'}", 0.5),
        ("{'id': 'key', 'n': 'name', 'x': 'y'}", 0.8),
        ("[1]", 0),
        ("{'id': ", 0),
        ("__import__('os').abort()", 0),
    ],
)
def test_tablejoin_is_f1_of_pairs(value, reply, score) -> None:
    assert value("tablejoin", "{'id': 'key', 'n': 'name'}", reply) == score


EVENTS = json.dumps([{"user_id": u, "max_consecutive_growth_months": u + 1} for u in (1, 2)])


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        (f"<solution>\n{EVENTS}\n</solution>", 1.0),
        # One right of a union of two; one right and a wrong one, which counts twice.
        ('<solution>[{"user_id": 1, "max_consecutive_growth_months": 2}]</solution>', 0.5),
        (f"<solution>{EVENTS.replace('3', '4')}</solution>", 0.3333),
        ("<solution>[]</solution>", 0),
        (EVENTS, 0),
        ("<solution>5</solution>", 0),
        ('<solution>[{"user_id": [1]}]</solution>', 0),
    ],
)
def test_consecutive_events_is_the_jaccard_index(value, reply, score) -> None:
    assert value("consecutive_events", EVENTS, reply) == score


TABLE = '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n'
TO_CSV = "Please convert the Input Table from JSONL format to CSV format."
TO_CSV_V2 = "Source Format: JSONL\nTarget Format: CSV\n"


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("a,b\n1,x\n2,y", 1),
        ("```csv\nb,a\nx,1.0\ny,2\n```", 1),
        ("Sure, here you are:\na,b\n1,x\n2,y\nI hope, so, it, helps", 1),
        ("<solution>index,a,b\n0,1,x\n1,2,y</solution>", 1),
        ("a,b\n1,x\n2,z", 0),
        ("a,b\n1,x", 0),
        ("no table", 0),
    ],
)
def test_tablereformat_compares_cells(value, reply, score) -> None:
    pytest.importorskip("pandas")
    truth = "a,b\n1,x\n2,y\n"
    assert value("tablereformat", truth, reply, query=TO_CSV) == score
    assert value("tablereformat", truth, reply, query=TO_CSV_V2, day="2025-04-25") == score


def test_a_question_without_formats_is_an_eval_error(turn_of) -> None:
    pytest.importorskip("pandas")
    verdict = turn_of("tablereformat", "a,b\n1,x\n", "a,b\n1,x\n", query="Convert it.")
    assert verdict.explanation.startswith("eval_error")


# Instructions


def test_half_of_the_instructions_is_a_quarter_of_the_score(turn_of) -> None:
    wanted = [
        {"id": "punctuation:no_comma", "arguments": {}},
        {"id": "detectable_format:title", "arguments": {}},
    ]
    graded = turn_of("simplify", wanted, "a title", category="instruction_following")
    assert graded.scores == {"score": 0.25}
    assert graded.answer == [True, False]
    both = turn_of("simplify", wanted, "<<a title>>", category="instruction_following")
    assert both.scores == {"score": 1.0}


@pytest.mark.parametrize(
    "wanted",
    [
        [{"id": "punctuation:no_coma", "arguments": {}}],
        [{"id": "keywords:existence", "arguments": {}}],
        [
            {
                "id": "length_constraints:number_words",
                "arguments": {"num_words": 3, "relation": "about"},
            }
        ],
        [],
    ],
)
def test_instructions_that_cannot_be_checked_give_no_verdict(turn_of, wanted) -> None:
    graded = turn_of("simplify", wanted or "x", "a", category="instruction_following")
    assert graded.scores == {"score": None}
    assert graded.status == "scorer_error"


def test_instructions_from_november_2025_are_checked_in_the_first_solution(turn_of) -> None:
    wanted = [
        {"id": "count:numbers", "arguments": {"N": 1.0}},
        {"id": "format:no_whitespace", "arguments": {}},
    ]
    reply = "1 2\n<solution>\n3 a</solution><solution>4a</solution>"
    both = {"category": "instruction_following"}
    assert turn_of("summarize", wanted, reply, day=IFBENCH, **both).answer == [True, False]
    assert turn_of("summarize", wanted, reply, **both).answer == [False, False]
    assert turn_of("summarize", wanted, "3a", day=IFBENCH, **both).scores == {"score": 1.0}


def test_where_a_check_fails_the_question_counts_nothing(turn_of) -> None:
    wanted = [
        {"id": "count:numbers", "arguments": {"N": 1}},
        {"id": "format:quote_unquote", "arguments": {}},
    ]
    labels = {"category": "instruction_following"}
    graded = turn_of("summarize", wanted, "12.", day=IFBENCH, **labels)
    assert graded.scores == {"score": 0.0}
    assert graded.explanation.startswith("eval_error")


# What has no verdict


@pytest.mark.parametrize(
    ("task", "category", "day", "reason"),
    [
        ("LCB_generation", "coding", FIRST, "sandbox"),
        ("agentic_coding", "agentic_coding", FIRST, "container image"),
    ],
)
def test_what_cannot_be_graded_here_is_not_applicable(turn_of, task, category, day, reason) -> None:
    graded = turn_of(task, "x", "def f(): ...", day=day, category=category)
    assert graded.scores == {"score": None}
    assert graded.status == "not_applicable"
    assert reason in graded.explanation


def test_a_task_of_another_benchmark_is_refused(turn_of) -> None:
    with pytest.raises(ConfigError, match="sudoku"):
        turn_of("sudokuu", "x", "y")


# The fixed variant


@pytest.mark.parametrize(
    ("task", "truth", "reply", "official", "fixed", "more"),
    [
        ("web_of_lies_v2", "yes, no, no", "<solution>Yes,No,no</solution>", 0, 1, {}),
        ("web_of_lies_v3", "yes, no, no", "<solution>yes,no,no</solution>", 1 / 6, 1, {}),
        ("zebra_puzzle", "red, 2", "<solution>red, two</solution>", 0.25, 1, {"day": LATER}),
        ("zebra_puzzle", "red, 2", "<solution>red, 12</solution>", 1, 0.25, {"day": LATER}),
        ("math_comp", "7", "It is 1734.", 1, 0, {"subtask": "aime"}),
        ("math_comp", "042", "It is 42.", 0, 1, {"subtask": "aime"}),
    ],
)
def test_the_fixed_variant_mends(value, task, truth, reply, official, fixed, more) -> None:
    assert value(task, truth, reply, **more) == pytest.approx(official)
    assert value(task, truth, reply, scorer=FIXED, **more) == pytest.approx(fixed)


# No reply breaks a rule

TRUTHS = {
    "web_of_lies_v2": "yes, no, yes",
    "web_of_lies_v3": "yes, no, yes",
    "zebra_puzzle": "red, 2",
    "connections": GROUPS,
    "spatial": "triangle",
    "theory_of_mind": "box",
    "logic_with_navigation": [1, 2],
    "sudoku": "1234",
    "olympiad": "1,2,3",
    "typos": "a b",
    "plot_unscrambling": "A b. C d.",
    "cta": "name",
    "tablejoin": "{'a': 'b'}",
    "consecutive_events": EVENTS,
}
PIECES = (
    "<solution>", "</solution>", "\\boxed", "\\boxed{", "\\boxed ", "}", "{", "**", "***", "```",
    "```json", "\n", ", ", "yes", "no", "answer:", "1", "\N{SUPERSCRIPT TWO}", ".", " --- ", "$",
    "<PLOT_SUMMARY>", "</PLOT_SUMMARY>", "(", ")", "[", "]", "\\text{", "null", "{'a': 'b'}",
)  # fmt: skip
replies = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=14).map("".join)


@settings(max_examples=150, deadline=None)
@given(replies, st.sampled_from(sorted(TRUTHS)), st.sampled_from([FIRST, LATER]))
def test_every_reply_has_a_score_between_0_and_1(grade_sample, reply, task, day) -> None:
    labels = {"subtask": "imo"} if task == "olympiad" else {}
    turn = Turn(query="?", target=TRUTHS[task], metadata={"released": day})
    sample = Sample(id="s", task=task, turns=(turn,), labels=labels)
    for scorer in (OFFICIAL, FIXED):
        graded = grade_sample(scorer, sample, [reply]).turns[0]
        assert graded.status != "scorer_error", graded.explanation
        assert 0 <= graded.scores["score"] <= 1


@pytest.mark.parametrize("piece", ["<solution>", "\\boxed{", "**", " --- ", "answer:", "<<", "\n"])
def test_long_replies_of_one_piece_take_little_time(value, piece) -> None:
    begun = time.monotonic()
    for task, truth in TRUTHS.items():
        labels = {"subtask": "imo"} if task == "olympiad" else {}
        value(task, truth, piece * 20_000, day=LATER, **labels)
    for instruction in ("detectable_format:title", "detectable_format:number_bullet_lists"):
        CHECKS[instruction](piece * 20_000, {"num_bullets": 1})
    assert time.monotonic() - begun < 20
