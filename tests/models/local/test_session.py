"""What a session answers, against running each full prompt alone through transformers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import torch

from evalrun.core.content import Message
from evalrun.core.errors import SampleError
from evalrun.core.exchange import Prompt, Reply, Request, SampleKey, Sampling
from evalrun.models.kv.full import Full
from evalrun.models.kv.kivi import KIVI, KIVIOptions
from evalrun.models.kv.method import LocalKVMethod
from evalrun.models.kv.pyramidkv import PyramidKV, PyramidKVOptions
from evalrun.models.kv.snapkv import SnapKV, SnapKVOptions
from evalrun.models.kv.streamingllm import StreamingLLM, StreamingLLMOptions
from evalrun.models.local.endpoint import TorchEndpoint
from evalrun.models.local.loading import LoadedModel

KEY = SampleKey("sample")
CONTEXT = "".join(f"line {n} says {n * 37 % 101}.\n" for n in range(12))
QUERIES = ("What does line 3 say?", "And line 11, pray?", "Any more lines?")
NewTiny = Callable[..., tuple[Any, LoadedModel]]


def user(text: str) -> Message:
    return Message("user", text)


def assistant(text: str) -> Message:
    return Message("assistant", text)


def asked(*messages: Message, tokens: int = 12, **rest: Any) -> Request:
    """A greedy request, if not said otherwise."""
    sampling = rest.pop("sampling", Sampling(max_tokens=tokens))
    return Request(messages=messages, sampling=sampling, **rest)


def open_ended(text: str = CONTEXT, **rest: Any) -> Prompt:
    return Prompt(messages=(user(text),), open_ended=True, **rest)


def closed(text: str, **rest: Any) -> Prompt:
    return Prompt(messages=(user(text),), **rest)


async def play(endpoint: TorchEndpoint, prompt: Prompt, *requests: Request) -> list[Reply]:
    async with endpoint.open(prompt, KEY) as session:
        return [await session.generate(request) for request in requests]


def alone(model: Any, tokenizer: Any, text: str, tokens: int = 12) -> str:
    """The greedy reply of transformers' own generate, with its own attention and cache."""
    ids = torch.tensor([tokenizer(text, add_special_tokens=False).input_ids])
    ours = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        out = model.generate(ids, max_new_tokens=tokens, do_sample=False, pad_token_id=257)
    finally:
        model.set_attn_implementation(ours)
    return tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)


def chatml(*messages: Message) -> str:
    told = "".join(f"<|im_start|>{m.role}\n{m.content}<|im_end|>\n" for m in messages)
    return told + "<|im_start|>assistant\n"


@pytest.fixture(scope="module")
def pair(new_tiny: NewTiny) -> tuple[Any, LoadedModel]:
    return new_tiny()


@pytest.fixture
def full(pair: tuple[Any, LoadedModel]) -> TorchEndpoint:
    return TorchEndpoint(pair[1], Full())


async def test_branches_of_one_context_answer_as_full_prompts_alone(
    pair: tuple[Any, LoadedModel], full: TorchEndpoint, tokenizer: Any
) -> None:
    replies = await play(full, open_ended(), *(asked(user(q)) for q in QUERIES))
    expected = [alone(pair[0], tokenizer, chatml(user(CONTEXT + q))) for q in QUERIES]
    assert [r.text for r in replies] == expected
    assert len(set(expected)) == len(expected)


async def test_golden_turns_answer_as_full_conversations_alone(
    pair: tuple[Any, LoadedModel], full: TorchEndpoint, tokenizer: Any
) -> None:
    talk = [user(CONTEXT + QUERIES[0])]
    requests, expected = [asked(keep="messages")], []
    for gold, query in (("17", QUERIES[1]), ("not said", QUERIES[2])):
        expected.append(alone(pair[0], tokenizer, chatml(*talk)))
        requests.append(asked(assistant(gold), user(query), keep="messages"))
        talk += [assistant(gold), user(query)]
    expected.append(alone(pair[0], tokenizer, chatml(*talk)))
    replies = await play(full, closed(CONTEXT + QUERIES[0]), *requests)
    assert [r.text for r in replies] == expected


