"""API models against a real server on localhost."""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from servers import answers
from servers.answers import Answer
from servers.chat_server import ChatServer

from evalrun.core.content import ImagePart, Message, ToolCall
from evalrun.core.errors import EndpointError, FailureKind, SampleError
from evalrun.core.exchange import (
    Call,
    Prompt,
    Reply,
    ReplyFile,
    ReplyForm,
    Request,
    SampleKey,
    Sampling,
    Tool,
)
from evalrun.core.interfaces import Session
from evalrun.core.options import to_options
from evalrun.models.litellm_client import import_litellm
from evalrun.models.litellm_model import LiteLLMModel, LiteLLMOptions
from evalrun.models.prices import PriceOptions
from evalrun.runners.launch.resources import without_resources

# Found, not imported: an import before ours would go out for a price list.
pytestmark = pytest.mark.skipif(find_spec("litellm") is None, reason="needs the api extra")

RECIPES = Path(__file__).resolve().parents[2] / "recipes" / "model"
KEY = "sk-test-0123456789abcdefghij"
PROMPT = Prompt(messages=(Message("user", "What is 6 x 7?"),))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def model_of(api_base: str | None, name: str = "served", **options: Any) -> LiteLLMModel:
    return LiteLLMModel(
        LiteLLMOptions(
            engine="litellm",
            provider=options.pop("provider", "openai-compatible"),
            name=name,
            api_base=api_base,
            **options,
        )
    )


@asynccontextmanager
async def opened(model: LiteLLMModel, prompt: Prompt = PROMPT) -> AsyncIterator[Session]:
    endpoint = model.endpoint(None)
    try:
        async with endpoint.open(prompt, SampleKey("a")) as session:
            yield session
    finally:
        await endpoint.close()


async def asked(model: LiteLLMModel, sampling: Sampling | None = None) -> Reply:
    async with opened(model) as session:
        return await session.generate(Request(sampling=sampling or Sampling()))


async def answered_with(server: ChatServer, answer: Answer) -> Reply:
    server.faults.append(answer)
    return await asked(model_of(server.api_base))


# What is sent


async def test_the_conversation_is_sent_with_settings_and_key(chat_server: ChatServer) -> None:
    sampling = Sampling(temperature=0.5, top_p=0.9, top_k=20, max_tokens=7, stop=("\n",), seed=3)
    reply = await asked(model_of(chat_server.api_base, "org/Model-8B"), sampling)
    assert reply.text == "42"
    assert chat_server.bodies == [
        {
            "model": "org/Model-8B",
            "messages": [{"role": "user", "content": "What is 6 x 7?"}],
            "temperature": 0.5,
            "top_p": 0.9,
            "top_k": 20,
            "max_tokens": 7,
            "stop": ["\n"],
            "seed": 3,
        }
    ]
    assert chat_server.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_settings_at_their_defaults_are_left_to_the_server(chat_server: ChatServer) -> None:
    await asked(model_of(chat_server.api_base))
    assert chat_server.bodies[0].keys() == {"model", "messages", "temperature"}


async def test_extra_settings_reach_the_server(chat_server: ChatServer) -> None:
    extra = {"top_k": 5, "chat_template_kwargs": {"enable_thinking": False}}
    await asked(model_of(chat_server.api_base, extra=extra))
    assert chat_server.bodies[0].items() >= extra.items()


async def test_a_local_server_needs_no_key(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    model = model_of(chat_server.api_base)
    assert model.problems(None) == []
    assert (await asked(model)).text == "42"


async def test_a_key_can_come_from_another_variable(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "another-key-123")
    await asked(model_of(chat_server.api_base, api_key_env="MY_KEY"))
    assert chat_server.headers[0]["authorization"] == "Bearer another-key-123"


async def test_a_missing_image_fails_the_sample_and_asks_nothing(chat_server: ChatServer) -> None:
    prompt = Prompt(messages=(Message("user", (ImagePart("/none.png"),)),))
    with pytest.raises(SampleError, match=r"/none\.png"):
        async with opened(model_of(chat_server.api_base), prompt) as session:
            await session.generate(Request(sampling=Sampling()))
    assert chat_server.requests == 0


# Forms of replies

SCHEMA = {"type": "object", "properties": {"answer": {"type": "integer"}}}
TOOL = Tool("look_up", "Looks a word up.", {"type": "object", "properties": {"word": {}}})
CALL = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"a": 1}'}}


