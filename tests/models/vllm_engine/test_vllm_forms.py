"""Replies of a form: JSON that fits a schema, and how likely given continuations are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalrun.core.content import Message
from evalrun.core.errors import EndpointError, SampleError
from evalrun.core.exchange import Prompt, Reply, ReplyForm, Request, SampleKey, Sampling, Tool
from evalrun.models.on_vllm.model import VLLMModel

# The first test waits for the engine.
pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]

KEY = SampleKey("a")
FACTS = "".join(f"The access code for lake {number} is {7919 * number}. " for number in range(1, 9))
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "rivers": {"type": "integer"}},
    "required": ["city", "rivers"],
    "additionalProperties": False,
}


async def ask(model: VLLMModel, text: str, form: ReplyForm, **options: Any) -> Reply:
    """Return the reply to `text`, in a session of its own."""
    prompt = Prompt(messages=(Message("user", text),), **options)
    async with model.endpoint(None).open(prompt, KEY) as session:
        return await session.generate(Request(sampling=Sampling(max_tokens=64), form=form))


def among(*continuations: str) -> ReplyForm:
    return ReplyForm(continuations=continuations)


async def test_a_reply_fits_its_schema(model: VLLMModel) -> None:
    reply = await ask(model, "Tell me about a city.", ReplyForm(reply_schema=CITY))

    found = json.loads(reply.text)
    assert sorted(found) == ["city", "rivers"]
    assert isinstance(found["rivers"], int)


async def test_a_schema_that_is_none_is_told_as_such(model: VLLMModel) -> None:
    with pytest.raises(SampleError) as caught:
        await ask(model, "Hello", ReplyForm(reply_schema={"type": "nonsense"}))

    assert (caught.value.kind, caught.value.passing) == ("bad_request", False)


async def test_tools_are_refused(model: VLLMModel) -> None:
    with pytest.raises(EndpointError, match=r"model\.engine=vllm takes no tools"):
        await ask(model, "Hello", ReplyForm(tools=(Tool("add"),)))


class Reference:
    """The same weights in transformers."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)

    def opening(self, text: str) -> list[int]:
        rendered = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
        )
        return self.ids(rendered)

    def ids(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False).input_ids

    def logprob(self, prompt: list[int], continuation: list[int]) -> float:
        """Return the sum of the log-probabilities of `continuation`."""
        import torch

        ids = torch.tensor([[*prompt, *continuation]])
        with torch.no_grad():
            logprobs = self._model(ids).logits[0].log_softmax(-1)
        places = range(len(prompt) - 1, ids.shape[1] - 1)
        return sum(
            float(logprobs[place, token]) for place, token in zip(places, continuation, strict=True)
        )


@pytest.fixture(scope="module")
def reference(smollm2: Path) -> Reference:
    return Reference(smollm2)


async def test_likelihoods_are_those_of_the_model(model: VLLMModel, reference: Reference) -> None:
    question = f"{FACTS}What is the access code for lake 3?"
    continuations = ("23757", "The access code for lake 3 is 23757.", "7919", "no idea")

    reply = await ask(model, question, among(*continuations))

    opening = reference.opening(question)
    for continuation, found in zip(continuations, reply.likelihoods, strict=True):
        ids = reference.ids(continuation)
        assert found.tokens == len(ids)
        assert found.logprob == pytest.approx(reference.logprob(opening, ids), abs=2e-3)
    assert reply.text == ""


async def test_the_prompt_is_computed_once_for_all_continuations(model: VLLMModel) -> None:
    question = f"Once more. {FACTS}What is the access code for lake 5?"

    reply = await ask(model, question, among("39595", "15838", "7919"))

    computed = reply.usage.input_tokens - reply.usage.cached_tokens
    prompt = (reply.usage.input_tokens - sum(one.tokens for one in reply.likelihoods)) // 4
    assert prompt <= computed < 2.5 * prompt


async def test_a_continuation_that_was_computed_before_is_as_likely_as_before(
    model: VLLMModel,
) -> None:
    long = "It lies in the hills. " * 40

    first = await ask(model, "Where is the lake?", among(long, long + "Or does it?"))
    again = await ask(model, "Where is the lake?", among(long, long + "Or does it?"))

    for before, now in zip(first.likelihoods, again.likelihoods, strict=True):
        assert now.tokens == before.tokens > 200
        assert now.logprob == pytest.approx(before.logprob, abs=1e-2)


async def test_an_empty_continuation_is_certain(model: VLLMModel) -> None:
    (found,) = (await ask(model, "Hello", among(""))).likelihoods

    assert (found.logprob, found.tokens) == (0.0, 0)


async def test_a_continuation_that_does_not_fit_is_told_as_such(model: VLLMModel) -> None:
    with pytest.raises(SampleError) as caught:
        await ask(model, "Hello", among("word " * (model.options.max_length or 0)))

    assert caught.value.kind == "context_length"


async def test_the_middle_is_cut_out_of_a_longer_prompt(
    model: VLLMModel, reference: Reference
) -> None:
    question = f"{FACTS}What is the access code for lake 3?"

    (found,) = (await ask(model, question, among("23757"), max_tokens=100)).likelihoods

    opening = reference.opening(question)
    ids = [*opening[:50], *opening[-50:]]
    expected = reference.logprob(ids, reference.ids("23757"))
    assert found.logprob == pytest.approx(expected, abs=2e-3)


async def test_a_turn_that_was_weighed_can_stay_in_the_history(
    model: VLLMModel, reference: Reference
) -> None:
    first, second = "What is the capital of France?", "And of Italy?"
    prompt = Prompt(messages=(Message("user", first),))
    turns = [
        Request(sampling=Sampling(), form=among("Paris"), keep="messages"),
        Request(
            sampling=Sampling(),
            messages=(Message("assistant", "Paris"), Message("user", second)),
            form=among("Rome"),
        ),
    ]

    async with model.endpoint(None).open(prompt, KEY) as session:
        replies = [await session.generate(turn) for turn in turns]

    conversation = [("user", first), ("assistant", "Paris"), ("user", second)]
    whole = reference.tokenizer.apply_chat_template(
        [{"role": role, "content": text} for role, text in conversation],
        tokenize=False,
        add_generation_prompt=True,
    )
    expected = reference.logprob(reference.ids(whole), reference.ids("Rome"))
    assert replies[1].likelihoods[0].logprob == pytest.approx(expected, abs=2e-3)
