"""Archon's exact-match scorers. Golden verdicts are worked out from the published scripts."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample, Turn
from evalrun.core.score import Score
from evalrun.scorers.archon import ArchonOptions, ArchonScorer, Variant

TARGETS = {
    "gsm8k": "3*6=<<3*6=18>>18\n#### 18",
    "math": r"So it is $\boxed{\frac{1}{2}}$.",
    "mmlu": "C",
}


def graded(task: str, *replies: str, variant: Variant = "official", target: str = "") -> Score:
    sample = Sample(
        id=f"{task}/0", task=task, turns=(Turn(query="?", target=target or TARGETS[task]),)
    )
    prediction = Prediction(
        id=f"{task}/0#0", sample_id=sample.id, epoch=0, task=task, outputs=replies
    )
    scorer = ArchonScorer(ArchonOptions(variant=variant))
    return asyncio.run(scorer.score(sample, prediction))


@pytest.mark.parametrize(
    ("reply", "official", "fixed"),
    [
        ("The answer is: 18", 1, 1),
        # The gold number occurs in it.
        ("The answer is: 180", 1, 0),
        ("The answer is: 1,800.18", 1, 0),
        ("The answer is: $18.00", 1, 1),
        # Only what stands between the first and the second separator is looked at.
        ("The answer is: 17. No. The answer is: 18", 0, 1),
        ("The answer is: 18. Or: The answer is: 17", 1, 0),
        # Case counts; the official script ends with an error without its separator.
        ("the answer is: 18", 0, 1),
        ("It is 18.", 0, 0),
        ("The answer is: eighteen", 0, 0),
    ],
)
def test_gsm8k(reply: str, official: float, fixed: float) -> None:
    assert graded("gsm8k", reply).scores == {"accuracy": official}
    assert graded("gsm8k", reply, variant="fixed").scores == {"accuracy": fixed}


def test_a_thousands_separator_of_the_gold_number_must_be_there_officially() -> None:
    target = "12*100=1200\n#### 1,200"
    assert graded("gsm8k", "The answer is: 1200", target=target).scores["accuracy"] == 0
    fixed = graded("gsm8k", "The answer is: 1200", target=target, variant="fixed")
    assert fixed.scores["accuracy"] == 1


@pytest.mark.parametrize(
    ("reply", "official", "fixed"),
    [
        (r"The answer is: $\frac{1}{2}$", 1, 1),
        # The gold box is cut at its first closing brace: \frac{1 is looked for.
        (r"The answer is: \frac{1}{3}", 1, 0),
        (r"The answer is: \dfrac{1}{2}.", 0, 1),
        (r"The final answer is: \boxed{\frac{1}{2}}", 1, 1),
        (r"answer is: no. The answer is: \frac{1}{2}", 0, 1),
        (r"\frac{1}{2}", 0, 0),
    ],
)
def test_math(reply: str, official: float, fixed: float) -> None:
    assert graded("math", reply).scores == {"accuracy": official}
    assert graded("math", reply, variant="fixed").scores == {"accuracy": fixed}


def test_a_solution_without_braces_around_its_box_has_no_official_value() -> None:
    bare = graded("math", "The answer is: 2", target=r"They are 2 and 3, so $\boxed 2$.")
    assert (bare.status, bare.scores) == ("not_applicable", {"accuracy": None})
    fixed = graded("math", "The answer is: 2", target=r"so $\boxed 2$.", variant="fixed")
    assert fixed.scores == {"accuracy": 1}


@pytest.mark.parametrize(
    ("reply", "official", "fixed"),
    [
        ("The answer is: C", 1, 1),
        ("The answer is: c ", 1, 1),
        # Only spaces go, and nothing may stand behind the letter.
        ("The answer is: C.", 0, 1),
        ("The answer is: C\n", 0, 1),
        ("The answer is: (C)", 0, 1),
        ("The answer is: [C] 6", 0, 1),
        ("The answer is: A. No, the answer is: C", 1, 1),
        # Without a separator the whole reply is compared.
        ("C", 1, 1),
        ("Cats", 0, 0),
        ("The answer is: D", 0, 0),
    ],
)
def test_mmlu(reply: str, official: float, fixed: float) -> None:
    assert graded("mmlu", reply).scores == {"accuracy": official}
    assert graded("mmlu", reply, variant="fixed").scores == {"accuracy": fixed}


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize("variant", ["official", "fixed"])
def test_a_reply_without_an_answer_is_unparsed_and_wrong(task: str, variant: Variant) -> None:
    score = graded(task, "I give up", variant=variant)
    assert (score.status, score.scores) == ("unparsed", {"accuracy": 0})
    assert graded(task, " ", variant=variant).status == "empty"


def test_of_several_passes_one_must_be_right() -> None:
    assert graded("mmlu", "The answer is: A", "?", "The answer is: C").scores["accuracy"] == 1
    wrong = graded("mmlu", "?", "The answer is: A")
    assert (wrong.scores["accuracy"], wrong.answer) == (0, "A")


def test_other_tasks_are_refused() -> None:
    with pytest.raises(ConfigError, match="grades gsm8k, math, mmlu, not 'other'"):
        graded("other", "x", target="x")


@given(st.text(), st.sampled_from(sorted(TARGETS)), st.sampled_from(["official", "fixed"]))
def test_no_reply_crashes_a_scorer(reply: str, task: str, variant: Variant) -> None:
    assert graded(task, reply, variant=variant).status != "scorer_error"
