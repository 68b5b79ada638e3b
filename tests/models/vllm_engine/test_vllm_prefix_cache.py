"""Questions about one context, asked one context after another, find it in vLLM's prefix cache."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from evalrun.core.content import Message
from evalrun.core.exchange import Prompt, Reply, Request, SampleKey, Sampling
from evalrun.models.on_vllm.endpoint import Started
from evalrun.models.on_vllm.model import VLLMModel

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]

CONTEXTS = 4
QUESTIONS = ("Which lake is first?", "What is the code for lake 3?", "Name three lakes.")


@pytest.fixture(params=["model", "served_model"])
def either(request: pytest.FixtureRequest) -> VLLMModel:
    """Return a model whose vLLM runs in this process, and one behind a server."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def block_size(model: VLLMModel) -> int:
    assert isinstance(model._running, Started)
    return model._running.engine._engine.vllm_config.cache_config.block_size


@pytest.fixture(scope="module")
def tokenizer(smollm2: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(smollm2)


def context_of(number: int) -> str:
    """Return a context that no other test has, and that no other begins with."""
    lakes = "".join(f"The code for lake {lake} is {lake * 7919 + number}.\n" for lake in range(30))
    return f"{uuid4().hex}\n{lakes}"


def conversation(context: str, question: str) -> tuple[Message, ...]:
    return (Message("user", f"{context}{question}"),)


async def asked(model: VLLMModel, context: str) -> list[Reply]:
    """Return the replies to all questions about `context`: the first one, then the others."""
    endpoint = model.endpoint(None)

    async def reply_to(question: str) -> Reply:
        prompt = Prompt(messages=conversation(context, question), context=context)
        async with endpoint.open(prompt, SampleKey(question, shares_context=True)) as session:
            return await session.generate(Request(sampling=Sampling(max_tokens=2)))

    first, *others = QUESTIONS
    replies = [await reply_to(first)]
    replies += await asyncio.gather(*(reply_to(question) for question in others))
    await endpoint.close()
    return replies


async def test_whole_blocks_of_what_was_computed_before_are_found_again(
    either: VLLMModel, block_size: int, tokenizer: Any
) -> None:
    contexts = [context_of(number) for number in range(CONTEXTS)]

    replies = [reply for context in contexts for reply in await asked(either, context)]

    prompts = [
        ids_of(tokenizer, conversation(context, question))
        for context in contexts
        for question in QUESTIONS
    ]
    assert [reply.usage.input_tokens for reply in replies] == list(map(len, prompts))
    expected = [found_again(prompts, place, block_size) for place in range(len(prompts))]
    assert [reply.usage.cached_tokens for reply in replies] == expected
    for context, cached in zip(contexts, expected[1 :: len(QUESTIONS)], strict=True):
        context_tokens = len(ids_of(tokenizer, conversation(context, "")))
        assert context_tokens - 2 * block_size < cached <= context_tokens


def ids_of(tokenizer: Any, messages: tuple[Message, ...]) -> list[int]:
    text = tokenizer.apply_chat_template(
        [{"role": message.role, "content": message.content} for message in messages],
        tokenize=False,
        add_generation_prompt=True,
    )
    return tokenizer(text, add_special_tokens=False).input_ids


def found_again(prompts: Sequence[list[int]], place: int, block_size: int) -> int:
    """Return how many tokens of a prompt stand in whole blocks that an earlier one begins with.

    One token at least is computed.
    """
    this = prompts[place]
    common = [common_beginning(this, earlier) for earlier in prompts[:place]]
    return min(max(common, default=0), len(this) - 1) // block_size * block_size


def common_beginning(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two prompts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
