"""Sessions on a real vLLM engine with a small real model."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from evalrun.core.content import Message
from evalrun.core.errors import ConfigError, EndpointError, SampleError
from evalrun.core.exchange import Prompt, Reply, Request, SampleKey, Sampling
from evalrun.models.on_vllm.endpoint import Started
from evalrun.models.on_vllm.model import VLLMModel
from evalrun.models.on_vllm.options import VLLMOptions

# The first test waits for the engine.
pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]

KEY = SampleKey("a")
FACTS = "".join(f"The access code for {name} is {code}. " for name, code in [
    ("river", 48213), ("lake", 70651), ("forest", 33902), ("desert", 91847), ("island", 25570),
])  # fmt: skip
CONTEXT = FACTS * 3
GREEDY = Sampling(max_tokens=16)


def user(text: str) -> Message:
    return Message("user", text)


def ask(text: str, **options: Any) -> Request:
    return Request(messages=(user(text),), sampling=options.pop("sampling", GREEDY), **options)


async def answers(model: VLLMModel, prompt: Prompt, requests: Sequence[Request]) -> list[Reply]:
    """Return the replies to `requests`, one after another in one session."""
    async with model.endpoint(None).open(prompt, KEY) as session:
        return [await session.generate(request) for request in requests]


def engine_of(model: VLLMModel) -> Any:
    assert isinstance(model._running, Started)
    return model._running.engine


class Reference:
    """vLLM itself, asked for whole prompts whose tokens are put together here."""

    def __init__(self, model: VLLMModel, folder: Path) -> None:
        from transformers import AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self._engine = engine_of(model)

    def ids(self, *pieces: str) -> list[int]:
        """Return the tokens of `pieces`, each tokenized by itself."""
        return [
            token
            for piece in pieces
            for token in self.tokenizer(piece, add_special_tokens=False).input_ids
        ]

    def chat(self, *messages: tuple[str, str]) -> str:
        """Return a rendered conversation that asks for a reply."""
        return self.tokenizer.apply_chat_template(
            [{"role": role, "content": text} for role, text in messages],
            tokenize=False,
            add_generation_prompt=True,
        )

    async def reply(self, ids: list[int], max_tokens: int = 16) -> str:
        """Return vLLM's greedy reply to `ids`, computed without any cached prefix."""
        running = asyncio.run_coroutine_threadsafe(self._alone(ids, max_tokens), self._engine._loop)
        return await asyncio.wrap_future(running)

    async def _alone(self, ids: list[int], max_tokens: int) -> str:
        from vllm import SamplingParams, TokensPrompt

        prompt = TokensPrompt(prompt_token_ids=ids, cache_salt=uuid4().hex)
        parameters = SamplingParams(temperature=0, max_tokens=max_tokens)
        async for output in self._engine._engine.generate(prompt, parameters, uuid4().hex):
            newest = output
        assert not newest.num_cached_tokens
        return newest.outputs[0].text


@pytest.fixture(scope="module")
def reference(model: VLLMModel, smollm2: Path) -> Reference:
    return Reference(model, smollm2)


async def test_requests_on_one_context_are_answered_like_whole_prompts_asked_alone(
    model: VLLMModel, reference: Reference
) -> None:
    questions = [f"What is the access code for {name}?" for name in ("river", "island", "lake")]
    prompt = Prompt(messages=(user(CONTEXT),), open_ended=True)

    async with model.endpoint(None).open(prompt, KEY) as session:
        replies = await asyncio.gather(*(session.generate(ask(q)) for q in questions))

    # The context is tokenized without any question, and each question without the context.
    opening, rest = reference.chat(("user", f"{CONTEXT}@")).split("@")
    for question, reply in zip(questions, replies, strict=True):
        ids = reference.ids(opening, question + rest)
        assert reply.text == await reference.reply(ids)
        assert reply.usage.input_tokens == len(ids)
    assert replies[0].text == "The access code for river is 48213."


