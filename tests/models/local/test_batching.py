"""Many sessions at a time: each answers as if it were alone, and fails alone."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
import torch

from evalrun.core.content import Message
from evalrun.core.errors import SampleError
from evalrun.core.exchange import KVReport, Prompt, Reply, Request, SampleKey, Sampling
from evalrun.models.kv.full import Full
from evalrun.models.kv.knorm import Knorm, KnormOptions
from evalrun.models.kv.method import LocalKVMethod
from evalrun.models.kv.pyramidkv import PyramidKV, PyramidKVOptions
from evalrun.models.local import contexts
from evalrun.models.local.contexts import MOST_CONTEXTS, ContextLimit
from evalrun.models.local.endpoint import TorchEndpoint
from evalrun.models.local.loading import LoadedModel

CONTEXTS = tuple(
    "".join(f"item {n} costs {n * step % 97}.\n" for n in range(length))
    for step, length in ((37, 12), (11, 5), (53, 9), (29, 12))
)
QUESTIONS = ("How much is item 3?", "And 1?", "Which of all the items costs the most, please?")


def asked(text: str, tokens: int = 10, **rest: Any) -> Request:
    sampling = rest.pop("sampling", Sampling(max_tokens=tokens))
    return Request(messages=(Message("user", text),), sampling=sampling, **rest)


def prompt_of(context: str) -> Prompt:
    return Prompt(messages=(Message("user", context),), open_ended=True)


async def requests_of(endpoint: TorchEndpoint, context: str, *requests: Request) -> list[Reply]:
    """Independent requests on one context, all at once."""
    async with endpoint.open(prompt_of(context), SampleKey(context)) as session:
        return await asyncio.gather(*(session.generate(request) for request in requests))


async def one_at_a_time(endpoint: TorchEndpoint, context: str) -> list[Reply]:
    """Each question on one context after the other, the context read anew."""
    return [
        (await requests_of(endpoint, context, asked(q, tokens=6 + 5 * i)))[0]
        for i, q in enumerate(QUESTIONS)
    ]


async def turns_of(endpoint: TorchEndpoint, context: str, keep: Any) -> list[Reply]:
    """A conversation, turn after turn."""
    async with endpoint.open(prompt_of(context), SampleKey(context)) as session:
        return [
            await session.generate(asked(q, tokens=4 + i, keep=keep))
            for i, q in enumerate(QUESTIONS)
        ]


def texts(replies: list[list[Reply]]) -> list[list[str]]:
    return [[reply.text for reply in of_context] for of_context in replies]


@pytest.mark.parametrize(
    "kv",
    [
        Full(),
        Knorm(KnormOptions(compression_ratio=0.5)),
        PyramidKV(PyramidKVOptions(budget=40, window_size=8)),
    ],
    ids=lambda kv: kv.label,
)
async def test_contexts_and_questions_together_answer_as_one_by_one(
    tiny: LoadedModel, kv: LocalKVMethod
) -> None:
    alone = TorchEndpoint(tiny, kv, max_contexts=1)
    one_by_one = [await one_at_a_time(alone, context) for context in CONTEXTS]
    together = TorchEndpoint(tiny, kv, max_contexts=4)
    at_once = await asyncio.gather(
        *(
            requests_of(together, c, *(asked(q, tokens=6 + 5 * i) for i, q in enumerate(QUESTIONS)))
            for c in CONTEXTS
        )
    )
    assert texts(at_once) == texts(one_by_one)
    assert at_once[0][0].timing.batch is not None
    assert at_once[0][0].timing.batch > 3
    assert one_by_one[0][0].timing.batch == 1


@pytest.mark.parametrize("keep", ["messages", "reply"])
async def test_conversations_side_by_side_answer_as_one_after_another(
    tiny: LoadedModel, keep: Any
) -> None:
    alone = TorchEndpoint(tiny, Full(), max_contexts=1)
    one_by_one = [await turns_of(alone, context, keep) for context in CONTEXTS]
    together = TorchEndpoint(tiny, Full(), max_contexts=4)
    at_once = await asyncio.gather(*(turns_of(together, c, keep) for c in CONTEXTS))
    assert texts(list(at_once)) == texts(one_by_one)


async def test_a_request_that_comes_later_joins_those_that_are_decoded(tiny: LoadedModel) -> None:
    endpoint = TorchEndpoint(tiny, Full(), max_contexts=2)
    (alone,) = await requests_of(endpoint, CONTEXTS[1], asked(QUESTIONS[0]))
    long = asyncio.create_task(requests_of(endpoint, CONTEXTS[0], asked("Tell me.", tokens=400)))
    await asyncio.sleep(0.1)
    (joined,) = await requests_of(endpoint, CONTEXTS[1], asked(QUESTIONS[0]))
    assert not long.done()
    assert joined.text == alone.text
    assert joined.timing.batch == 2
    (whole,) = await long
    assert whole.usage.output_tokens == 400


async def test_seeds_draw_the_same_in_company(tiny: LoadedModel) -> None:
    def drawn(seed: int) -> Request:
        return asked("go", sampling=Sampling(temperature=1.3, seed=seed, max_tokens=15))

    endpoint = TorchEndpoint(tiny, Full())
    alone = [(await requests_of(endpoint, CONTEXTS[0], drawn(seed)))[0].text for seed in range(4)]
    together = await requests_of(endpoint, CONTEXTS[0], *map(drawn, range(4)), asked("go"))
    assert [reply.text for reply in together[:4]] == alone
    assert len(set(alone)) == 4


async def test_a_request_that_cannot_be_begun_fails_alone(tiny: LoadedModel) -> None:
    endpoint = TorchEndpoint(tiny, Full())
    async with endpoint.open(prompt_of(CONTEXTS[0]), SampleKey("s")) as session:
        outcomes = await asyncio.gather(
            session.generate(asked(QUESTIONS[0])),
            session.generate(asked(QUESTIONS[1], tokens=5000)),
            session.generate(asked(QUESTIONS[1])),
            return_exceptions=True,
        )
    assert [isinstance(o, SampleError) for o in outcomes] == [False, True, False]
    assert "context_length" in getattr(outcomes[1], "kind", "")


async def test_a_prompt_is_encoded_once_for_all_who_ask_together(tiny: LoadedModel) -> None:
    endpoint = TorchEndpoint(tiny, Full())
    replies = await requests_of(endpoint, CONTEXTS[2], *(asked(q) for q in QUESTIONS))
    encoded = [reply for reply in replies if reply.timing.prefill_s]
    assert len(encoded) == 1
    assert sum(reply.usage.cached_tokens == 0 for reply in replies) == 1


def exhausting(model: LoadedModel, calls: range) -> Any:
    """Make the model run out of memory in some of its forward passes, counted from 0."""
    passes: list[int] = []

    def hook(*_: Any) -> None:
        passes.append(1)
        if len(passes) - 1 in calls:
            torch.empty(1 << 60)

    return model.lm._model.register_forward_pre_hook(hook)  # type: ignore[attr-defined]


async def test_a_context_that_does_not_fit_fails_with_the_size_it_needs(tiny: LoadedModel) -> None:
    endpoint = TorchEndpoint(tiny, Full(), max_contexts=1)
    hook = exhausting(tiny, range(1))
    try:
        with pytest.raises(SampleError, match=r"a prompt of \d+ tokens has .* GiB") as caught:
            await requests_of(endpoint, CONTEXTS[0], *(asked(q) for q in QUESTIONS))
    finally:
        hook.remove()
    assert caught.value.kind == "out_of_memory"
    assert not caught.value.passing
    assert len(await requests_of(endpoint, CONTEXTS[0], asked(QUESTIONS[0]))) == 1


async def test_memory_that_runs_out_among_several_contexts_may_be_asked_again(
    tiny: LoadedModel,
) -> None:
    endpoint = TorchEndpoint(tiny, Full(), max_contexts=4)
    hook = exhausting(tiny, range(9, 10))
    try:
        outcomes = await asyncio.gather(
            *(requests_of(endpoint, c, asked(QUESTIONS[0])) for c in CONTEXTS),
            return_exceptions=True,
        )
    finally:
        hook.remove()
    failed = [outcome for outcome in outcomes if isinstance(outcome, SampleError)]
    assert failed
    assert all(error.passing for error in failed)
    assert endpoint.max_concurrency == 2


async def test_an_error_in_the_model_reaches_whoever_waits_and_nobody_after(
    tiny: LoadedModel,
) -> None:
    endpoint = TorchEndpoint(tiny, Full())
    hook = tiny.lm._model.register_forward_pre_hook(  # type: ignore[attr-defined]
        lambda *_: (_ for _ in ()).throw(ValueError("odd"))
    )
    try:
        with pytest.raises(ValueError, match="odd"):
            await requests_of(endpoint, CONTEXTS[0], asked(QUESTIONS[0]))
    finally:
        hook.remove()
    assert await requests_of(endpoint, CONTEXTS[0], asked(QUESTIONS[0]))


async def test_one_context_at_first_then_as_many_as_fit(
    tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = TorchEndpoint(tiny, Full())
    assert endpoint.max_concurrency == 1
    await requests_of(endpoint, CONTEXTS[0], asked(QUESTIONS[0]))
    assert endpoint.max_concurrency == MOST_CONTEXTS
    monkeypatch.setattr(contexts, "_free_bytes", lambda _device: 0)
    tight = TorchEndpoint(tiny, Full())
    await requests_of(tight, CONTEXTS[0], asked(QUESTIONS[0]))
    assert tight.max_concurrency == 1


@pytest.mark.parametrize(("free", "fit"), [(0, 1), (2900, 1), (3000, 2), (5500, 4), (10**6, 8)])
def test_contexts_that_fit_by_hand(free: int, fit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches of 1000 bytes; twice that stays free for the way to one. At least 1, at most 8."""
    monkeypatch.setattr(contexts, "_free_bytes", lambda _device: free)
    report = KVReport(
        method="m",
        tokens_seen=100,
        tokens_kept=100,
        tokens_kept_per_layer=(100,),
        bytes=1000,
        prefill_s=0.1,
    )
    limit = ContextLimit(torch.device("cpu"), None)
    limit.measured(report)
    assert limit.now == fit
    halved = msgspec.structs.replace(report, tokens_kept=50)
    limit = ContextLimit(torch.device("cpu"), None)
    limit.measured(halved)
    assert limit.now <= fit
