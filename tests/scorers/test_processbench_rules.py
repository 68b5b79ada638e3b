"""The rules of ProcessBench: indices in boxes, votes, and steps judged one by one."""

from __future__ import annotations

import math
import re
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.exchange import Likelihood, ReplyTiming, Usage
from evalrun.core.prediction import Prediction, TurnRecord
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.processbench import ProcessBenchOptions, ProcessBenchScorer
from evalrun.scorers.processbench.critiques import fixed_answer, index_of, official_answer
from evalrun.scorers.processbench.steps import first_wrong, step_scores

OFFICIAL = ProcessBenchScorer(ProcessBenchOptions())
FIXED = ProcessBenchScorer(ProcessBenchOptions(variant="fixed"))


# Critiques


@pytest.mark.parametrize(
    ("reply", "label", "official", "fixed"),
    [
        (r"The first mistake: \boxed{2}", 2, 1, 1),
        (r"\boxed{2}", 1, 0, 0),
        (r"\boxed{-1}", -1, 1, 1),
        # The last box counts.
        (r"\boxed{0}, no: \boxed{1}", 1, 1, 1),
        (r"\boxed{0}, no: \boxed{1}", 0, 0, 0),
        # What Python's int reads.
        (r"\boxed{ 2 }", 2, 1, 1),
        ("\\boxed{2\n}", 2, 1, 1),
        (r"\boxed{+2}", 2, 1, 1),
        (r"\boxed{02}", 2, 1, 1),
        (r"\boxed{1_0}", 10, 1, 0),
        (r"\boxed{2.0}", 2, 0, 1),
        (r"\boxed{2.5}", 2, 0, 0),
        (r"\boxed{paragraph_2}", 2, 0, 1),
        (r"\boxed{2, 3}", 2, 0, 0),
        (r"\boxed{}", -1, 0, 0),
        # Up to the first brace that closes.
        (r"\boxed{\text{2}}", 2, 0, 1),
        (r"\boxed {2}", 2, 0, 1),
        (r"\boxed{2", 2, 0, 0),
        (r"boxed{2}", 2, 0, 0),
        ("The answer is 2.", 2, 0, 0),
        ("", -1, 0, 0),
        (r"\boxed{" + "9" * 5000 + "}", 9, 0, 0),
    ],
)
def test_the_index_in_the_last_box_is_compared(grade, reply, label, official, fixed) -> None:
    assert grade(OFFICIAL, reply, label).scores == {"match": official}
    assert grade(FIXED, reply, label).scores == {"match": fixed}


def test_statuses_tell_what_was_found(grade) -> None:
    assert grade(OFFICIAL, r"\boxed{2}", 2).status == "ok"
    assert grade(OFFICIAL, r"\boxed{2, 3}", 2).status == "ok"
    assert grade(OFFICIAL, "no box", 2).status == "unparsed"
    assert grade(OFFICIAL, " \n", 2).status == "empty"
    assert grade(OFFICIAL, r"\boxed{2}", 2, stop="length").status == "truncated"
    assert grade(OFFICIAL, r"\boxed{2, 3}", 2).answer == "2, 3"


# Votes


def voted(grade_sample, scorer, answers, label):
    sample = Sample(id="s", task="gsm8k", turns=(Turn(query="?", target=label),))
    replies = [answer if answer is None else rf"\boxed{{{answer}}}" for answer in answers]
    return grade_sample(scorer, sample, [reply or "no box" for reply in replies])


@pytest.mark.parametrize(
    ("answers", "label", "official", "fixed"),
    [
        (["1", "2", "2"], 2, 1, 1),
        # Of equal numbers the first seen wins.
        (["1", "2", "2", "1"], 1, 1, 1),
        (["2", "1", "2", "1"], 1, 0, 0),
        # Replies without a box do not vote; texts that are no numbers do.
        ([None, None, None, "3"], 3, 1, 1),
        (["2, 3", "2, 3", "2"], 2, 0, 1),
        (["", "", "2"], 2, 0, 1),
        # "02" and "2" count apart, spaces do not.
        (["02", "2", "1", "1"], 1, 1, 0),
        ([" 2 ", "2", "1"], 2, 1, 1),
        ([None, None], -1, 0, 0),
    ],
)
def test_texts_in_boxes_vote(grade_sample, answers, label, official, fixed) -> None:
    assert voted(grade_sample, OFFICIAL, answers, label).scores == {"match": official}
    assert voted(grade_sample, FIXED, answers, label).scores == {"match": fixed}


def official_vote(replies):
    """Return the official prediction, as the card of the benchmark describes it."""
    found = [re.findall(r"\\boxed\{([^}]*)\}", reply) for reply in replies]
    counted = Counter(boxes[-1].strip() for boxes in found if boxes)
    try:
        return int(counted.most_common(1)[0][0])
    except (IndexError, ValueError):
        return None


TEXTS = st.lists(
    st.sampled_from(
        [
            "\\boxed{",
            "\\boxed",
            "boxed {",
            "{",
            "}",
            "\\text{",
            " ",
            "\n",
            "2",
            "02",
            "-1",
            "+",
            "x",
        ]
    ),
    max_size=14,
).map("".join)