async def test_golden_answers_stand_in_the_history_instead_of_replies(
    model: VLLMModel, reference: Reference
) -> None:
    first = f"{CONTEXT}What is the access code for river?"
    second = "And what is the access code for lake?"
    prompt = Prompt(messages=(user(first),))
    follow_up = Request(
        messages=(Message("assistant", "48213"), user(second)), sampling=GREEDY, keep="messages"
    )

    replies = await answers(model, prompt, [Request(sampling=GREEDY, keep="messages"), follow_up])

    opening = reference.chat(("user", first))
    whole = reference.chat(("user", first), ("assistant", "48213"), ("user", second))
    expected = [reference.ids(opening), reference.ids(opening, whole.removeprefix(opening))]
    assert [r.text for r in replies] == [await reference.reply(ids) for ids in expected]
    assert [r.usage.input_tokens for r in replies] == [len(ids) for ids in expected]


async def test_own_replies_stand_in_the_history_as_the_tokens_that_were_generated(
    model: VLLMModel, reference: Reference
) -> None:
    first, second = f"{CONTEXT}What is the access code for river?", "Say it again."
    prompt = Prompt(messages=(user(first),))

    one, two = await answers(
        model, prompt, [Request(sampling=GREEDY, keep="reply"), ask(second, keep="reply")]
    )

    opening = reference.chat(("user", first))
    whole = reference.chat(("user", first), ("assistant", one.text), ("user", second))
    rest = whole.removeprefix(opening + one.text)
    ids = reference.ids(opening, one.text, rest)
    assert two.text == await reference.reply(ids)
    assert two.usage.input_tokens == len(ids)


async def test_requests_that_keep_nothing_leave_the_session_as_it_was(model: VLLMModel) -> None:
    prompt = Prompt(messages=(user(CONTEXT),), open_ended=True)
    question = ask("What is the access code for desert?")

    first, _, again = await answers(model, prompt, [question, ask("What is a lake?"), question])

    assert again.text == first.text
    assert again.usage.input_tokens == first.usage.input_tokens


async def test_a_context_is_computed_once(model: VLLMModel) -> None:
    prompt = Prompt(messages=(user(f"Once. {CONTEXT}"),), open_ended=True)
    questions = [ask("What is the access code for lake?"), ask("And for the river?")]

    first, second = await answers(model, prompt, questions)

    assert first.usage.cached_tokens < 64
    assert second.usage.cached_tokens > second.usage.input_tokens / 2


async def test_the_beginning_of_a_reply_can_be_given_and_is_not_part_of_it(
    model: VLLMModel, reference: Reference
) -> None:
    prompt = Prompt(messages=(user(f"{CONTEXT}What is the access code for forest?"),))

    (reply,) = await answers(model, prompt, [Request(sampling=GREEDY, prefill="The code is")])

    ids = reference.ids(reference.chat(("user", prompt.messages[0].content)), "The code is")
    assert reply.text == await reference.reply(ids)
    assert reply.usage.input_tokens == len(ids)


async def test_the_likeliest_token_alone_is_greedy(model: VLLMModel) -> None:
    prompt = Prompt(messages=(user("Tell me a story about the sea."),))
    hot = Sampling(temperature=2.0, top_k=1, seed=3, max_tokens=16)

    drawn, greedy = await answers(model, prompt, [Request(sampling=hot), Request(sampling=GREEDY)])

    assert drawn.text == greedy.text


async def test_a_reply_ends_at_its_limit(model: VLLMModel) -> None:
    prompt = Prompt(messages=(user("Tell me a story about the sea."),))

    (reply,) = await answers(model, prompt, [Request(sampling=Sampling(max_tokens=5))])

    assert reply.stop_reason == "length"
    assert reply.usage.output_tokens == 5
    assert len(reply.text.split()) > 1


