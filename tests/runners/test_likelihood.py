"""`protocol=likelihood`: the likeliest choice is the answer, named so that scorers know it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import ScriptedEndpoint
from servers.answers import Answer

from evalrun.core.content import ImagePart, Message, TextPart
from evalrun.core.errors import ConfigError, DataError, EndpointError, EvalrunError
from evalrun.core.exchange import (
    Likelihood,
    Prompt,
    Reply,
    ReplyTiming,
    Request,
    SampleKey,
    Sampling,
)
from evalrun.core.interfaces import Play
from evalrun.core.options import to_options
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample, Turn
from evalrun.core.score import Score
from evalrun.models.forms import refuse_form
from evalrun.runners.batch import run_all
from evalrun.runners.compose import Composer
from evalrun.runners.likelihood import ByLikelihood
from evalrun.runners.log import read_log
from evalrun.runners.runs import Finished
from evalrun.scorers.choice import ChoiceOptions, ChoiceScorer
from evalrun.scorers.exact import ExactOptions, ExactScorer
from evalrun.scorers.text import squeezed

COLOURS = ("red", "deep blue", "green")
KEY = SampleKey("q")

# In steps that floats hold exactly, so that sums and quotients keep the order.
LOGPROBS = st.lists(st.integers(-9999, 0).map(lambda n: n / 16), min_size=1, max_size=8)


def protocol(**section: Any) -> ByLikelihood:
    section = {"name": "likelihood", **section}
    return ByLikelihood(to_options(section, ByLikelihood.Options, "protocol"))


def question(*choices: str, target: Any = None, query: str = "Which?") -> Sample:
    return Sample(id="q", task="t", turns=(Turn(query=query, choices=choices, target=target),))


def telling(*logprobs: float | None, tokens: Sequence[int] = ()) -> ScriptedEndpoint:
    """Return an endpoint that knows these log-probabilities, of so many tokens each."""
    counts = tokens or [1] * len(logprobs)
    known = tuple(Likelihood(logprob=p, tokens=n) for p, n in zip(logprobs, counts, strict=True))
    reply = Reply(text="", stop_reason="stop", timing=ReplyTiming(latency_s=0.0), likelihoods=known)
    return ScriptedEndpoint(lambda key, prompt, request: reply)


def play(sample: Sample, endpoint: ScriptedEndpoint, **section: Any) -> Play:
    return asyncio.run(protocol(**section).play(sample, KEY, endpoint, Sampling()))


def answer(sample: Sample, *logprobs: float | None, **section: Any) -> str:
    (reply,) = play(sample, telling(*logprobs), **section).replies
    return reply.text


def graded(scorer: Any, sample: Sample, output: str) -> float | None:
    prediction = Prediction(id="q#0", sample_id="q", epoch=0, task="t", outputs=(output,))
    return asyncio.run(scorer.score(sample, prediction)).scores["accuracy"]


def test_letters_follow_the_question_in_one_request() -> None:
    endpoint = telling(-3.0, -1.0, -2.0)
    play(question(*COLOURS), endpoint)
    ((_, prompt, request),) = endpoint.asked
    assert prompt.messages == (Message("user", "Which?"),)
    assert not prompt.open_ended
    assert request.messages == ()
    assert request.form.continuations == ("A", "B", "C")


def test_texts_follow_the_question_behind_the_delimiter() -> None:
    endpoint = telling(-3.0, -1.0, -2.0)
    play(question(*COLOURS), endpoint, of="texts", delimiter=" ")
    assert endpoint.asked[0][2].form.continuations == (" red", " deep blue", " green")


def test_the_likeliest_choice_is_the_answer() -> None:
    assert answer(question(*COLOURS), -3.0, -1.0, -2.0) == "B"
    assert answer(question(*COLOURS, target="green"), -3.0, -2.0, -1.0) == "green"


def test_of_equals_the_first_wins() -> None:
    assert answer(question(*COLOURS), -2.0, -1.0, -1.0) == "B"


def test_choices_of_unknown_likelihood_are_passed_over() -> None:
    assert answer(question(*COLOURS), None, -9.0, None) == "B"


def test_nothing_is_answered_when_no_likelihood_is_known() -> None:
    assert answer(question(*COLOURS), None, None, None) == ""


def test_an_impossible_choice_is_still_a_choice() -> None:
    impossible = float("-inf")
    assert answer(question("red", "blue"), impossible, impossible) == "A"


@pytest.mark.parametrize(
    ("normalize", "letter"),
    [
        # -6, -8, -5.5
        ("none", "C"),
        # -6/1, -8/4, -5.5/2 = -6, -2, -2.75
        ("tokens", "B"),
        # -6/6, -8/6, -5.5/4 = -1, -1.33, -1.375
        ("characters", "A"),
        # -6/6, -8/12, -5.5/4 = -1, -0.67, -1.375
        ("bytes", "B"),
    ],
)
def test_likelihoods_are_divided_by_the_length_of_their_choice(normalize, letter) -> None:
    endpoint = telling(-6.0, -8.0, -5.5, tokens=(1, 4, 2))
    sample = question("yellow", "жёлтый", "blue")
    (reply,) = play(sample, endpoint, of="texts", normalize=normalize, delimiter=" ").replies
    assert reply.text == letter


@given(LOGPROBS, st.integers(-100, 100), st.sampled_from(["letters", "texts"]))
def test_a_constant_added_to_all_log_likelihoods_changes_nothing(logprobs, constant, of) -> None:
    sample = question(*(f"choice {i}" for i in range(len(logprobs))))
    shifted = [value + constant for value in logprobs]
    assert answer(sample, *shifted, of=of) == answer(sample, *logprobs, of=of)


@given(LOGPROBS, st.sampled_from(["tokens", "characters", "bytes"]))
def test_among_choices_of_equal_length_normalising_changes_nothing(logprobs, normalize) -> None:
    sample = question(*(f"choice {i}" for i in range(len(logprobs))))
    normalized = answer(sample, *logprobs, of="texts", normalize=normalize)
    assert normalized == answer(sample, *logprobs, of="texts")


WORDS = st.text(st.sampled_from("abcxyz ABI."), min_size=1).map(squeezed).filter(bool)


@given(
    st.lists(WORDS, min_size=2, max_size=5, unique_by=lambda text: text.casefold()),
    st.data(),
    st.sampled_from(["letters", "texts"]),
    st.booleans(),
)
def test_scorers_find_the_target_likeliest_and_the_others_not(choices, data, of, by_text) -> None:
    right, likeliest = (data.draw(st.integers(0, len(choices) - 1)) for _ in range(2))
    target = choices[right] if by_text else "ABCDE"[right]
    folded = [choice.casefold() for choice in choices]
    if target.casefold() in folded:
        right = folded.index(target.casefold())
    sample = question(*choices, target=target)
    logprobs = [-1.0 if i == likeliest else -2.0 for i in range(len(choices))]
    output = answer(sample, *logprobs, of=of)
    assert graded(ChoiceScorer(ChoiceOptions()), sample, output) == float(right == likeliest)


@pytest.mark.parametrize("of", ["letters", "texts"])
@pytest.mark.parametrize("target", ["B", "deep blue", ["deep blue", "green"]])
def test_both_scorers_for_choices_know_the_answer_again(of, target) -> None:
    sample = question(*COLOURS, target=target)
    output = answer(sample, -3.0, -1.0, -2.0, of=of)
    assert graded(ChoiceScorer(ChoiceOptions()), sample, output) == 1.0
    assert graded(ExactScorer(ExactOptions()), sample, output) == 1.0


@pytest.mark.parametrize(
    ("choices", "target", "likeliest", "output"),
    [
        # "A" is the text of the second choice, so the first is named by its text.
        (("B", "A", "C"), None, 0, "B"),
        # The text would be read as a statement that C is the answer.
        (("the answer is C", "red", "blue"), "the answer is C", 0, "A"),
    ],
)
def test_a_choice_is_named_so_that_it_is_not_taken_for_another(
    choices, target, likeliest, output
) -> None:
    sample = question(*choices, target=target)
    logprobs = [-1.0 if i == likeliest else -2.0 for i in range(len(choices))]
    assert answer(sample, *logprobs) == output


def test_likelihoods_stay_with_the_reply() -> None:
    (reply,) = play(question("red", "blue"), telling(-1.0, None)).replies
    assert reply.likelihoods == (
        Likelihood(logprob=-1.0, tokens=1),
        Likelihood(logprob=None, tokens=1),
    )


def test_several_questions_are_asked_apart_on_one_context() -> None:
    def script(key: SampleKey, prompt: Prompt, request: Request) -> Reply:
        likelihoods = tuple(
            Likelihood(logprob=-1.0 if index == request.turn else -2.0, tokens=1)
            for index in range(len(request.form.continuations))
        )
        return Reply(
            text="",
            stop_reason="stop",
            timing=ReplyTiming(latency_s=0.0),
            likelihoods=likelihoods,
        )

    turns = tuple(Turn(query=f"Q{i}", choices=COLOURS) for i in (1, 2))
    system = Message("system", "Be brief.")
    sample = Sample(id="q", task="t", context="book\n\n", messages=(system,), turns=turns)
    endpoint = ScriptedEndpoint(script)
    replies = play(sample, endpoint).replies
    assert [reply.text for reply in replies] == ["A", "B"]
    for _, prompt, request in endpoint.asked:
        assert prompt.messages == (system, Message("user", "book\n\n"))
        assert (prompt.open_ended, prompt.requests, prompt.context) == (True, 2, "book\n\n")
        assert request.keep == "nothing"
    assert [request.messages for _, _, request in endpoint.asked] == [
        (Message("user", "Q1"),),
        (Message("user", "Q2"),),
    ]


def test_a_question_with_an_image_keeps_it() -> None:
    picture = (ImagePart("a.png"), TextPart("Which?"))
    sample = Sample(id="q", task="t", turns=(Turn(query=picture, choices=COLOURS),))
    endpoint = telling(-3.0, -1.0, -2.0)
    play(sample, endpoint)
    assert endpoint.asked[0][1].messages == (Message("user", picture),)


def test_a_sample_without_choices_is_named_before_anything_is_asked() -> None:
    endpoint = telling(-1.0)
    with pytest.raises(DataError, match=r"sample q has a question without choices"):
        play(question(), endpoint)
    assert endpoint.asked == []


def test_an_empty_choice_is_refused() -> None:
    with pytest.raises(DataError, match=r"sample q has an empty choice"):
        play(question("red", ""), telling(-1.0, -1.0), of="texts")


def test_more_choices_than_letters_are_asked_by_their_texts() -> None:
    many = tuple(f"number {i}" for i in range(27))
    with pytest.raises(DataError, match=r"sample q has 27 choices.*protocol\.of=texts"):
        play(question(*many), telling(*([-1.0] * 27)))
    logprobs = [-2.0] * 26 + [-1.0]
    assert answer(question(*many), *logprobs, of="texts") == "number 26"


def test_an_endpoint_that_cannot_tell_stops_the_run() -> None:
    def script(key: SampleKey, prompt: Prompt, request: Request) -> str:
        refuse_form(request.form, "engine=recorded")
        return "A"

    with pytest.raises(EndpointError, match=r"does not tell how likely") as refused:
        play(question(*COLOURS), ScriptedEndpoint(script))
    assert refused.value.exit_code == 2


def test_options_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"protocol\.of"):
        protocol(of="numbers")


# --- whole runs


def overrides(folder: Path, *more: str) -> list[str]:
    rows = [
        {"id": f"q{n}", "input": "Which?", "choices": ["red", "blue"], "target": target}
        for n, target in enumerate(["red", "B"])
    ]
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    file = (f"benchmark.path={path}", f"outputs={folder / 'out'}", "run.cache=false")
    return ["recipe=file", "protocol=likelihood", "scorer=choice", *file, *more]


def run_of(*words: str) -> Finished | EvalrunError:
    outcomes: list[Finished | EvalrunError] = []
    run_all(
        Composer().expand(words),
        quiet=True,
        begun=lambda run: None,
        ended=lambda run, outcome: outcomes.append(outcome),
    )
    return outcomes[0]


def test_a_run_grades_the_likeliest_letter_and_keeps_what_was_told(tmp_path, chat_server) -> None:
    told = [{"token": token, "logprob": value} for token, value in ((" B", -0.5), ("A", -3.0))]
    body = {
        "choices": [
            {
                "message": {"role": "assistant", "content": " B"},
                "finish_reason": "length",
                "logprobs": {"content": [{"token": " B", "logprob": -0.5, "top_logprobs": told}]},
            }
        ]
    }
    chat_server.reply = lambda messages: Answer(body=json.dumps(body).encode())
    server = ("model=openai-compatible", "model.name=m", f"model.api_base={chat_server.api_base}")
    finished = run_of(*overrides(tmp_path, *server))
    assert isinstance(finished, Finished)
    predictions = [row for _, row in read_log(finished.folder.predictions, Prediction)]
    predictions.sort(key=lambda row: row.sample_id)
    # The target names a text in the first row, and a letter in the second.
    assert [row.outputs for row in predictions] == [("blue",), ("B",)]
    for row in predictions:
        assert [known.logprob for known in row.turns[0].likelihoods] == [-3.0, -0.5]
    scores = [row for _, row in read_log(finished.folder.scores, Score)]
    assert {row.sample_id: row.scores["accuracy"] for row in scores} == {"q0": 0.0, "q1": 1.0}
    assert chat_server.requests == 2


def test_a_model_that_cannot_tell_ends_the_run_with_exit_code_2(tmp_path) -> None:
    replies = tmp_path / "replies.jsonl"
    replies.write_text("".join(f'{{"id": "q{n}", "output": "A"}}\n' for n in range(2)))
    outcome = run_of(*overrides(tmp_path, "model=recorded", f"model.path={replies}"))
    assert outcome.exit_code == 2
    assert "does not tell how likely" in str(outcome.reason)