@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_any_replies_vote_as_in_the_official_script(grade_sample, replies) -> None:
    sample = Sample(id="s", task="gsm8k", turns=(Turn(query="?", target=2),))
    score = grade_sample(OFFICIAL, sample, replies)
    assert score.scores == {"match": float(official_vote(replies) == 2)}


@given(TEXTS | st.text(max_size=40))
def test_any_reply_is_read_as_the_official_expression_reads_it(text) -> None:
    found = re.findall(r"\\boxed\{([^}]*)\}", text)
    assert official_answer(text) == (found[-1].strip() if found else None)
    answer = fixed_answer(text)
    assert answer is None or str(index_of(answer)) == answer


def test_many_boxes_that_are_never_closed_take_no_time() -> None:
    assert official_answer("\\boxed{" * 200_000) is None
    assert fixed_answer("\\boxed{" * 200_000) is None


# Steps


def steps_sample(count: int, label: int) -> Sample:
    turns = tuple(
        Turn(query="?", target=label, answers=int(i == count - 1), reference="+")
        for i in range(count)
    )
    return Sample(id="s", task="math", turns=turns, labels={"side": "error"})


@pytest.mark.parametrize(
    ("outputs", "label", "match", "answer", "status"),
    [
        (["+", "+", "+"], -1, 1, -1, "ok"),
        (["+", "-"], 1, 1, 1, "ok"),
        (["+", "-"], 2, 0, 1, "ok"),
        (["-"], 0, 1, 0, "ok"),
        # Whatever does not begin with "+" ends it.
        ([" +\n", "+1", "maybe"], 2, 1, 2, "ok"),
        (["+", ""], 1, 1, 1, "ok"),
        # What stands behind the first wrong step does not count.
        (["+", "-", "+"], 1, 1, 1, "ok"),
        # Judgements that end too early say nothing.
        (["+", "+"], -1, 0, None, "unparsed"),
        ([], -1, 0, None, "empty"),
        # Scores of steps, made elsewhere.
        (["0.9", "0.51", "0.2"], 2, 1, 2, "ok"),
        (["0.9", "0.5", "0.2"], 1, 1, 1, "ok"),
        (["nan", "1", "1"], 0, 1, 0, "ok"),
    ],
)
def test_the_first_step_judged_wrong_is_the_prediction(
    grade_sample, outputs, label, match, answer, status
) -> None:
    score = grade_sample(OFFICIAL, steps_sample(3, label), outputs)
    assert score.scores == {"match": match}
    assert (score.answer, score.status) == (answer, status)
    assert len(score.turns) == 1
    assert score.labels == {"side": "error"}


def test_a_solution_of_one_step_has_one_judgement(grade_sample) -> None:
    assert grade_sample(OFFICIAL, steps_sample(1, -1), ["+"]).scores == {"match": 1.0}
    assert grade_sample(OFFICIAL, steps_sample(1, 0), ["-"]).scores == {"match": 1.0}


def test_likelihoods_are_compared_with_the_threshold() -> None:
    def record(bad: float | None, good: float | None) -> TurnRecord:
        both = (Likelihood(logprob=bad, tokens=1), Likelihood(logprob=good, tokens=1))
        return TurnRecord(
            stop_reason="stop", usage=Usage(), timing=ReplyTiming(latency_s=0), likelihoods=both
        )

    prediction = Prediction(
        id="s#0",
        sample_id="s",
        epoch=0,
        task="math",
        outputs=("+", "+", "-"),
        # Probabilities of "+": 0.8, 0.6 and 0.5.
        turns=(record(-1.6094, -0.2231), record(-0.9163, -0.5108), record(-1.0, -1.0)),
    )
    scores = step_scores(prediction, 3)
    assert scores == pytest.approx((0.8, 0.6, 0.5), abs=1e-4)
    assert first_wrong(scores, 3, 0.45) == -1
    assert first_wrong(scores, 3, 0.5) == 2
    assert first_wrong(scores, 3, 0.7) == 1
    assert first_wrong(scores, 3, 0.9) == 0
    extreme = msgspec.structs.replace(prediction, turns=(record(0.0, -1e308), record(None, -1.0)))
    # A likelihood that is not known leaves what the output says, and so does none at all.
    assert step_scores(extreme, 3) == (pytest.approx(0.0), math.inf, -math.inf)


def test_the_variant_and_a_threshold_of_ones_own_are_shown() -> None:
    assert OFFICIAL.label == "processbench[variant=official]"
    own = ProcessBenchScorer(ProcessBenchOptions(threshold=0.3))
    assert own.label == "processbench[variant=official,threshold=0.3]"


@given(st.lists(st.text(max_size=6), max_size=5))
def test_no_judgement_stops_the_scorer(grade_sample, outputs) -> None:
    score = grade_sample(OFFICIAL, steps_sample(3, 1), outputs)
    assert score.scores["match"] in (0.0, 1.0)