async def formed(model: LiteLLMModel, sampling: Sampling | None = None, **form: Any) -> Reply:
    client = model.endpoint(None).client
    call = Call(messages=PROMPT.messages, sampling=sampling or Sampling(), form=ReplyForm(**form))
    try:
        return await client.call(call)
    finally:
        await client.close()


async def test_a_schema_is_sent_with_the_request(chat_server: ChatServer) -> None:
    await formed(model_of(chat_server.api_base), reply_schema=SCHEMA)
    schema = {"name": "reply", "strict": True, "schema": SCHEMA}
    assert chat_server.bodies[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": schema,
    }


async def test_tools_are_sent_and_their_calls_come_back(chat_server: ChatServer) -> None:
    chat_server.faults.append(
        answers.completion(None, finish_reason="tool_calls", tool_calls=[CALL])
    )
    reply = await formed(model_of(chat_server.api_base), tools=(TOOL,))
    assert chat_server.bodies[0]["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "look_up",
                "description": "Looks a word up.",
                "parameters": TOOL.parameters,
            },
        }
    ]
    assert reply.tool_calls == (ToolCall("c1", "look_up", '{"a": 1}'),)
    assert (reply.text, reply.stop_reason) == ("", "stop")


async def test_calls_of_tools_and_their_answers_go_with_the_conversation(
    chat_server: ChatServer,
) -> None:
    asked_for = Message("assistant", "", (ToolCall("c1", "look_up", "{}"),))
    prompt = Prompt(messages=(*PROMPT.messages, asked_for, Message("tool", "42", (), "c1")))
    async with opened(model_of(chat_server.api_base), prompt) as session:
        await session.generate(Request(sampling=Sampling(), form=ReplyForm(tools=(TOOL,))))
    sent = chat_server.bodies[0]["messages"]
    assert sent[1]["tool_calls"][0]["function"] == {"name": "look_up", "arguments": "{}"}
    assert sent[2] == {"role": "tool", "content": "42", "tool_call_id": "c1"}


def with_logprobs(*top: tuple[str, float]) -> Answer:
    tokens = [{"token": token, "logprob": logprob, "bytes": None} for token, logprob in top]
    body = json.loads(answers.completion(top[0][0]).body)
    body["choices"][0]["logprobs"] = {"content": [{**tokens[0], "top_logprobs": tokens}]}
    return Answer(body=json.dumps(body).encode())


async def test_a_continuation_is_as_likely_as_its_first_token(chat_server: ChatServer) -> None:
    chat_server.faults.append(
        with_logprobs(("A", math.log(0.5)), (" A", math.log(0.25)), ("B", -3.0))
    )
    sampling = Sampling(max_tokens=100, stop=("A",), seed=3)
    reply = await formed(model_of(chat_server.api_base), sampling, continuations=(" A", "B", "C"))
    assert (
        chat_server.bodies[0].items()
        >= {
            "max_tokens": 1,
            "logprobs": True,
            "top_logprobs": 20,
            "seed": 3,
        }.items()
    )
    assert "stop" not in chat_server.bodies[0]
    first, second, third = reply.likelihoods
    assert first.logprob == pytest.approx(math.log(0.75))
    assert (second.logprob, third.logprob) == (-3.0, None)
    assert (reply.text, reply.usage.input_tokens) == ("", 10)


async def test_a_server_that_tells_no_likelihoods_ends_the_run(chat_server: ChatServer) -> None:
    with pytest.raises(EndpointError, match=r"tells no likelihoods.*; take another server"):
        await formed(model_of(chat_server.api_base), continuations=("A",))


