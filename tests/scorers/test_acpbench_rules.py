"""The rules of ACPBench: words and letters behind marks, and what a planner says of the rest."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError, MissingExtraError
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.acpbench import (
    ACPBenchHardOptions,
    ACPBenchHardScorer,
    ACPBenchOptions,
    ACPBenchScorer,
)
from evalrun.scorers.acpbench.grammar import read_atom, read_atoms, read_index, read_two_lists
from evalrun.scorers.acpbench.marks import fixed_bool, official_bool, official_letter
from evalrun.scorers.acpbench.replies import FIXED, OFFICIAL

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "acpbench"
CHOICES = ("go to hall", "go to den", "take the red box", "drop it")

CLOSED = ACPBenchScorer(ACPBenchOptions())
CLOSED_FIXED = ACPBenchScorer(ACPBenchOptions(variant="fixed"))


# Yes or no


@pytest.mark.parametrize(
    ("reply", "official", "fixed"),
    [
        ("**Final Answer**: Yes.", "Yes", "yes"),
        ("Two steps. **Final Answer**: No.", "No", "no"),
        ("the answer is No.", "No", "no"),
        # A mark takes the line up to its last character.
        ("the answer is No", "N", "no"),
        ("**Final Answer**: Yes", "Ye", "yes"),
        ("The answer is yes, surely.", "yes, surely", "yes"),
        ("The final answer: no!", "no", "no"),
        ("The answer: yes.", "yes", "yes"),
        ("**answer**: No. **Answer**: Yes.", "No. **Answer**: Yes", "yes"),
        ("__Final Answer__: Yes.", "Yes", "yes"),
        # The first match counts.
        ("Yes, it holds. The answer is No.", "Yes", "no"),
        ("yes", "yes", "yes"),
        ("No", "No", "no"),
        ("NO", None, "no"),
        ("Nobody knows.", None, None),
        ("The answer is x", None, None),
        ("The answer is  x", "", None),
        ("", None, None),
        ("Is the answer: yes? No.", "yes", "yes"),
        ("The answer is\nNo.", "No", "no"),
    ],
)
def test_yes_or_no_stands_behind_marks_or_alone(reply, official, fixed) -> None:
    assert (official_bool(reply) or "") == (official or "")
    assert fixed_bool(reply) == fixed


@pytest.mark.parametrize(
    ("reply", "target", "official", "fixed", "status"),
    [
        ("**Final Answer**: Yes.", "yes", 1, 1, "ok"),
        ("**Final Answer**: Yes.", "no", 0, 0, "ok"),
        ("**Final Answer**: **No**.", "no", 1, 1, "ok"),
        ("**Final Answer**: YES!!", "yes", 1, 1, "ok"),
        ("**Final Answer**: Yes, it is.", "yes", 0, 1, "ok"),
        ("the answer is No", "no", 0, 1, "ok"),
        ("perhaps", "no", 0, 0, "unparsed"),
        (" \n", "no", 0, 0, "empty"),
    ],
)
def test_words_are_compared_without_case_and_punctuation(
    grade, reply, target, official, fixed, status
) -> None:
    graded = grade(CLOSED, reply, target)
    assert (graded.scores, graded.status) == ({"exact_match": official}, status)
    assert grade(CLOSED_FIXED, reply, target).scores == {"exact_match": fixed}


# Letters


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("**Final Answer**: C.", "C"),
        ("\nC.", "C."),
        ("**Final Answer**: C", "C"),
        ("The answer is B", "B"),
        ("A or B", "B"),
        ("[D]", "[D]"),
        ("B\nfor it fits", "B"),
        ("so C it is", "C"),
        # Any capital letter from A to D is one.
        ("B. Because of Dan", "D"),
        ("**Final Answer**: C. Cars move.", "C"),
        # Small letters count behind a mark with asterisks alone, less the last character.
        ("answer: d", None),
        ("**Final Answer**: d.", "d"),
        ("**Answer**: d", None),
        ("**answer**: it is b, for sure", "it is b, for sur"),
        # The official filter looks for the names of two fields then.
        ("no label fits", "(B)"),
        ("it is text; a label; text", "(A)"),
        ("**Final Answer**: x", None),
        ("", None),
    ],
)
def test_the_last_letter_counts(reply, answer) -> None:
    assert official_letter(reply) == answer


@pytest.mark.parametrize(
    ("reply", "target", "official", "fixed"),
    [
        ("**Final Answer**: C.", "C", 1, 1),
        ("**Final Answer**: C.", "B", 0, 0),
        ("[C]", "C", 1, 1),
        ("**Final Answer**: c.", "C", 1, 1),
        ("The answer is (C), for A fails", "C", 0, 1),
        ("I take the red box? No. The answer is go to den.", "B", 0, 1),
        ("The answer is D", "D", 1, 1),
        ("no idea", "A", 0, 0),
        ("", "A", 0, 0),
    ],
)
def test_letters_are_compared_without_case_and_punctuation(
    grade, reply, target, official, fixed
) -> None:
    assert grade(CLOSED, reply, target, choices=CHOICES).scores == {"exact_match": official}
    assert grade(CLOSED_FIXED, reply, target, choices=CHOICES).scores == {"exact_match": fixed}


# The grammar

pytest.importorskip("lark")


@pytest.mark.parametrize(
    ("text", "atoms"),
    [
        ("[(go a b), (take c)]", ["(go a b)", "(take c)"]),
        ("(go a b)(take c)\n(drop c)", ["(go a b)", "(take c)", "(drop c)"]),
        ("First (go a b), then (take  c).", ["(go a b)", "(take c)"]),
        ("(go a, b)", ["(go a b)"]),
        ("(go a b", ["(go a b)"]),
        ("((go a b))", ["(go a b)"]),
        ("(go\na b)", ["(goa b)"]),
        ("go a b", []),
        ("", []),
        ("(3 boxes) (go a)", ["(boxes)", "(go a)"]),
    ],
)
def test_all_atoms_of_a_text_are_found(text, atoms) -> None:
    assert read_atoms(text) == atoms


@pytest.mark.parametrize(
    ("text", "atom", "or_none"),
    [
        ("(go a b)", "(go a b)", "(go a b)"),
        ("It is (go a b), not (take c).", "(go a b)", "(go a b)"),
        ("None", None, "None"),
        ("None (go a b)", "(go a b)", "None"),
        ("(go a b) None", "(go a b)", "(go a b)"),
        ("Nonetheless (go a)", "(go a)", "None"),
        ("none.", None, None),
        ("I see none", None, None),
    ],
)
def test_the_first_atom_or_the_word_none_is_found(text, atom, or_none) -> None:
    assert read_atom(text, or_none=False) == atom
    assert read_atom(text, or_none=True) == or_none


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("[(a b)] [(c), (d e)]", (["(a b)"], ["(c)", "(d e)"])),
        ("[(a b)], [(c)(d e)].", (["(a b)"], ["(c)", "(d e)"])),
        ("pos: [(a)] neg: []", (["(a)"], [])),
        ("[] []", ([], [])),
        ("[(a b)]", None),
        ("(a b) (c)", None),
        ("", None),
    ],
)
def test_two_lists_are_found(text, lists) -> None:
    assert read_two_lists(text) == lists


@pytest.mark.parametrize(
    ("text", "official", "fixed"),
    [
        ("4", "4", "4"),
        ("-1", "1", "-1"),
        ("Action 6: because 3", "6", "6"),
        ("index04", "04", None),
        ("04", "04", "4"),
        ("It is 2.", "2", "2"),
        ("2.5", "2", None),
        ("none", None, None),
        ("", None, None),
    ],
)
def test_the_first_number_is_an_index(text, official, fixed) -> None:
    assert read_index(text) == official
    assert FIXED["val"](text) == fixed


@pytest.mark.parametrize(
    ("text", "official", "fixed"),
    [
        ("[(a)] [(b)]", (["(a)"], ["(b)"]), (["(a)"], ["(b)"])),
        ("[(a)]", None, (["(a)"], [])),
        # The second list is lost where it is the first one.
        ("[(a)] [(a)]", (["(a)"], []), (["(a)"], ["(a)"])),
        (
            "**Positive Effects**: (A)\n**Negative Effects**: (b), (c)",
            (["(a)"], ["(b)", "(c)"]),
            (["(a)"], ["(b)", "(c)"]),
        ),
        ("Positive effects: (a)", None, None),
        ("(a) (b)", None, None),
    ],
)
def test_effects_are_two_lists_or_stand_under_headings(text, official, fixed) -> None:
    assert OFFICIAL["prog"](text) == official
    assert FIXED["prog"](text) == fixed


def test_a_simplified_plan_stands_behind_its_heading() -> None:
    reply = "I drop (go a b).\n**Simplified Plan:** (Take c) (drop c)"
    assert OFFICIAL["just"](reply) == ["(take c)", "(drop c)"]
    assert OFFICIAL["just"]("(Take c)") == ["(Take c)"]


@given(st.text(st.sampled_from("()[], \nNoneab-19.*"), max_size=80) | st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_a_reader(text: str) -> None:
    for readers in (OFFICIAL, FIXED):
        for read in readers.values():
            found = read(text)
            assert found is None or isinstance(found, (str, list, tuple))
    official_letter(text)
    official_bool(text)


@given(st.lists(st.lists(st.from_regex(r"[a-z][a-z0-9_-]{0,5}", fullmatch=True), min_size=1)))
def test_atoms_that_are_written_are_read(atoms: list[list[str]]) -> None:
    texts = [f"({' '.join(names)})" for names in atoms]
    assert read_atoms(f"[{', '.join(texts)}]") == texts


# Open questions

for package in ("pddl", "clingo", "kstar_planner", "pebble"):
    pytest.importorskip(package)


def rows(task: str) -> list[dict]:
    folder = FIXTURES / "dataset" / task
    packed = folder / "test.gen.json.gz"
    if packed.is_file():
        return json.loads(gzip.decompress(packed.read_bytes()))
    return json.loads((folder / "test.gen.json").read_text())


def asked(task: str, row: dict) -> Sample:
    target = {
        "answer": row["answer"],
        "question": row["question"],
        "domain": row["PDDL_domain"],
        "problem": row["PDDL_problem"],
    }
    return Sample(id="s", task=task, turns=(Turn(query="?", target=target),))


def graded(variant: str, items: list[tuple[str, dict, str]]) -> list:
    """Return the verdicts on (task, row, reply), in one event loop as in a run."""

    async def all_of_them() -> list:
        scorer = ACPBenchHardScorer(ACPBenchHardOptions(variant=variant))
        found = []
        for task, row, reply in items:
            prediction = Prediction(id="s#0", sample_id="s", epoch=0, task=task, outputs=(reply,))
            found.append((await scorer.score(asked(task, row), prediction)).turns[0])
        return found

    return asyncio.run(all_of_them())


SHORT = "(go hall den) (take red den) (go den hall) (drop red hall)"
CAPITALS = "(GO hall den) (TAKE red den) (GO den hall) (DROP red hall)"

# Task, which of its rows, a reply, and what it counts: official, fixed.
CASES = [
    ("app", 0, "[(go hall den), (take blue hall)]", 1, 1),
    ("app", 0, "(TAKE blue hall) and (go  hall den)", 1, 1),
    ("app", 0, "(go hall den) (go hall den) (take blue hall)", 1, 1),
    ("app", 0, "(go hall den)", 0, 0),
    ("app", 0, "(go hall den) (take blue hall) (label blue)", 0, 0),
    ("app", 0, "none", 0, 0),
    ("app", 1, "[(go hall den), (drop blue hall), (label blue)]", 1, 1),
    # A stored list is compared with its capitals; the planner has then to find it out.
    ("areach", 0, "(take red attic)", 0, 1),
    ("areach", 0, "(swap red red den)", 1, 1),
    ("areach", 0, "(go attic hall)", 0, 1),
    ("areach", 0, "(go hall den)", 0, 0),
    ("areach", 0, "(take red den)", 0, 0),
    ("areach", 0, "(fly red den)", 0, 0),
    ("areach", 0, "None", 0, 0),
    ("areach", 0, "no action", 0, 0),
    ("areach", 1, "None", 1, 1),
    ("areach", 1, "none", 0, 1),
    ("areach", 1, "(go attic hall)", 0, 0),
    ("just", 0, "[(go hall den), (take red den), (go den hall), (drop red hall)]", 1, 1),
    (
        "just",
        0,
        "Simplified plan: (go hall den) (take red den) (go den hall) (drop red hall)",
        1,
        1,
    ),
    ("just", 0, "(go hall den) (take red den) (go den hall)", 0, 0),
    ("just", 0, "(take red den) (go den hall) (drop red hall)", 0, 0),
    # All actions, other ones, or none.
    ("just", 0, f"(take blue hall) (drop blue hall) {SHORT}", 0, 0),
    ("just", 0, "(go hall den) (take red den) (go den hall) (label red) (drop red hall)", 0, 0),
    ("just", 0, "no plan", 0, 0),
    # The plan of the question is compared with its capitals.
    (
        "just",
        1,
        "(drop blue hall) (go hall den) (take red den) (go den hall) (drop red hall)",
        0,
        1,
    ),
    (
        "just",
        1,
        "(DROP blue hall) (GO hall den) (TAKE red den) (GO den hall) (DROP red hall)",
        1,
        1,
    ),
    ("land", 0, "(carried red)", 1, 1),
    ("land", 0, "(CARRIED red), not (free)", 1, 1),
    ("land", 0, "(carried blue)", 0, 0),
    ("land", 0, "(box-in red hall)", 0, 0),
    ("land", 0, "None", 0, 0),
    ("land", 1, "None", 1, 1),
    ("land", 1, "none", 0, 1),
    ("nexta", 0, "(go hall den)", 1, 1),
    ("nexta", 0, "(take blue hall)", 0, 0),
    ("nexta", 0, "(label red)", 0, 0),
    ("nexta", 0, "None", 0, 0),
    ("nexta", 1, "(go hall den)", 1, 1),
    ("nexta", 1, "(drop blue hall)", 0, 0),
    ("nexta", 1, "(label blue)", 0, 0),
    ("prog", 0, "[(carried blue)] [(free), (box-in blue hall)]", 1, 1),
    ("prog", 0, "[(carried blue)] [(free)]", 0, 0),
    ("prog", 0, "[(free), (box-in blue hall)] [(carried blue)]", 0, 0),
    (
        "prog",
        0,
        "**Positive effects**: (carried blue)\n**Negative effects**: (free) (box-in blue hall)",
        1,
        1,
    ),
    ("prog", 1, "[(labelled blue)] []", 1, 1),
    ("prog", 1, "[(labelled blue)]", 0, 1),
    ("prog", 1, "[(labelled blue)] [(labelled blue)]", 1, 0),
    ("prog", 1, "(labelled blue)", 0, 0),
    ("reach", 0, "(in attic)", 1, 1),
    ("reach", 0, "(IN attic)", 1, 1),
    ("reach", 0, "(box-in red attic)", 1, 1),
    ("reach", 0, "(in nowhere)", 1, 1),
    ("reach", 0, "(carried red)", 0, 0),
    ("reach", 0, "(in hall)", 0, 0),
    ("reach", 0, "(flown red)", 0, 0),
    ("reach", 0, "None", 0, 0),
    ("reach", 1, "None", 1, 1),
    ("reach", 1, "There is none.", 0, 1),
    ("reach", 1, "(in attic)", 0, 0),
    ("val", 0, "1", 1, 1),
    ("val", 0, "The action with index 1: (take red hall)", 1, 1),
    ("val", 0, "-1", 1, 0),
    ("val", 0, "01", 0, 1),
    ("val", 0, "2", 0, 0),
    ("val", 0, "second", 0, 0),
    ("val", 1, "3", 1, 1),
]


@pytest.mark.parametrize("variant", ["official", "fixed"])
def test_answers_are_right_by_the_stored_ones_or_by_a_planner(variant) -> None:
    column = 3 if variant == "official" else 4
    found = graded(variant, [(case[0], rows(case[0])[case[1]], case[2]) for case in CASES])
    wrong = [
        (case, turn)
        for case, turn in zip(CASES, found, strict=True)
        if turn.scores["score"] != case[column] or turn.status == "scorer_error"
    ]
    assert not wrong


def test_statuses_tell_what_was_found() -> None:
    row = rows("reach")[0]
    replies = ["(in attic)", "no idea", " \n", "(flown red)"]
    found = graded("official", [("reach", row, reply) for reply in replies])
    assert [turn.status for turn in found] == ["ok", "unparsed", "empty", "ok"]
    assert [turn.answer for turn in found] == ["(in attic)", None, None, "(flown red)"]
    assert "Undeclared predicate: flown" in found[3].explanation


@pytest.mark.parametrize(
    ("reply", "overlap"),
    [
        # The stored list: (go hall den), (take blue hall).
        ("[(take blue hall), (go  HALL den), (go hall den)]", 1.0),
        ("(go hall den)", 1 / 2),
        ("(go hall den) (take blue hall) (label blue)", 2 / 3),
        ("(go hall den) (label blue)", 1 / 3),
        ("(label blue)", 0.0),
        ("none", 0.0),
        ("", 0.0),
    ],
)
@pytest.mark.parametrize("variant", ["official", "fixed"])
def test_lists_of_actions_have_a_share_in_common_beside(variant, reply, overlap) -> None:
    (turn,) = graded(variant, [("app", rows("app")[0], reply)])
    assert [*turn.scores] == ["score", "jaccard"]
    assert turn.scores["jaccard"] == pytest.approx(overlap)
    assert (turn.scores["score"] == 1.0) == (overlap == 1.0)


def test_other_tasks_have_no_such_share() -> None:
    (turn,) = graded("official", [("prog", rows("prog")[0], "x")])
    assert turn.scores == {"score": 0.0}


def test_a_question_that_is_none_has_no_verdict() -> None:
    row = {**rows("reach")[0], "PDDL_domain": "(define"}
    (turn,) = graded("official", [("reach", row, "(in den)")])
    assert (turn.status, turn.scores) == ("scorer_error", {"score": None})
    assert "PDDL cannot be read" in turn.explanation


def test_what_took_too_long_is_wrong_and_says_so(monkeypatch) -> None:
    monkeypatch.setattr("evalrun.scorers.acpbench.planner._READING_S", 0.01)
    items = [
        ("reach", rows("reach")[0], "(carried red)"),
        ("just", rows("just")[0], SHORT),
        ("nexta", rows("nexta")[1], "(go hall den)"),
    ]
    for turn in graded("official", items):
        assert turn.scores == {"score": 0.0}
        assert turn.explanation == "unverified: time limit"


def test_a_task_of_another_benchmark_is_refused() -> None:
    with pytest.raises(ConfigError, match="no rule for 'apps'"):
        graded("official", [("apps", rows("app")[0], "x")])


def test_a_missing_package_is_named_before_anything_is_graded(monkeypatch) -> None:
    monkeypatch.setattr("evalrun.scorers.acpbench.planner.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"evalrun\[planning\]"):
        ACPBenchHardScorer(ACPBenchHardOptions())


def test_votes_are_counted_by_answer(grade_sample) -> None:
    sample = Sample(id="s", task="val_bool", turns=(Turn(query="?", target="yes"),))
    replies = ["**Final Answer**: No.", "**Final Answer**: Yes.", "**Final Answer**: Yes."]
    assert grade_sample(CLOSED, sample, replies).scores == {"exact_match": 1.0}


def stored(task: str, row: dict) -> str:
    """Return a reply that says the stored answer."""
    answer = row["answer"]
    says = {
        "app": lambda: " ".join(answer),
        "areach": lambda: answer[0] if answer else "None",
        "land": lambda: answer["yes"][0] if answer["yes"] else "None",
        "nexta": lambda: (answer["yes"] or answer["maybe"])[0],
        "prog": lambda: f"[{', '.join(answer['pos'])}] [{', '.join(answer['neg'])}]",
        "reach": lambda: f"({answer[0]})" if answer else "None",
        "val": lambda: str(answer),
    }
    return says[task]()


@pytest.mark.parametrize("task", ["app", "areach", "land", "nexta", "prog", "reach", "val"])
def test_stored_answers_are_right(shared_data, task) -> None:
    found = json.loads((shared_data / "acpbench_hard" / f"{task}.dev.gen.json").read_text())
    right = graded("official", [(task, row, stored(task, row)) for row in found])
    assert {turn.scores["score"] for turn in right} == {1.0}


def test_official_plans_are_right_without_a_pair_that_can_be_left_out(shared_data) -> None:
    items = []
    for row in json.loads((shared_data / "acpbench_hard" / "just.dev.gen.json").read_text()):
        # Of a single action the last entry says which one it is; of a pair it is -1.
        pairs = [entry[:2] for entry in row["answer"] if entry[-1] == "-1"]
        plan = row["question"].split('"')[1].replace(") (", ")|(").split("|")
        if pairs:
            start = next(i for i in range(len(plan)) if plan[i : i + 2] == pairs[0])
            items.append(("just", row, " ".join(plan[:start] + plan[start + 2 :])))
            items.append(("just", row, " ".join(plan[: start + 1] + plan[start + 2 :])))
    right = [turn.scores["score"] for turn in graded("official", items)]
    assert len(items) > 40
    assert set(right[::2]) == {1.0}
    assert 0.0 in right[1::2]
