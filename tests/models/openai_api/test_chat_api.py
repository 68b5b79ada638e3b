"""The chat API: what is sent, and what comes back."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import pytest
from openai_asked import call_of, client_of
from servers import answers
from servers.answers import Answer
from servers.chat_server import ChatServer

from evalrun.core.content import ImagePart, Message, TextPart, ToolCall
from evalrun.core.errors import EndpointError, SampleError
from evalrun.core.exchange import Call, Likelihood, Reply, ReplyFile, Tool, Usage
from evalrun.models.openai_api.chat import ChatApi, likelihood
from evalrun.models.openai_api.replies import TopToken
from evalrun.models.openai_api.settings import ApiSettings

ADD = Tool("add", "Adds.", {"type": "object", "properties": {"a": {"type": "integer"}}})


async def sent(call: Call, n: int = 1, **settings: Any) -> dict[str, Any]:
    body = await ChatApi(ApiSettings(model="served", **settings)).body(call, n)
    assert body.content_type == "application/json"
    return json.loads(body.content)


async def asked(server: ChatServer, call: Call | None = None, **options: Any) -> Reply:
    async with client_of(server.api_base, **options) as client:
        return await client.call(call or call_of())


async def answered_with(server: ChatServer, answer: Answer) -> Reply:
    server.faults.append(answer)
    return await asked(server)


def with_message(**message: Any) -> Answer:
    return answers.completion(message.pop("content", None), **message)


# What is sent


async def test_the_conversation_is_sent_with_settings_and_key(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "another-key-123 ")
    call = call_of(temperature=0.5, top_p=0.9, top_k=20, max_tokens=7, stop=("\n",), seed=3)
    reply = await asked(chat_server, call, name="org/Model-8B", api_key_env="MY_KEY")
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
    headers = chat_server.headers[0]
    assert headers["authorization"] == "Bearer another-key-123"
    assert headers["content-type"] == "application/json"


async def test_settings_at_their_defaults_are_left_to_the_server(chat_server: ChatServer) -> None:
    await asked(chat_server)
    assert chat_server.bodies[0].keys() == {"model", "messages", "temperature"}
    assert "authorization" not in chat_server.headers[0]


async def test_extra_settings_and_headers_reach_the_server(chat_server: ChatServer) -> None:
    extra = {"top_k": 5, "chat_template_kwargs": {"enable_thinking": False}}
    await asked(chat_server, extra=extra, headers={"X-Team": "evals", "Authorization": "Key abc"})
    assert chat_server.bodies[0].items() >= extra.items()
    assert chat_server.headers[0]["x-team"] == "evals"
    assert chat_server.headers[0]["authorization"] == "Key abc"


async def test_a_limit_has_the_name_that_the_server_knows() -> None:
    body = await sent(call_of(max_tokens=7), max_tokens_field="max_completion_tokens")
    assert body["max_completion_tokens"] == 7
    assert "max_tokens" not in body


async def test_a_seed_can_be_kept_back() -> None:
    assert "seed" not in await sent(call_of(seed=3), send_seed=False)


async def test_a_schema_is_strict() -> None:
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
    body = await sent(call_of(reply_schema=schema))
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "reply", "strict": True, "schema": schema},
    }


async def test_tools_are_functions() -> None:
    body = await sent(call_of(tools=(ADD, Tool("stop"))))
    assert body["tools"] == [
        {
            "type": "function",
            "function": {"name": "add", "description": "Adds.", "parameters": ADD.parameters},
        },
        {"type": "function", "function": {"name": "stop"}},
    ]


async def test_several_replies_are_asked_for_in_one_request() -> None:
    assert (await sent(call_of(), n=3))["n"] == 3
    assert "n" not in await sent(call_of())


async def test_long_texts_are_sent_as_one_string_beside_all_else() -> None:
    context = 'A "quoted" line\n' * 1000
    messages = (
        Message("system", "s"),
        Message("user", (TextPart(context), TextPart("Question?"))),
        Message("assistant", context, (ToolCall("c1", "add", "{}"),)),
        Message("tool", context, tool_call_id="c1"),
        Message("user", (ImagePart("https://h/a.png"), TextPart(context))),
    )
    sent_messages = (await sent(call_of(messages=messages)))["messages"]
    function = {"name": "add", "arguments": "{}"}
    assert sent_messages == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": context + "Question?"},
        {
            "role": "assistant",
            "content": context,
            "tool_calls": [{"id": "c1", "type": "function", "function": function}],
        },
        {"role": "tool", "content": context, "tool_call_id": "c1"},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "https://h/a.png"}},
                {"type": "text", "text": context},
            ],
        },
    ]


@pytest.mark.parametrize("text", ["\ud83d", "x" * 9000 + "\ud83d"])
async def test_broken_unicode_fails_the_sample_and_asks_nothing(
    chat_server: ChatServer, text: str
) -> None:
    with pytest.raises(SampleError, match=r"U\+D83D") as caught:
        await asked(chat_server, call_of(text))
    assert (caught.value.kind, caught.value.passing) == ("bad_request", False)
    assert chat_server.requests == 0


async def test_a_missing_image_fails_the_sample_and_asks_nothing(chat_server: ChatServer) -> None:
    with pytest.raises(SampleError, match=r"/none\.png"):
        await asked(chat_server, call_of((ImagePart("/none.png"),)))
    assert chat_server.requests == 0


# What comes back


@pytest.mark.parametrize(
    ("answer", "stop_reason", "text"),
    [
        (answers.completion("done"), "stop", "done"),
        (answers.completion("done", finish_reason="tool_calls"), "stop", "done"),
        (answers.completion("done", finish_reason="eos_token"), "stop", "done"),
        (answers.completion("cut sho", finish_reason="length"), "length", "cut sho"),
        (answers.completion(None, finish_reason="length"), "length", ""),
        (answers.completion(None, finish_reason="content_filter"), "refused", ""),
        (answers.completion(None, refusal="I will not."), "refused", "I will not."),
        (Answer(body=b'{"choices": [{"message": {}}]}'), "stop", ""),
    ],
)
async def test_text_and_the_reason_to_stop_are_told(
    chat_server: ChatServer, answer: Answer, stop_reason: str, text: str
) -> None:
    reply = await answered_with(chat_server, answer)
    assert (reply.stop_reason, reply.text) == (stop_reason, text)
    assert reply.timing.latency_s > 0


async def test_a_text_in_parts_is_one_text(chat_server: ChatServer) -> None:
    parts = [{"type": "text", "text": "4"}, {"type": "odd"}, {"type": "text", "text": "2"}]
    assert (await answered_with(chat_server, with_message(content=parts))).text == "42"


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_reasoning_is_kept_apart_from_the_text(chat_server: ChatServer, field: str) -> None:
    answer = with_message(content="42", **{field: "six times seven"})
    reply = await answered_with(chat_server, answer)
    assert (reply.text, reply.reasoning) == ("42", "six times seven")


@pytest.mark.parametrize("thoughts", ["", None, {"effort": "low"}])
async def test_reasoning_that_is_no_text_is_none(chat_server: ChatServer, thoughts: Any) -> None:
    answer = with_message(content="42", reasoning=thoughts)
    assert (await answered_with(chat_server, answer)).reasoning is None


async def test_tool_calls_are_told_however_their_arguments_are_written(
    chat_server: ChatServer,
) -> None:
    calls = [
        {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}},
        {"id": None, "function": {"name": "add", "arguments": {"a": 1}}},
        {"function": {"name": "stop", "arguments": None}},
    ]
    answer = with_message(tool_calls=calls, finish_reason="tool_calls")
    reply = await answered_with(chat_server, answer)
    assert reply.tool_calls == (
        ToolCall("c1", "add", '{"a": 1}'),
        ToolCall("", "add", '{"a":1}'),
        ToolCall("", "stop", ""),
    )


async def test_images_inside_the_answer_are_files(chat_server: ChatServer) -> None:
    url = f"data:image/png;base64,{base64.b64encode(b'PNG').decode()}"
    images = [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "image_url", "image_url": {"url": "https://h/a.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,!"}},
    ]
    reply = await answered_with(chat_server, with_message(content="here", images=images))
    assert reply.files == (ReplyFile("image/png", b"PNG"),)
    parts = [{"type": "text", "text": "here"}, images[0]]
    reply = await answered_with(chat_server, with_message(content=parts))
    assert (reply.text, reply.files) == ("here", (ReplyFile("image/png", b"PNG"),))


async def test_several_replies_share_the_usage_of_their_request(chat_server: ChatServer) -> None:
    choices = [{"message": {"content": text}, "finish_reason": "stop"} for text in "abc"]
    usage = {"prompt_tokens": 10, "completion_tokens": 8}
    body = json.dumps({"choices": choices, "usage": usage}).encode()
    chat_server.faults.append(Answer(body=body))
    async with client_of(chat_server.api_base) as client:
        replies = await client.several(call_of(), 4)
    assert [reply.text for reply in replies] == ["a", "b", "c"]
    assert [reply.usage.output_tokens for reply in replies] == [3, 3, 2]
    assert [reply.usage.input_tokens for reply in replies] == [10, 0, 0]


async def test_replies_cost_what_their_request_costs(chat_server: ChatServer) -> None:
    choices = [{"message": {"content": text}} for text in "abc"]
    usage = {
        "prompt_tokens": 1_000_000,
        "completion_tokens": 1_000_000,
        "prompt_tokens_details": {"cached_tokens": 500_000},
    }
    body = json.dumps({"choices": choices, "usage": usage}).encode()
    chat_server.faults.append(Answer(body=body))
    price = {"input": 2.0, "output": 8.0, "cached_input": 1.0}
    async with client_of(chat_server.api_base, price=price_of(price)) as client:
        replies = await client.several(call_of(), 3)
    costs = [reply.usage.cost_usd for reply in replies]
    assert sum(costs) == pytest.approx(1.0 + 0.5 + 8.0)
    assert costs[1] == pytest.approx(8.0 / 3)


def price_of(price: dict[str, float]) -> Any:
    from evalrun.models.prices import PriceOptions

    return PriceOptions(**price)


async def test_a_reply_of_a_server_without_prices_costs_nothing(chat_server: ChatServer) -> None:
    assert (await asked(chat_server, name="gpt-4o-mini")).usage == Usage(
        input_tokens=10, output_tokens=2
    )


# What goes wrong in an answer with status 200


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"<html>gateway</html>", "bad_reply", "cannot be read (<html>gateway</html>)"),
        (b"", "bad_reply", "it is empty"),
        (b'{"choices": []}', "bad_reply", "Expected `array` of length >= 1"),
        (b'{"choices": null}', "bad_reply", "at `$.choices`"),
        (b'{"object": "odd"}', "bad_reply", "missing required field `choices`"),
        (b'"odd"', "bad_reply", "cannot be read"),
        (b'{"choices": [{"message"', "bad_reply", "cannot be read"),
        (b'{"error": {"message": "upstream died", "code": 502}}', "server", ": upstream died"),
        (b'{"error": {"message": "busy", "code": 429}, "choices": []}', "rate_limit", ": busy"),
        (b'{"error": "odd"}', "server", ": odd"),
        (
            b'{"choices": [{"message": {"content": "4"}, "finish_reason": "error",'
            b' "error": {"code": 502, "message": "upstream died"}}]}',
            "server",
            ": upstream died",
        ),
    ],
)
async def test_a_good_status_makes_no_good_answer(
    chat_server: ChatServer, body: bytes, kind: str, words: str
) -> None:
    with pytest.raises(SampleError) as caught:
        await answered_with(chat_server, Answer(body=body))
    assert (caught.value.kind, caught.value.passing) == (kind, True)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"served at {chat_server.api_base}: ")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"choices": [{"message": {"content": "a\\ud83d"}}]}', "a\ufffd"),
        (b'{"choices": [{"message": {"content": "a\\ud83d\\ude00"}}]}', "a\U0001f600"),
        (b'{"choices": [{"message": {"content": "a\xff"}}]}', "a\ufffd"),
        (b'{"choices": [{"message": {"content": "a\nb"}}]}', "a\nb"),
        (b'{"error": null, "choices": [{"message": {"content": "a\nb"}}]}', "a\nb"),
    ],
)
async def test_broken_unicode_and_control_characters_are_borne(
    chat_server: ChatServer, body: bytes, text: str
) -> None:
    assert (await answered_with(chat_server, Answer(body=body))).text == text


# Likelihoods


def with_top(*top: tuple[str, float]) -> Answer:
    tokens = [{"token": token, "logprob": logprob} for token, logprob in top]
    first = {"token": tokens[0]["token"], "logprob": tokens[0]["logprob"], "top_logprobs": tokens}
    choice = {"message": {"content": top[0][0]}, "logprobs": {"content": [first]}}
    usage = {"prompt_tokens": 9, "completion_tokens": 1}
    return Answer(body=json.dumps({"choices": [choice], "usage": usage}).encode())


async def test_a_continuation_is_as_likely_as_its_variants_together(
    chat_server: ChatServer,
) -> None:
    half, eighth = math.log(0.5), math.log(0.125)
    chat_server.faults.append(with_top(("A", half), (" A", eighth), ("B", eighth), ("AB", -9.0)))
    reply = await asked(chat_server, call_of(continuations=("A", " B", "C"), max_tokens=5, seed=1))
    assert reply.likelihoods == (
        Likelihood(logprob=pytest.approx(math.log(0.625)), tokens=1),
        Likelihood(logprob=pytest.approx(eighth), tokens=1),
        Likelihood(logprob=None, tokens=1),
    )
    assert reply.usage == Usage(input_tokens=9, output_tokens=1)
    assert chat_server.bodies[0] == {
        "model": "served",
        "messages": [{"role": "user", "content": "What is 6 x 7?"}],
        "temperature": 0.0,
        "max_tokens": 1,
        "seed": 1,
        "logprobs": True,
        "top_logprobs": 20,
    }


async def test_a_server_that_tells_no_likelihoods_ends_the_run(chat_server: ChatServer) -> None:
    with pytest.raises(EndpointError, match="tells no likelihoods of tokens"):
        await asked(chat_server, call_of(continuations=("A", "B")))


def test_an_impossible_token_is_infinitely_unlikely() -> None:
    top = (TopToken("A", -math.inf), TopToken(" A", -math.inf), TopToken("B"))
    assert likelihood("A", top) == Likelihood(logprob=-math.inf, tokens=1)
    assert likelihood("B", top).logprob is None