async def test_images_in_a_reply_are_files(chat_server: ChatServer) -> None:
    url = "data:image/png;base64,iVBORw0K"
    images = [{"type": "image_url", "image_url": {"url": url}, "index": 0}]
    reply = await answered_with(chat_server, answers.completion("a dot", images=images))
    assert reply.files == (ReplyFile("image/png", b"\x89PNG\r\n"),)
    assert reply.text == "a dot"


# What comes back


async def test_usage_counts_cached_tokens_and_an_unpriced_model_costs_nothing(
    chat_server: ChatServer,
) -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 5,
        "total_tokens": 105,
        "prompt_tokens_details": {"cached_tokens": 64},
    }
    reply = await answered_with(chat_server, answers.completion("x", usage=usage))
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (100, 5)
    assert (reply.usage.cached_tokens, reply.usage.cost_usd) == (64, 0.0)
    assert reply.timing.latency_s > 0


async def test_reasoning_tokens_are_told(chat_server: ChatServer) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 80, "total_tokens": 89}
    usage |= {"completion_tokens_details": {"reasoning_tokens": 64}}
    reply = await answered_with(chat_server, answers.completion("x", usage=usage))
    assert (reply.usage.output_tokens, reply.usage.reasoning_tokens) == (80, 64)


async def test_a_price_of_ones_own_replaces_the_list_price(chat_server: ChatServer) -> None:
    price = PriceOptions(input=2.0, output=50.0)
    for provider in ("openai", "openai-compatible"):
        model = model_of(chat_server.api_base, "gpt-4o-mini", provider=provider, price=price)
        assert (await asked(model)).usage.cost_usd == pytest.approx((10 * 2 + 2 * 50) / 1e6)


async def test_a_server_with_a_model_called_like_a_priced_one_costs_nothing(
    chat_server: ChatServer,
) -> None:
    assert (await asked(model_of(chat_server.api_base, "gpt-4o-mini"))).usage.cost_usd == 0.0


async def test_a_reply_is_not_lost_for_want_of_its_price(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> float:
        raise ValueError("no such tier")

    monkeypatch.setattr(import_litellm(), "completion_cost", fail)
    reply = await asked(model_of(chat_server.api_base, "gpt-4o-mini", provider="openai"))
    assert reply.text == "42"
    assert reply.usage.cost_usd == pytest.approx((10 * 0.15 + 2 * 0.6) / 1e6)


async def test_a_priced_model_costs_its_list_price(chat_server: ChatServer) -> None:
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 0, "total_tokens": 1_000_000}
    chat_server.faults.append(answers.completion("x", usage=usage))
    reply = await asked(model_of(chat_server.api_base, "gpt-4o-mini", provider="openai"))
    assert reply.usage.cost_usd == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("answer", "stop_reason", "text"),
    [
        (answers.completion("done"), "stop", "done"),
        (answers.completion("cut sho", finish_reason="length"), "length", "cut sho"),
        (answers.completion(None, finish_reason="length"), "length", ""),
        (answers.completion(None, finish_reason="content_filter"), "refused", ""),
        (answers.completion(None, refusal="I will not."), "refused", "I will not."),
    ],
)
async def test_the_reason_to_stop_is_told(
    chat_server: ChatServer, answer: Answer, stop_reason: str, text: str
) -> None:
    reply = await answered_with(chat_server, answer)
    assert (reply.stop_reason, reply.text) == (stop_reason, text)


async def test_reasoning_is_kept_apart_from_the_text(chat_server: ChatServer) -> None:
    answer = answers.completion("42", reasoning_content="six times seven")
    reply = await answered_with(chat_server, answer)
    assert (reply.text, reply.reasoning) == ("42", "six times seven")


# What goes wrong