async def test_own_answers_stay_in_the_conversation_and_are_ended(
    pair: tuple[Any, LoadedModel], full: TorchEndpoint, tokenizer: Any
) -> None:
    replies = await play(
        full,
        closed(CONTEXT),
        asked(keep="reply", tokens=7),
        asked(user(QUERIES[1]), keep="reply", tokens=9),
        asked(user(QUERIES[2])),
    )
    assert [r.stop_reason for r in replies[:2]] == ["length", "length"]
    # Text does not tell byte tokens that are no UTF-8 apart, so the tokens are followed.
    texts = ["", f"<|im_end|>\n<|im_start|>user\n{QUERIES[1]}<|im_end|>\n<|im_start|>assistant\n"]
    texts.append(texts[1].replace(QUERIES[1], QUERIES[2]))
    ids: list[int] = tokenizer(chatml(user(CONTEXT)), add_special_tokens=False).input_ids
    for text, reply, tokens in zip(texts, replies, (7, 9, 12), strict=True):
        ids += tokenizer(text, add_special_tokens=False).input_ids
        out = (
            pair[0]
            .generate(
                torch.tensor([ids]), max_new_tokens=tokens, do_sample=False, pad_token_id=257
            )[0]
            .tolist()
        )
        assert reply.text == tokenizer.decode(out[len(ids) :], skip_special_tokens=True)
        assert reply.usage.input_tokens == len(ids)
        ids = out


async def test_a_reply_that_ended_itself_is_followed_like_one_that_was_cut(
    pair: tuple[Any, LoadedModel], tokenizer: Any
) -> None:
    """The end token stands in the conversation once, whether the model or the limit set it."""
    model, ready = pair
    begin = tokenizer(chatml(user("Q1")), add_special_tokens=False).input_ids
    first = model.generate(
        torch.tensor([begin]), max_new_tokens=1, do_sample=False, pad_token_id=257
    )
    ends_at_once = msgspec.structs.replace(ready, end_tokens=frozenset([int(first[0, -1])]))
    replies = await play(
        TorchEndpoint(ends_at_once, Full()),
        closed("Q1"),
        asked(keep="reply"),
        asked(user("Q2"), tokens=1),
    )
    assert (replies[0].text, replies[0].stop_reason) == ("", "stop")
    whole = tokenizer(chatml(user("Q1"), assistant(""), user("Q2")), add_special_tokens=False)
    assert replies[1].usage.input_tokens == len(whole.input_ids)


async def test_a_branch_leaves_the_session_as_it_was(full: TorchEndpoint) -> None:
    first, _, again = await play(
        full,
        open_ended(),
        asked(user(QUERIES[0])),
        asked(user(QUERIES[1])),
        asked(user(QUERIES[0])),
    )
    assert again.text == first.text
    assert again.usage == first.usage.__class__(
        input_tokens=first.usage.input_tokens,
        output_tokens=first.usage.output_tokens,
        cached_tokens=again.kv.tokens_seen if again.kv else 0,
    )


async def test_a_prefill_begins_the_reply_and_is_not_kept_with_the_messages(
    pair: tuple[Any, LoadedModel], full: TorchEndpoint, tokenizer: Any
) -> None:
    begun, follow = await play(
        full,
        closed(CONTEXT),
        asked(keep="messages", prefill="This paper"),
        asked(assistant("A"), user("B")),
    )
    header = chatml(user(CONTEXT))
    assert begun.text == alone(pair[0], tokenizer, header + "This paper")
    assert follow.text == alone(
        pair[0], tokenizer, chatml(user(CONTEXT), assistant("A"), user("B"))
    )


@pytest.mark.parametrize("keep", ["nothing", "messages", "reply"])
@pytest.mark.parametrize(
    "kv",
    [
        SnapKV(SnapKVOptions(budget=5000)),
        PyramidKV(PyramidKVOptions(compression_ratio=0.0)),
        StreamingLLM(StreamingLLMOptions(budget=400)),
    ],
)
async def test_a_budget_that_holds_the_prompt_changes_nothing(
    pair: tuple[Any, LoadedModel], full: TorchEndpoint, kv: LocalKVMethod, keep: Any
) -> None:
    requests = (asked(keep=keep), asked(user(QUERIES[1])))
    with_kv = await play(TorchEndpoint(pair[1], kv), closed(CONTEXT), *requests)
    without = await play(full, closed(CONTEXT), *requests)
    assert [r.text for r in with_kv] == [r.text for r in without]
    assert with_kv[0].kv is not None
    assert with_kv[0].kv.tokens_kept == with_kv[0].kv.tokens_seen