async def test_a_reply_ends_at_its_end_token_which_is_counted_and_not_shown(
    model: VLLMModel, reference: Reference
) -> None:
    prompt = Prompt(messages=(user(f"{FACTS}What is the access code for river?"),))

    (reply,) = await answers(model, prompt, [Request(sampling=Sampling(max_tokens=64))])

    assert reply.stop_reason == "stop"
    assert "<|im_end|>" not in reply.text
    assert reply.usage.output_tokens == len(reference.ids(reply.text)) + 1


async def test_a_reply_is_cut_before_a_stop_string(model: VLLMModel) -> None:
    prompt = Prompt(messages=(user(f"{FACTS}What is the access code for river?"),))
    until_river = Sampling(max_tokens=64, stop=("river",))

    whole, cut = await answers(
        model, prompt, [Request(sampling=Sampling(max_tokens=64)), Request(sampling=until_river)]
    )

    assert cut.text == whole.text.partition("river")[0]
    assert cut.text != whole.text
    assert cut.stop_reason == "stop"


async def test_the_same_seed_draws_the_same_reply(model: VLLMModel) -> None:
    prompt = Prompt(messages=(user("Tell me a story about the sea."),))
    seeds = (1, 1, 2)
    requests = [
        Request(sampling=Sampling(temperature=1.0, max_tokens=20, seed=seed)) for seed in seeds
    ]

    first, again, other = await answers(model, prompt, requests)

    assert first.text == again.text
    assert first.text != other.text


async def test_times_and_the_absence_of_a_kv_report_are_told(model: VLLMModel) -> None:
    prompt = Prompt(messages=(user("Tell me a story about the sea."),))

    (reply,) = await answers(model, prompt, [Request(sampling=GREEDY)])

    assert reply.timing.ttft_s is not None
    assert 0 < reply.timing.ttft_s < reply.timing.latency_s
    assert (reply.timing.decode_tokens_per_s or 0) > 0
    assert reply.kv is None


async def test_a_prompt_that_does_not_fit_is_told_as_such_and_the_next_is_answered(
    model: VLLMModel,
) -> None:
    length = model.options.max_length or 0
    too_long = Prompt(messages=(user("word " * length),))

    with pytest.raises(SampleError, match=f"the model has {length}") as caught:
        await answers(model, too_long, [Request(sampling=GREEDY)])
    fits = await answers(model, Prompt(messages=(user("Hello"),)), [Request(sampling=GREEDY)])

    assert caught.value.kind == "context_length"
    assert not caught.value.passing
    assert fits[0].text


async def test_the_middle_is_cut_out_of_a_longer_prompt(
    model: VLLMModel, reference: Reference
) -> None:
    prompt = Prompt(messages=(user(CONTEXT),), open_ended=True, max_tokens=101)
    question = "What is the access code for island?"

    (reply,) = await answers(model, prompt, [ask(question)])

    opening, rest = reference.chat(("user", f"{CONTEXT}@")).split("@")
    context = reference.ids(opening)
    ids = [*context[:50], *context[-50:], *reference.ids(question + rest)]
    assert reply.usage.input_tokens == len(ids)
    assert reply.text == await reference.reply(ids)


async def test_a_cancelled_request_is_aborted_and_leaves_the_session_as_it_was(
    model: VLLMModel,
) -> None:
    engine = engine_of(model)._engine
    prompt = Prompt(messages=(user("Count from one to a thousand, in words."),))
    long = Request(sampling=Sampling(max_tokens=900), keep="reply")
    async with model.endpoint(None).open(prompt, KEY) as session:
        before = await session.generate(Request(sampling=GREEDY))
        task = asyncio.create_task(session.generate(long))
        await until(engine.output_processor.has_unfinished_requests)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: not engine.output_processor.has_unfinished_requests())
        after = await session.generate(Request(sampling=GREEDY))

    assert after.text == before.text
    assert after.usage.input_tokens == before.usage.input_tokens


async def until(condition: Any) -> None:
    """Wait for what another thread does; the test's own time limit ends it."""
    while not condition():  # noqa: ASYNC110 - the other thread sets no event
        await asyncio.sleep(0.01)