@pytest.mark.parametrize(
    ("answer", "kind", "passing"),
    [
        (answers.rate_limited(), "rate_limit", True),
        (answers.server_error(500), "server", True),
        (answers.server_error(502), "server", True),
        (answers.server_error(503), "overloaded", True),
        (answers.failure(408, "timed out upstream"), "timeout", True),
        (answers.garbage(), "bad_reply", True),
        (answers.error_in_ok(), "server", True),
        (answers.cut_before(), "connection", True),
        (answers.cut_inside(), "connection", True),
        (answers.context_too_long(), "context_length", False),
        (answers.filtered(), "content_filter", False),
        (answers.bad_request(), "bad_request", False),
        (answers.failure(422, "unprocessable"), "bad_request", False),
    ],
)
async def test_a_failure_is_named_and_asked_only_once(
    chat_server: ChatServer, answer: Answer, kind: FailureKind, passing: bool
) -> None:
    with pytest.raises(SampleError) as caught:
        await answered_with(chat_server, answer)
    assert (caught.value.kind, caught.value.passing) == (kind, passing)
    assert str(caught.value).startswith(f"served at {chat_server.api_base}: ")
    assert "\n" not in str(caught.value)
    assert "litellm" not in str(caught.value).lower()
    assert chat_server.requests == 1


async def test_a_reply_without_choices_may_pass(chat_server: ChatServer) -> None:
    with pytest.raises(SampleError) as caught:
        await answered_with(chat_server, answers.no_choices())
    assert caught.value.passing


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("0.25", 0.25), (None, None)])
async def test_the_pause_that_a_server_asks_for_is_passed_on(
    chat_server: ChatServer, header: str | None, seconds: float | None
) -> None:
    with pytest.raises(SampleError) as caught:
        await answered_with(chat_server, answers.rate_limited(header))
    assert caught.value.retry_after_s == seconds


@pytest.mark.parametrize(
    ("answer", "way_out"),
    [
        (answers.unauthorized(), "the API key was refused.*; export OPENAI_API_KEY=KEY"),
        (answers.forbidden(), "access was denied.*OPENAI_API_KEY"),
        (answers.unknown_model(), "no such model.*; check model.name"),
        (answers.failure(404, "Not Found"), "no such model or address.*model.api_base"),
        (answers.no_quota(), "no credit left"),
    ],
)
async def test_what_would_meet_every_sample_ends_the_run(
    chat_server: ChatServer, answer: Answer, way_out: str
) -> None:
    with pytest.raises(EndpointError, match=f"served at {chat_server.api_base}: .*{way_out}"):
        await answered_with(chat_server, answer)


async def test_a_setting_that_the_model_refuses_ends_the_run(chat_server: ChatServer) -> None:
    model = model_of(chat_server.api_base, "o3-mini", provider="openai")
    with pytest.raises(EndpointError, match=r"o3-mini .*temperature.*; change it under generation"):
        await asked(model, Sampling(temperature=0.0))
    assert chat_server.requests == 0


async def test_the_key_is_never_in_a_message(chat_server: ChatServer) -> None:
    echo = answers.failure(400, f"odd header: Bearer {KEY}")
    with pytest.raises(SampleError) as caught:
        await answered_with(chat_server, echo)
    assert KEY not in str(caught.value)
    assert "odd header" in str(caught.value)


async def test_a_dead_server_is_told_clearly() -> None:
    with ChatServer() as server:
        api_base = server.api_base
    with pytest.raises(SampleError, match=f"{api_base}: connection refused; is the server") as e:
        await asked(model_of(api_base))
    assert (e.value.kind, e.value.passing) == ("connection", True)


# A provider with an API of its own


