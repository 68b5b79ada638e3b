"""Replies and tokens by the role of the model that gave them."""

from __future__ import annotations

from evalrun.core.config import TableOptions
from evalrun.core.exchange import ReplyTiming, Usage
from evalrun.core.prediction import IntermediateReply, Prediction, TurnRecord
from evalrun.runners.plan import Plan
from evalrun.runners.results import Labels, Results, RoleSpending, aggregate
from evalrun.runners.tables.results import run_table

LABELS = Labels(recipe="r", model="m", kv="full", protocol="archon", scorer="s")


def record(tokens: int) -> TurnRecord:
    usage = Usage(input_tokens=tokens, output_tokens=1)
    return TurnRecord(stop_reason="stop", usage=usage, timing=ReplyTiming(latency_s=0.0))


def results(*answered_by: str, helpers: tuple[str, ...] = ()) -> Results:
    prediction = Prediction(
        id="t/0#0",
        sample_id="t/0",
        epoch=0,
        task="t",
        outputs=("a", "b"),
        turns=(record(10), record(20)),
        answered_by=answered_by,
        intermediate=tuple(
            IntermediateReply(output="x", record=record(100), role=role) for role in helpers
        ),
    )
    return aggregate([], [prediction], LABELS, Plan(1, ()), TableOptions())


def spent(replies: int, tokens: int) -> RoleSpending:
    return RoleSpending(replies=replies, usage=Usage(input_tokens=tokens, output_tokens=replies))


def test_the_model_under_test_alone_has_no_split() -> None:
    assert results(helpers=("model",)).by_role == {}


def test_replies_count_for_the_roles_that_gave_them() -> None:
    told = results("strong", "model", helpers=("judge", "model"))
    assert told.by_role == {
        "judge": spent(1, 100), "model": spent(2, 120), "strong": spent(1, 10),
    }  # fmt: skip
    assert told.replies == 4


def test_answers_are_of_the_model_under_test_unless_it_is_said() -> None:
    assert results(helpers=("judge",)).by_role["model"] == spent(2, 30)


def test_the_table_tells_who_spent_what() -> None:
    (said,) = (note for note in run_table(results(helpers=("judge",))).notes if "by role" in note)
    assert said == (
        "replies by role: judge 1 (100 input and 1 output tokens); "
        "model 2 (30 input and 2 output tokens)"
    )