async def test_many_samples_run_at_the_same_time(model: VLLMModel) -> None:
    names = ("river", "lake", "forest", "desert", "island")
    prompts = [Prompt(messages=(user(f"{FACTS}The access code for {n}?"),)) for n in names]
    request = [Request(sampling=GREEDY)]

    together = await asyncio.gather(*(answers(model, prompt, request) for prompt in prompts))
    alone = [await answers(model, prompt, request) for prompt in prompts]

    assert [replies[0].text for replies in together] == [replies[0].text for replies in alone]
    assert model.endpoint(None).max_concurrency is None


async def test_closing_an_endpoint_leaves_the_engine_to_the_next_one(model: VLLMModel) -> None:
    first = model.endpoint(None)
    await first.close()
    prompt = Prompt(messages=(user("Hello"),))

    (reply,) = await answers(model, prompt, [Request(sampling=GREEDY)])

    assert reply.text
    assert model.endpoint(None).environment()["engine"] == "vllm"


@pytest.mark.usefixtures("_logs_in_test_folder")
def test_an_engine_that_does_not_start_says_why_in_one_line(
    smollm2: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    options = VLLMOptions(name="smollm2", weights=str(smollm2), max_length=1_000_000)

    with pytest.raises(EndpointError, match=r"vLLM did not start: .*1000000") as caught:
        VLLMModel(options).endpoint(None)

    assert "\n" not in str(caught.value)
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.slow
@pytest.mark.usefixtures("_logs_in_test_folder")
def test_what_went_wrong_in_another_process_is_told_too(
    smollm2: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import torch
    from safetensors.torch import save_file

    broken = tmp_path / "broken"
    shutil.copytree(smollm2, broken, ignore=shutil.ignore_patterns("*.safetensors"))
    save_file({"unexpected_name": torch.zeros(1)}, broken / "model.safetensors")

    with pytest.raises(EndpointError, match=r"vLLM did not start: .*unexpected_name") as caught:
        VLLMModel(VLLMOptions(name="broken", weights=str(broken), max_length=256)).endpoint(None)

    assert "\n" not in str(caught.value)
    assert "".join(capfd.readouterr()) == ""


def logs_in(folder: Path) -> list[Path]:
    return list(folder.glob("evalrun-vllm-*.log"))


@pytest.mark.slow
@pytest.mark.usefixtures("_logs_in_test_folder")
async def test_a_dead_engine_is_told_with_its_log_and_replaced(
    smollm2: Path, tmp_path: Path
) -> None:
    options = VLLMOptions(name="m", weights=str(smollm2), max_length=256, enforce_eager=True)
    model = VLLMModel(options)
    prompt = Prompt(messages=(user("Tell me a story about the sea."),))
    async with model.endpoint(None).open(prompt, KEY) as session:
        engine = engine_of(model)._engine
        task = asyncio.create_task(session.generate(Request(sampling=Sampling(max_tokens=200))))
        await until(engine.output_processor.has_unfinished_requests)
        for process in engine.engine_core.resources.engine_manager.processes:
            process.kill()
        with pytest.raises(EndpointError, match="vLLM ended: ") as caught:
            await task
    (reply,) = await answers(model, prompt, [Request(sampling=GREEDY)])
    model.release()

    assert reply.text
    assert [str(log) in str(caught.value) for log in logs_in(tmp_path)] == [True]


def test_a_tokenizer_that_loses_spaces_is_refused(smollm2: Path, tmp_path: Path) -> None:
    lossy = tmp_path / "lossy"
    shutil.copytree(smollm2, lossy, ignore=shutil.ignore_patterns("*.safetensors"))
    (lossy / "model.safetensors").touch()
    tokenizer = json.loads((lossy / "tokenizer.json").read_text())
    (lossy / "tokenizer.json").write_text(json.dumps({**tokenizer, "decoder": None}))

    with pytest.raises(ConfigError, match="'two words' into 'two Ġwords'"):
        VLLMModel(VLLMOptions(name="lossy", weights=str(lossy))).endpoint(None)
