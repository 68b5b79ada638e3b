"""The log of a debate, graded."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample, Turn
from evalrun.core.score import Score
from evalrun.scorers.logicom import LogicomOptions, LogicomScorer

SAMPLE = Sample(id="No_Helper/1", task="No_Helper", turns=(Turn(query="Let us talk."),))
YES = {"terminator": "<KEEP-TALKING>", "tag": "TRUE"}
NO = {"terminator": "<KEEP-TALKING>", "tag": "FALSE"}
BYE = {"terminator": "<TERMINATE>", "tag": "FALSE"}


def graded(outcome: Any = None, *outputs: str, variant: str = "official") -> Score:
    scorer = LogicomScorer(LogicomOptions(variant=variant))
    prediction = Prediction(
        id="No_Helper/1#0",
        sample_id="No_Helper/1",
        epoch=0,
        task="No_Helper",
        outputs=outputs,
        outcome=outcome,
    )
    return asyncio.run(scorer.score(SAMPLE, prediction))


@pytest.mark.parametrize("said", [True, False])
def test_a_published_log_says_who_won(said: bool) -> None:
    log = {"Topic_ID": "1", "log": [], "number_of_rounds": 3, "Convinced?": said}
    assert graded(log).scores == {"success": float(said), "flip": None}


def test_a_debate_that_begins_with_disagreement_may_flip() -> None:
    assert graded({"Convinced?": True, "moderators": [[NO], [YES]]}).scores["flip"] == 1.0
    assert graded({"Convinced?": False, "moderators": [[NO], [BYE]]}).scores["flip"] == 0.0
    assert graded({"Convinced?": True, "moderators": [[YES]]}).scores["flip"] is None


def test_a_panel_that_does_not_agree_at_first_is_no_agreement() -> None:
    log = {"Convinced?": True, "moderators": [[YES, NO, YES], [YES, YES, YES]]}
    assert graded(log).scores["flip"] == 1.0


@pytest.mark.parametrize(
    ("rounds", "success"),
    [
        ([[NO], [YES]], 1.0),
        ([[NO], [BYE], [YES]], 0.0),
        ([[NO]] * 11 + [[YES]], 0.0),
        ([[NO]] * 10 + [[YES]], 1.0),
        ([[NO], [NO]], 0.0),
    ],
)
def test_without_a_result_the_moderators_decide(rounds: Any, success: float) -> None:
    assert graded({"moderators": rounds}).scores["success"] == success


def test_the_variant_reads_moderators_where_a_log_does_not_say_who_won() -> None:
    log = {"moderators": [[{"terminator": "", "tag": "Not TRUE: FALSE"}]]}
    assert graded(log).scores["success"] == 1.0
    assert graded(log, variant="fixed").scores["success"] == 0.0


def test_a_log_may_be_the_reply_itself() -> None:
    assert graded(None, json.dumps({"Convinced?": True})).scores["success"] == 1.0


@pytest.mark.parametrize(
    "reply", ["", "I agree.", "[]", "{}", '{"Convinced?": "yes"}', '{"moderators": [[]]}', "3"]
)
def test_what_is_no_log_is_not_convinced_and_unparsed(reply: str) -> None:
    score = graded(None, reply)
    assert (score.scores["success"], score.status) == (0.0, "unparsed" if reply else "empty")


def test_the_reason_is_told() -> None:
    log = {"Convinced?": False, "Stop_reason": "Agents are in greeting loop"}
    assert graded(log).turns[0].explanation == "Agents are in greeting loop"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["Convinced?", "moderators", "Stop_reason"]), JSON) | JSON,
    st.text(),
)
def test_nothing_crashes_it(outcome: Any, reply: str) -> None:
    assert graded(outcome, reply).status != "scorer_error"