@pytest.mark.parametrize(
    "kv", [PyramidKV(PyramidKVOptions(budget=60, window_size=8)), KIVI(KIVIOptions())]
)
async def test_compressed_prompts_branch_and_go_on_without_a_trace(
    pair: tuple[Any, LoadedModel], kv: LocalKVMethod
) -> None:
    """The same request gives the same reply before and after others, kept or not."""
    first, _, again = await play(
        TorchEndpoint(pair[1], kv), open_ended(), *(asked(user(QUERIES[i])) for i in (0, 1, 0))
    )
    golden = [assistant("x"), user(QUERIES[1])]
    turns = [asked(keep="messages"), asked(*golden), asked(*golden)]
    _, branch, same = await play(TorchEndpoint(pair[1], kv), closed(CONTEXT), *turns)
    assert first.text == again.text
    assert branch.text == same.text


async def test_epochs_and_sessions_with_one_prompt_encode_it_once(
    pair: tuple[Any, LoadedModel], full: TorchEndpoint
) -> None:
    lengths: list[int] = []
    hook = pair[0].model.register_forward_hook(
        lambda _module, args, kwargs, _out: lengths.append(kwargs["input_ids"].shape[1]),
        with_kwargs=True,
    )
    try:
        first = await play(full, open_ended(), asked(user("a"), tokens=1))
        second = await play(full, open_ended(), asked(user("b"), tokens=1))
    finally:
        hook.remove()
    seen = first[0].kv.tokens_seen if first[0].kv else 0
    assert sum(length >= seen for length in lengths) == 1
    assert first[0].usage.cached_tokens == 0
    assert second[0].usage.cached_tokens == seen
    assert first[0].timing.prefill_s == first[0].kv.prefill_s if first[0].kv else False
    assert second[0].timing.prefill_s == 0
    assert second[0].kv == first[0].kv


async def test_another_prompt_is_encoded_anew(full: TorchEndpoint) -> None:
    await play(full, open_ended(), asked(user("a"), tokens=1))
    (reply,) = await play(full, open_ended("Other."), asked(user("a"), tokens=1))
    assert reply.usage.cached_tokens == 0


async def test_a_seed_draws_the_same_reply_and_another_seed_another(full: TorchEndpoint) -> None:
    def drawn(seed: int, top_p: float = 1.0) -> Request:
        how = Sampling(temperature=1.5, top_p=top_p, seed=seed, max_tokens=20)
        return asked(user("go"), sampling=how)

    one, same, other = await play(full, open_ended(), drawn(1), drawn(1), drawn(2))
    assert one.text == same.text
    assert one.text != other.text


async def test_a_tiny_nucleus_is_greedy(full: TorchEndpoint) -> None:
    how = Sampling(temperature=1.0, top_p=1e-6, seed=3, max_tokens=12)
    drawn, greedy = await play(
        full, open_ended(), asked(user("go"), sampling=how), asked(user("go"))
    )
    assert drawn.text == greedy.text


async def test_the_likeliest_token_alone_is_greedy(full: TorchEndpoint) -> None:
    how = Sampling(temperature=5.0, top_k=1, seed=3, max_tokens=12)
    drawn, greedy = await play(
        full, open_ended(), asked(user("go"), sampling=how), asked(user("go"))
    )
    assert drawn.text == greedy.text


async def test_a_stop_string_ends_the_reply_and_is_cut_off(full: TorchEndpoint) -> None:
    (whole,) = await play(full, open_ended(), asked(user("go"), tokens=30))
    stop = whole.text[10:12]
    how = Sampling(max_tokens=30, stop=("never seen", stop))
    (cut,) = await play(full, open_ended(), asked(user("go"), sampling=how))
    assert cut.text == whole.text[: whole.text.index(stop)]
    assert cut.stop_reason == "stop"
    assert cut.usage.output_tokens < whole.usage.output_tokens
    assert whole.stop_reason == "length"


