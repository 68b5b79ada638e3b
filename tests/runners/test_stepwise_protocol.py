"""A question worked on one reviewed step at a time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from scripted import ScriptedEndpoint

from evalrun.core.content import Message, text_of
from evalrun.core.errors import DataError
from evalrun.core.exchange import Reply, ReplyTiming, SampleKey, Sampling, Usage
from evalrun.core.interfaces import Play, RoleReply
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample, Turn
from evalrun.runners.folder import RunFolder
from evalrun.runners.ledger import Ledger
from evalrun.runners.log import AppendLog
from evalrun.runners.recording import answered, unanswered
from evalrun.runners.stepwise import Stepwise, StepwiseOptions

KEY = SampleKey("t/0")
ONE_TURN = Sample(
    id="t/0",
    task="t",
    messages=(Message("system", "S"),),
    turns=(Turn(query="Q", max_tokens=5, prefill="So", reply_schema={"type": "object"}),),
)


def played(replies: Iterable[str], seed: int | None = None, **options: int) -> tuple[Play, list]:
    """Play with these replies, in order; return the play and the requests it made."""
    script = iter(replies)
    endpoint = ScriptedEndpoint(lambda *_: next(script))
    protocol = Stepwise(StepwiseOptions(name="stepwise", **options))
    play = asyncio.run(protocol.play(ONE_TURN, KEY, endpoint, Sampling(seed=seed)))
    assert next(script, None) is None, "not every reply was asked for"
    return play, endpoint.asked


def said(asked: list) -> list[str]:
    """Return what each call said behind the question."""
    return [text_of(request.messages[0].content) for _, _, request in asked]


def test_each_step_is_reviewed_and_the_chain_checked_before_the_answer() -> None:
    replies = ["STEP: one", "ACCEPT", "LAST STEP: two", "accepted.", "CONSISTENT", "Answer: 2"]
    play, asked = played(replies)
    assert [reply.text for reply in play.replies] == ["Answer: 2"]
    assert [step.reply.text for step in play.intermediate] == replies[:-1]
    step, review, following, _, check, answer = said(asked)
    assert "There are no steps so far." in step
    assert "no steps so far" in review
    assert "STEP: one" in review
    assert "1. one" in following
    assert "1. one\n2. two" in check
    assert "1. one\n2. two" in answer


def test_all_calls_are_requests_of_their_own_on_one_question_that_stays_open() -> None:
    _, asked = played(["LAST STEP: x", "ACCEPT", "CONSISTENT", "A"], seed=7)
    (prompt,) = {prompt for _, prompt, _ in asked}
    assert prompt.messages == (Message("system", "S"), Message("user", "Q"))
    assert prompt.open_ended
    assert prompt.requests == 3 * (10 * 5 + 1)
    requests = [request for _, _, request in asked]
    assert [request.sampling.seed for request in requests] == [7, 10_007, 20_007, 30_007]
    assert {request.keep for request in requests} == {"nothing"}
    assert {request.sampling.max_tokens for request in requests} == {5}
    assert [request.turn for request in requests] == [0, 1, 2, 3]


def test_the_form_of_the_answer_is_asked_of_the_answer_alone() -> None:
    _, asked = played(["LAST STEP: x", "ACCEPT", "CONSISTENT", "A"])
    *before, last = [request for _, _, request in asked]
    assert {(r.prefill, r.form.reply_schema is None) for r in before} == {(None, True)}
    assert (last.prefill, last.form.reply_schema) == ("So", {"type": "object"})


def test_a_rejected_step_is_written_anew_with_the_review_and_the_last_one_stays() -> None:
    _, asked = played(
        ["STEP: a", "REJECT: too bold", "STEP: b", "REJECT it", "LAST STEP: c", "CONSISTENT", "A"]
    )
    first, review, second, _, third, _, answer = said(asked)
    assert "too bold" in second
    assert "STEP: a" in second
    assert "too bold" not in first + review + third
    assert "STEP: b" in third
    assert "1. c" in answer


@pytest.mark.parametrize("verdict", ["", "Hm.", "I would ACCEPT this", "ACCEPTABLE", "REJECT"])
def test_a_review_that_does_not_begin_with_accept_rejects(verdict: str) -> None:
    play, _ = played(
        ["LAST STEP: a", verdict, "LAST STEP: b", "A"], max_regenerations=1, max_restarts=0
    )
    assert play.replies[0].text == "A"


@pytest.mark.parametrize("verdict", ["ACCEPT", "**Accept**", "accepted: fine", "> ACCEPT."])
def test_markup_and_case_do_not_keep_a_step_from_being_accepted(verdict: str) -> None:
    played(["LAST STEP: a", verdict, "A"], max_regenerations=1, max_restarts=0)


def test_an_inconsistent_chain_is_begun_anew_and_told_why() -> None:
    replies = ["LAST STEP: a", "INCONSISTENT: no ice", "LAST STEP: b", "CONSISTENT", "A"]
    _, asked = played(replies, max_regenerations=0)
    first, _, second, _, answer = said(asked)
    assert "no ice" in second
    assert "no ice" not in first
    assert "1. b" in answer
    assert "1. a" not in answer


def test_the_last_chain_is_answered_from_without_a_check() -> None:
    played(
        ["LAST STEP: a", "INCONSISTENT", "LAST STEP: b", "A"], max_regenerations=0, max_restarts=1
    )


def test_a_chain_ends_at_its_limit_without_a_last_step() -> None:
    _, asked = played(
        ["STEP: a", "no label", "A"], max_steps=2, max_regenerations=0, max_restarts=0
    )
    assert "1. a\n2. no label" in said(asked)[-1]


def test_no_play_makes_more_requests_than_it_announced() -> None:
    asked = itertools.repeat("?", 2 * (2 * 3 + 1))
    play, calls = played(asked, max_steps=2, max_regenerations=1, max_restarts=1)
    assert len(calls) == calls[0][1].requests == len(play.intermediate) + 1


def test_braces_in_replies_are_text() -> None:
    _, asked = played(["LAST STEP: {steps} {{x}}", "A"], max_regenerations=0, max_restarts=0)
    assert "1. {steps} {{x}}" in said(asked)[-1]


def test_a_sample_of_several_turns_is_refused() -> None:
    sample = Sample(id="t/0", task="t", turns=(Turn(query="a"), Turn(query="b")))
    protocol = Stepwise(StepwiseOptions(name="stepwise"))
    with pytest.raises(DataError, match="has 2 turns; protocol=stepwise asks one"):
        asyncio.run(protocol.play(sample, KEY, ScriptedEndpoint(lambda *_: ""), Sampling()))


# What a row keeps of calls that are not graded


def reply(text: str, tokens: int, *, from_cache: bool = False) -> Reply:
    return Reply(
        text=text,
        stop_reason="stop",
        timing=ReplyTiming(latency_s=1.0, ttft_s=tokens / 10),
        usage=Usage(input_tokens=tokens, output_tokens=1, cost_usd=0.5),
        from_cache=from_cache,
    )


@pytest.fixture
def row(tmp_path: Path) -> Prediction:
    """Return the row of a play with two intermediate replies, one of them from the cache."""
    play = Play(
        replies=(reply("answer", 3),),
        intermediate=(
            RoleReply(reply("step", 1)),
            RoleReply(reply("review", 2, from_cache=True), "reviewer"),
        ),
    )
    empty = unanswered(ONE_TURN, 0, save_inputs="hash")
    return asyncio.run(answered(empty, play, RunFolder(tmp_path)))


def test_a_row_keeps_texts_usage_and_time_of_intermediate_replies(row: Prediction) -> None:
    assert row.outputs == ("answer",)
    kept = [(one.output, one.role) for one in row.intermediate]
    assert kept == [("step", "model"), ("review", "reviewer")]
    assert [record.usage.input_tokens for record in row.turns] == [3]
    assert row.usage == Usage(input_tokens=6, output_tokens=3, cost_usd=1.5)
    assert row.timing == {"latency_s": 3.0, "ttft_s": 0.1}
    assert [record.usage.input_tokens for record in row.records] == [1, 2, 3]
    decoded = msgspec.json.decode(msgspec.json.encode(row), type=Prediction)
    assert decoded == row


def test_a_folder_counts_what_intermediate_replies_cost_but_those_of_the_cache(
    tmp_path: Path, row: Prediction
) -> None:
    folder = RunFolder(tmp_path)

    async def append() -> None:
        log = AppendLog(folder.predictions)
        await log.append(row)
        await log.close()

    asyncio.run(append())
    assert Ledger(folder, "s").spent == Usage(input_tokens=4, output_tokens=2, cost_usd=1.0)