@pytest.fixture
def claude(chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> LiteLLMModel:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test-0123456789abcdef")
    return model_of(chat_server.url, "claude-sonnet-4-5", provider="anthropic")


def anthropic_reply(stop_reason: str, *content: dict[str, Any], **usage: Any) -> Answer:
    usage = {"input_tokens": 900, "cache_read_input_tokens": 100, "output_tokens": 5} | usage
    body = {"id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5"}
    body |= {"content": content, "stop_reason": stop_reason, "usage": usage}
    return Answer(body=json.dumps(body).encode())


def text_block(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


async def test_a_seed_is_not_sent_where_it_is_not_taken(
    claude: LiteLLMModel, chat_server: ChatServer
) -> None:
    chat_server.faults.append(anthropic_reply("max_tokens", text_block("Forty-t")))
    reply = await asked(claude, Sampling(max_tokens=5, seed=3))
    assert (reply.text, reply.stop_reason) == ("Forty-t", "length")
    assert "seed" not in chat_server.bodies[0]
    assert (reply.usage.input_tokens, reply.usage.cached_tokens) == (1000, 100)
    assert reply.usage.cost_usd > 0


async def test_the_number_of_tokens_to_draw_from_reaches_every_provider(
    claude: LiteLLMModel, chat_server: ChatServer
) -> None:
    chat_server.faults.append(anthropic_reply("end_turn", text_block("42")))
    await asked(claude, Sampling(temperature=0.7, top_k=20))
    assert chat_server.bodies[0]["top_k"] == 20


async def test_a_refusal_has_the_same_name_at_every_provider(
    claude: LiteLLMModel, chat_server: ChatServer
) -> None:
    chat_server.faults.append(anthropic_reply("refusal"))
    assert (await asked(claude)).stop_reason == "refused"


async def test_an_overloaded_provider_is_asked_again_later(
    claude: LiteLLMModel, chat_server: ChatServer
) -> None:
    body = b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'
    chat_server.faults.append(Answer(status=529, body=body, headers=(("retry-after", "4"),)))
    with pytest.raises(SampleError, match=r"claude-sonnet-4-5 at .*: Overloaded$") as caught:
        await asked(claude)
    assert (caught.value.kind, caught.value.passing) == ("overloaded", True)
    assert caught.value.retry_after_s == 4.0


# The prompt cache of a provider

CONTEXT = "All men are mortal. " * 400
SHARING = Prompt(
    messages=(Message("system", "Be brief."), Message("user", CONTEXT + "Who is?")),
    context=CONTEXT,
    requests=2,
)


async def test_a_shared_beginning_is_marked_for_a_provider_that_wants_it(
    claude: LiteLLMModel, chat_server: ChatServer
) -> None:
    chat_server.reply = lambda _: anthropic_reply("end_turn", text_block("Socrates"))
    async with opened(claude, SHARING) as session:
        await session.generate(Request(sampling=Sampling()))
    context, question = chat_server.bodies[0]["messages"][0]["content"]
    assert context == text_block(CONTEXT) | {"cache_control": {"type": "ephemeral"}}
    assert question == text_block("Who is?")
    assert "cache_control" not in json.dumps(chat_server.bodies[0]["system"])


async def test_an_answer_of_a_tool_is_marked_where_the_conversation_goes_on(
    claude: LiteLLMModel, chat_server: ChatServer
) -> None:
    chat_server.reply = lambda _: anthropic_reply("end_turn", text_block("Socrates"))
    asked_for = Message("assistant", "", (ToolCall("c1", "look_up", "{}"),))
    messages = (Message("user", CONTEXT), asked_for, Message("tool", "42", (), "c1"))
    async with opened(claude, Prompt(messages=messages, requests=2)) as session:
        form = ReplyForm(tools=(TOOL,))
        await session.generate(Request(sampling=Sampling(), keep="reply", form=form))
    (result,) = chat_server.bodies[0]["messages"][-1]["content"]
    assert (result["type"], result["tool_use_id"]) == ("tool_result", "c1")
    assert json.dumps(result).count('"cache_control": {"type": "ephemeral"}') == 1


@pytest.mark.parametrize(
    ("provider", "caching"), [("anthropic", "off"), ("openai", "auto"), ("openai", "off")]
)
async def test_elsewhere_the_request_is_what_it_was(
    claude: LiteLLMModel, chat_server: ChatServer, provider: str, caching: str
) -> None:
    if provider == "anthropic":
        chat_server.reply = lambda _: anthropic_reply("end_turn", text_block("Socrates"))
        model = model_of(chat_server.url, "claude-sonnet-4-5", provider=provider)
    else:
        model = model_of(chat_server.api_base, provider=provider)
    options = msgspec.structs.replace(model.options, prompt_caching=caching)
    async with opened(LiteLLMModel(options), SHARING) as session:
        await session.generate(Request(sampling=Sampling()))
    assert "cache_control" not in json.dumps(chat_server.bodies[0])
    assert json.dumps(chat_server.bodies[0]).count(CONTEXT + "Who is?") == 1


async def test_tokens_that_were_read_and_written_are_counted_and_priced(
    claude: LiteLLMModel, chat_server: ChatServer
) -> None:
    chat_server.faults.append(
        anthropic_reply(
            "end_turn",
            text_block("Socrates"),
            input_tokens=50,
            cache_read_input_tokens=2000,
            cache_creation_input_tokens=1000,
            cache_creation={"ephemeral_5m_input_tokens": 1000, "ephemeral_1h_input_tokens": 0},
            output_tokens=20,
        )
    )
    usage = (await asked(claude)).usage
    assert (usage.input_tokens, usage.output_tokens) == (3050, 20)
    assert (usage.cached_tokens, usage.cache_write_tokens) == (2000, 1000)
    # Claude Sonnet 4.5, USD per million: 3 in, 15 out, 0.3 read, 3.75 written.
    in_millions = 50 * 3 + 2000 * 0.3 + 1000 * 3.75 + 20 * 15
    assert usage.cost_usd == pytest.approx(in_millions / 1e6)


async def test_a_form_that_a_provider_does_not_offer_is_refused_before_anything_is_asked(
    claude: LiteLLMModel, chat_server: ChatServer
) -> None:
    with pytest.raises(EndpointError, match=r"claude-sonnet-4-5 does not tell how likely"):
        await formed(claude, continuations=("A", "B"))
    assert chat_server.requests == 0


async def test_tools_and_schemas_work_with_an_api_of_another_shape(
    claude: LiteLLMModel, chat_server: ChatServer
) -> None:
    use = {"type": "tool_use", "id": "c1", "name": "look_up", "input": {"a": 1}}
    chat_server.faults.append(anthropic_reply("tool_use", text_block("Let me see."), use))
    reply = await formed(claude, tools=(TOOL,))
    assert chat_server.bodies[0]["tools"][0]["name"] == "look_up"
    assert reply.tool_calls == (ToolCall("c1", "look_up", '{"a": 1}'),)
    chat_server.faults.append(anthropic_reply("end_turn", text_block('{"answer": 42}')))
    reply = await formed(claude, reply_schema=SCHEMA)
    assert reply.text == '{"answer": 42}'
    assert "answer" in json.dumps(chat_server.bodies[1])


# Many at once, and the end


async def test_no_pool_limits_how_many_requests_are_in_flight() -> None:
    with ChatServer(delay_s=1.5) as server:
        async with opened(model_of(server.api_base)) as session:
            requests = [session.generate(Request(sampling=Sampling())) for _ in range(150)]
            await asyncio.gather(*requests)
        assert server.most_running == 150


async def test_a_cancelled_request_leaves_the_session_usable(chat_server: ChatServer) -> None:
    chat_server.faults.append(answers.slow(30))
    async with opened(model_of(chat_server.api_base)) as session:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(session.generate(Request(sampling=Sampling())), 0.3)
        assert (await session.generate(Request(sampling=Sampling()))).text == "42"


def test_endpoints_close_cleanly_and_one_after_another(chat_server: ChatServer) -> None:
    code = """
        import asyncio, sys
        from evalrun.core.content import Message
        from evalrun.core.exchange import Prompt, Request, SampleKey, Sampling
        from evalrun.models.litellm_model import LiteLLMModel, LiteLLMOptions

        options = LiteLLMOptions(
            engine="litellm", provider="openai-compatible", name="m", api_base="{base}"
        )

        async def main():
            endpoint = LiteLLMModel(options).endpoint(None)
            prompt = Prompt(messages=(Message("user", "hi"),))
            async with endpoint.open(prompt, SampleKey("a")) as session:
                print((await session.generate(Request(sampling=Sampling()))).text)
            await endpoint.close()

        for _ in range(3):
            asyncio.run(main())
        """
    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "dev",
            "-c",
            textwrap.dedent(code).format(base=chat_server.api_base),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "unclosed" in line.lower()]
    assert (done.stdout, ours) == ("42\n42\n42\n", [])
    assert "Traceback" not in done.stderr
    assert KEY not in done.stderr


SECRETS = {
    "extra_headers": {"X-Team": "team-secret-1", "Authorization": "Bearer other-secret-2"},
    "aws_secret_access_key": "aws-secret-3",
}


def test_an_environment_and_an_identity_name_the_client_and_no_secret() -> None:
    model = model_of("http://me:hunter22@localhost:1/v1?key=query-secret-4", extra=SECRETS)
    client = model.endpoint(None).client
    assert client.environment()["api_base"] == "http://localhost:1/v1?key=***"
    assert client.identity() == {
        "engine": "litellm",
        "model": "openai/served",
        "api_base": "http://localhost:1/v1?key=***",
        "headers": ["x-team"],
        "extra": {"aws_secret_access_key": "***"},
    }


async def test_the_password_in_an_address_is_sent_and_never_told(chat_server: ChatServer) -> None:
    base = chat_server.api_base.replace("//", "//me:hunter22@")
    chat_server.faults.append(answers.failure(401, "not for me:hunter22"))
    with pytest.raises(EndpointError) as caught:
        await asked(model_of(base))
    assert chat_server.headers[0]["authorization"] == "Basic bWU6aHVudGVyMjI="
    assert "hunter22" not in str(caught.value)
    assert chat_server.api_base in str(caught.value)


@pytest.mark.parametrize("secret", ["team-secret-1", "other-secret-2", "aws-secret-3"])
async def test_no_secret_of_the_configuration_is_told(chat_server: ChatServer, secret: str) -> None:
    chat_server.faults.append(answers.failure(400, f"odd: {secret}"))
    extra = {"extra_headers": {"X-Team": "team-secret-1", "X-Other": "other-secret-2"}}
    with pytest.raises(SampleError) as caught:
        await asked(model_of(chat_server.api_base, extra=extra | {"api_secret": "aws-secret-3"}))
    assert "odd: ***" in str(caught.value)


# What is missing


@pytest.mark.parametrize("name", ["anthropic", "gemini"])
def test_recipes_ask_for_what_only_the_user_knows(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = yaml.safe_load((RECIPES / f"{name}.yaml").read_text(encoding="utf-8"))
    options = to_options(without_resources(section), LiteLLMOptions, "model")
    monkeypatch.delenv(str(options.api_key_env), raising=False)
    told = " ".join(map(str, LiteLLMModel(options).problems(None)))
    assert "model.name=MODEL" in told
    assert f"export {options.api_key_env}=KEY" in told


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"api_base": None}, "openai-compatible: no address; say model.api_base=URL"),
        ({"api_base": "localhost:8000"}, "model.api_base is not a web address: localhost:8000"),
        ({"api_base": "http://localhost:99999/v1"}, "not a web address"),
        ({"api_base": "http://h/v1", "name": ""}, "which model is not said; say model.name"),
        ({"api_base": "http://h/v1", "extra": {"stream": True}}, "must not hold stream"),
        ({"api_base": None, "provider": "anthropic"}, "ANTHROPIC_API_KEY is not set; export"),
        ({"api_base": None, "provider": "gemini"}, "GEMINI_API_KEY is not set; export"),
        ({"api_base": None, "provider": "openai", "api_key_env": "MINE"}, "export MINE=KEY"),
    ],
)
def test_problems_say_what_is_missing_and_how_to_mend_it(
    options: dict[str, Any], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MINE"):
        monkeypatch.delenv(name, raising=False)
    (found,) = model_of(**{"name": "m", **options}).problems(None)
    assert problem in str(found)


def test_kv_methods_other_than_the_full_cache_are_refused() -> None:
    class Method:
        def __init__(self, label: str) -> None:
            self.label = label

    model = model_of("http://localhost:8000/v1")
    assert model.problems(Method("full")) == []
    (problem,) = model.problems(Method("snapkv"))
    assert "kv=snapkv" in str(problem)