async def test_an_end_token_stops_and_is_no_text(new_tiny: NewTiny) -> None:
    model, ready = new_tiny()
    with torch.no_grad():
        model.lm_head.weight.zero_()
        model.lm_head.weight[257] = 1.0
        model.model.norm.weight.fill_(0.0)
        model.lm_head.bias = torch.nn.Parameter(torch.zeros(258))
        model.lm_head.bias[257] = 1.0
    (reply,) = await play(TorchEndpoint(ready, Full()), closed("x"), asked())
    assert (reply.text, reply.stop_reason, reply.usage.output_tokens) == ("", "stop", 1)


async def test_a_prompt_that_does_not_fit_says_both_numbers(new_tiny: NewTiny) -> None:
    _, ready = new_tiny(max_length=100)
    with pytest.raises(SampleError, match=r"prompt of \d+ tokens .* model has 100") as caught:
        await play(TorchEndpoint(ready, Full()), closed(CONTEXT), asked())
    assert caught.value.kind == "context_length"


async def test_a_prompt_with_a_limit_loses_its_middle(full: TorchEndpoint, tokenizer: Any) -> None:
    ids = tokenizer(chatml(user(CONTEXT)), add_special_tokens=False).input_ids
    (reply,) = await play(full, closed(CONTEXT, max_tokens=61), asked())
    assert reply.kv is not None
    assert reply.kv.tokens_seen == 60
    assert reply.kv.tokens_dropped == len(ids) - 60


async def test_a_limit_above_the_model_leaves_room_for_request_and_reply(
    new_tiny: NewTiny,
) -> None:
    _, ready = new_tiny(max_length=120)
    (reply,) = await play(
        TorchEndpoint(ready, Full()), open_ended(max_tokens=4000), asked(user("Why?"))
    )
    assert reply.usage.input_tokens + 12 in (119, 120)


async def test_without_a_template_texts_are_joined_and_begun_once(new_tiny: NewTiny) -> None:
    _, ready = new_tiny(chat_template=False)
    first, second = await play(
        TorchEndpoint(ready, Full()),
        closed("Q1"),
        asked(keep="messages"),
        asked(assistant("A1"), user("Q2")),
    )
    assert first.usage.input_tokens == len("Q1")
    assert second.usage.input_tokens == len("Q1A1\n\nQ2")


async def test_a_cancelled_reply_stops_and_the_session_goes_on(
    pair: tuple[Any, LoadedModel], full: TorchEndpoint
) -> None:
    forwards: list[int] = []
    loop, decoding = asyncio.get_running_loop(), asyncio.Event()

    def count(*_: Any) -> None:
        forwards.append(1)
        if len(forwards) == 5:
            loop.call_soon_threadsafe(decoding.set)

    hook = pair[0].model.register_forward_hook(count)
    try:
        async with full.open(open_ended(), KEY) as session:
            endless = asyncio.create_task(session.generate(asked(user("a"), tokens=1500)))
            await decoding.wait()
            endless.cancel()
            with pytest.raises(asyncio.CancelledError):
                await endless
            reply = await session.generate(asked(user("a")))
    finally:
        hook.remove()
    (expected,) = await play(full, open_ended(), asked(user("a")))
    assert reply.text == expected.text
    assert len(forwards) < 1000


async def test_running_out_of_memory_fails_the_sample_only(
    pair: tuple[Any, LoadedModel], full: TorchEndpoint
) -> None:
    def exhaust(*_: Any) -> None:
        torch.empty(1 << 60)

    hook = pair[0].model.register_forward_pre_hook(exhaust)
    try:
        with pytest.raises(SampleError, match="out of memory") as caught:
            await play(full, open_ended(), asked(user("a")))
    finally:
        hook.remove()
    assert caught.value.kind == "out_of_memory"
    (reply,) = await play(full, open_ended(), asked(user("a")))
    assert reply.usage.output_tokens == 12


async def test_timing_and_usage_are_filled_in(full: TorchEndpoint) -> None:
    (reply,) = await play(full, open_ended(), asked(user("a")))
    timing = reply.timing
    assert timing.prefill_s is not None
    assert timing.ttft_s is not None
    assert 0 < timing.prefill_s < timing.ttft_s < timing.latency_s
    assert timing.decode_tokens_per_s is not None
    assert timing.decode_tokens_per_s > 11 / timing.latency_s
