"""What a page shows of a row: turn by turn, what was asked, replied and judged."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from report.run_folders import failure, prediction, score

from evalrun.core.content import AudioPart, ImagePart, Message, TextPart, ToolCall
from evalrun.core.exchange import KVReport, Likelihood, Shortened
from evalrun.core.prediction import IntermediateReply, Prediction, SavedFile
from evalrun.core.sample import Sample, Turn
from evalrun.core.score import Score, TurnScore
from evalrun.runners.report.inputs import asked
from evalrun.runners.report.model import ChoiceView, RowView
from evalrun.runners.report.rows import Stored, row_view


class Named:
    """Media that are called after their names, but for one that is not there."""

    def of_reply(self, file: SavedFile) -> str | None:
        return None if file.path == "artifacts/gone.png" else f"page/{file.path}"

    def of_question(self, url: str) -> str:
        return f"page/{url}"


def shown(
    row: Prediction, verdict: Score | None = None, sample: Sample | None = None, **options: Any
) -> RowView:
    known = asked(sample) if sample else None
    return row_view(Stored(row, verdict, known, 0), Named(), **options)


def sample(*turns: Turn, **fields: Any) -> Sample:
    return Sample(id="s0", task="t", turns=turns, **fields)


def verdicts(*values: float, **fields: Any) -> Score:
    turns = (
        TurnScore(turn=n, scores={"f1": v}, answer=f"a{n}", explanation=f"why {n}")
        for n, v in enumerate(values)
    )
    return score(0, turns=tuple(turns), **fields)


def test_a_row_without_verdict_and_question_shows_the_reply() -> None:
    row = shown(prediction(0, "hello"))
    (turn,) = row.turns
    assert (turn.output, turn.query, turn.status, turn.target) == ("hello", None, None, None)
    assert turn.timing is not None
    assert turn.timing.latency_s == 0.5
    assert (row.status, row.scores, row.context, row.messages) == (None, {}, None, ())


def test_each_turn_has_its_question_its_reply_and_its_verdict() -> None:
    two = sample(
        Turn(query="first?", target="x"), Turn(query="second?", target=["y"]), context="book "
    )
    row = shown(prediction(0, "one", "two"), verdicts(0.25, 0.75), two)
    assert [(t.query, t.output, t.target, t.answer, t.scores) for t in row.turns] == [
        ("first?", "one", "x", "a0", {"f1": 0.25}),
        ("second?", "two", ["y"], "a1", {"f1": 0.75}),
    ]
    assert (row.context, row.context_chars) == ("book ", 5)


def test_a_long_context_is_cut_and_its_length_told() -> None:
    row = shown(prediction(0), None, sample(Turn(query="?"), context="c" * 5000))
    assert row.context == "c" * 2000
    assert row.context_chars == 5000


def test_several_answers_in_one_reply_are_turns_of_their_own_after_it() -> None:
    many = sample(Turn(query="both?", target=["x", "y"], answers=2), Turn(query="then?"))
    row = shown(prediction(0, "x and z", "last"), verdicts(1.0, 0.0, 0.5), many)
    assert [(t.output, t.target, t.scores["f1"]) for t in row.turns] == [
        ("x and z", "x", 1.0),
        (None, "y", 0.0),
        ("last", None, 0.5),
    ]


def test_a_lone_reply_has_all_verdicts_when_its_question_is_not_known() -> None:
    row = shown(prediction(0, "x and z"), verdicts(1.0, 0.0))
    assert [(t.output, t.scores["f1"]) for t in row.turns] == [("x and z", 1.0), (None, 0.0)]


def test_verdicts_beyond_the_replies_are_not_lost() -> None:
    row = shown(prediction(0, "one", "two"), verdicts(0.1, 0.2, 0.3))
    assert [t.scores["f1"] for t in row.turns] == [0.1, 0.2, 0.3]


def test_a_failed_row_shows_its_error_and_its_question() -> None:
    row = shown(failure(0), None, sample(Turn(query="why?", target="x")))
    assert row.error == "timeout: too slow"
    assert [(t.query, t.output, t.target) for t in row.turns] == [("why?", None, "x")]


def test_images_and_sounds_of_context_and_question_stand_with_the_turn() -> None:
    query = (ImagePart("b.png"), TextPart("what is this?"), AudioPart("c.wav"))
    given = sample(Turn(query=query), context=(TextPart("look: "), ImagePart("a.png")))
    row = shown(prediction(0), None, given)
    assert row.turns[0].images == ("page/a.png", "page/b.png", "page/c.wav")
    assert (row.turns[0].query, row.context) == ("what is this?", "look: ")


def test_files_of_a_reply_are_shown_where_they_are_there() -> None:
    row = prediction(0)
    files = tuple(SavedFile(f"artifacts/{n}.png", "image/png", n) for n in ("kept", "gone"))
    record = msgspec.structs.replace(
        row.turns[0], files=files, tool_calls=(ToolCall("1", "f", "{}"),), reasoning="hm"
    )
    (turn,) = shown(msgspec.structs.replace(row, turns=(record,))).turns
    assert turn.files == ("page/artifacts/kept.png",)
    assert (turn.tool_calls[0].name, turn.reasoning) == ("f", "hm")


def test_saved_messages_are_shown_with_long_texts_cut() -> None:
    said = (
        Message("system", "be brief"),
        Message("user", (TextPart("x" * 2001), ImagePart("data:" + "y" * 500))),
    )
    row = shown(prediction(0, messages=said), None, sample(Turn(query="?")))
    assert row.messages[0] == {"role": "system", "content": "be brief"}
    text = row.messages[1]["content"]
    assert text.startswith("x" * 2000 + " … (2,001 characters in all)[data:yyy")
    assert text.endswith("… (505 characters in all)]")


def test_what_stood_before_the_question_is_shown_where_no_messages_were_saved() -> None:
    before = (Message("user", "example"), Message("assistant", "", (ToolCall("1", "f", "{}"),)))
    row = shown(prediction(0), None, sample(Turn(query="?"), messages=before))
    assert [m["role"] for m in row.messages] == ["user", "assistant"]
    assert row.messages[1]["tool_calls"][0]["name"] == "f"


def test_without_inputs_no_message_is_shown() -> None:
    row = shown(prediction(0, messages=(Message("user", "secret"),)), inputs=False)
    assert row.messages == ()


def test_labels_are_the_verdicts_or_else_the_samples() -> None:
    labelled = sample(Turn(query="?"), labels={"language": "de"})
    assert shown(prediction(0), None, labelled).labels == {"language": "de"}
    assert shown(prediction(0), score(0, labels={"language": "fr"}), labelled).labels == {
        "language": "fr"
    }


@pytest.mark.parametrize("measured", [True, False])
def test_what_was_measured_of_the_cache_and_of_a_rewritten_prompt_is_kept(measured: bool) -> None:
    kv = KVReport(
        method="m", tokens_seen=9, tokens_kept=3, tokens_kept_per_layer=(3,), bytes=4, prefill_s=1
    )
    short = Shortened(characters_before=9, characters_after=3, seconds=0.1)
    row = shown(prediction(0, kv=kv, shortened=short) if measured else prediction(0))
    if measured:
        assert row.kv is not None
        assert (row.kv["tokens_seen"], row.kv["shortened"]["characters_after"]) == (9, 3)
    else:
        assert row.kv is None


def likely(*logprobs: float | None) -> Prediction:
    """Return a reply by likelihood, its choices of two tokens each."""
    row = prediction(0, "A")
    found = tuple(Likelihood(logprob=logprob, tokens=2) for logprob in logprobs)
    record = msgspec.structs.replace(row.turns[0], likelihoods=found)
    return msgspec.structs.replace(row, turns=(record,))


def test_likelihoods_are_shown_with_the_texts_of_their_choices() -> None:
    row = shown(likely(-1.5, None), sample=sample(Turn(query="q", choices=("yes", "no"))))
    assert row.turns[0].likelihoods == (
        ChoiceView(text="yes", logprob=-1.5, tokens=2),
        ChoiceView(text="no", logprob=None, tokens=2),
    )


@pytest.mark.parametrize("known", [None, sample(Turn(query="q", choices=("yes", "no", "maybe")))])
def test_likelihoods_of_unknown_choices_are_shown_without_texts(known: Sample | None) -> None:
    row = shown(likely(-1.5, -2.5), sample=known)
    assert [choice.text for choice in row.turns[0].likelihoods] == [None, None]


def test_replies_that_led_to_the_last_one_are_shown_with_their_role() -> None:
    row = prediction(0, "the end")
    thought = msgspec.structs.replace(
        row.turns[0], reasoning="hm", files=(SavedFile("artifacts/a.png", "image/png", "0"),)
    )
    steps = (
        IntermediateReply(output="step", record=thought),
        IntermediateReply(output="ACCEPT", record=row.turns[0], role="reviewer"),
    )
    found = shown(msgspec.structs.replace(row, intermediate=steps))
    first, second = found.intermediate
    assert (first.output, first.reasoning, first.role) == ("step", "hm", None)
    assert first.files == ("page/artifacts/a.png",)
    assert (second.output, second.role, second.stop_reason) == ("ACCEPT", "reviewer", "stop")
    assert [turn.output for turn in found.turns] == ["the end"]
