"""The configuration of models behind servers that speak OpenAI's API."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from openai_asked import call_of
from servers.chat_server import ChatServer

from evalrun.core.exchange import Prompt, Request, SampleKey, Sampling
from evalrun.core.options import to_options
from evalrun.models.openai_model import OpenAIModel, OpenAIOptions, openai_client, price_of
from evalrun.models.prices import PriceOptions
from evalrun.models.registry import MODELS
from evalrun.runners.launch.resources import without_resources

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
KEY = "sk-test-0123456789abcdefghij"
SECRET = "a-secret-value"


def options_of(**options: Any) -> OpenAIOptions:
    return OpenAIOptions(
        **{"engine": "openai", "name": "served", "api_base": "http://h/v1", **options}
    )


def problems_of(**options: Any) -> list[str]:
    return [str(problem) for problem in OpenAIModel(options_of(**options)).problems(None)]


# What is missing


@pytest.mark.parametrize("name", ["openai", "openai-compatible"])
def test_recipes_ask_for_what_only_the_user_knows(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = yaml.safe_load((RECIPES / "model" / f"{name}.yaml").read_text(encoding="utf-8"))
    options = to_options(without_resources(section), OpenAIOptions, "model")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert MODELS.load(options.engine) is OpenAIModel
    told = " ".join(map(str, OpenAIModel(options).problems(None)))
    assert "model.name=MODEL" in told
    assert ("model.api_base=URL" in told) == (name == "openai-compatible")
    assert ("export OPENAI_API_KEY=KEY" in told) == (name == "openai")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"api_base": None}, "openai: no address; say model.api_base=URL"),
        ({"api_base": "localhost:8000"}, "model.api_base is not a web address: localhost:8000"),
        ({"api_base": "http://localhost:99999/v1"}, "not a web address"),
        ({"api_base": "ftp://me:hunter2@h"}, "not a web address: ftp://***@h"),
        ({"name": ""}, "which model is not said; say model.name"),
        ({"extra": {"stream": True, "n": 2}}, "model.extra must not hold n, stream"),
        ({"key_required": True, "api_key_env": "MINE"}, "MINE is not set; export MINE=KEY"),
        ({"key_required": True}, "no variable is named that holds the key"),
    ],
)
def test_problems_say_what_is_missing_and_how_to_mend_it(
    options: dict[str, Any], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MINE", raising=False)
    (found,) = problems_of(**options)
    assert problem in found


def test_a_server_of_ones_own_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINE", raising=False)
    assert problems_of(api_key_env="MINE") == []


def test_kv_methods_other_than_the_full_cache_are_refused() -> None:
    class Method:
        def __init__(self, label: str) -> None:
            self.label = label

    model = OpenAIModel(options_of())
    assert model.problems(Method("full")) == []
    (problem,) = model.problems(Method("snapkv"))
    assert "kv=snapkv" in str(problem)


# What is told of it


def test_an_identity_names_all_that_determines_a_reply_and_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINE", KEY)
    client = openai_client(
        options_of(
            api_base=f"http://me:{SECRET}@h/v1/?key={SECRET}",
            api_key_env="MINE",
            extra={"top_k": 5, "api_key": SECRET},
            headers={"X-Team": SECRET},
            send_seed=False,
        )
    )
    assert client.identity() == {
        "engine": "openai",
        "api_base": "http://h/v1?key=***",
        "api": "chat",
        "name": "served",
        "extra": {"top_k": 5, "api_key": "***"},
        "headers": ["x-team"],
        "max_tokens_field": "max_tokens",
        "send_seed": False,
    }
    told = json.dumps([client.identity(), client.environment()])
    assert SECRET not in told
    assert KEY not in told
    assert client.environment()["api_base"] == "http://h/v1?key=***"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"api_base": "http://h:8000/v1"},
        {"api": "completions"},
        {"extra": {"top_k": 5}},
        {"headers": {"X-Team": "evals"}},
        {"max_tokens_field": "max_completion_tokens"},
        {"send_seed": False},
    ],
)
def test_what_changes_replies_changes_the_identity(change: dict[str, Any]) -> None:
    assert openai_client(options_of(**change)).identity() != openai_client(options_of()).identity()


def test_credentials_and_prices_do_not_change_the_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINE", KEY)
    changed = options_of(
        api_base="http://me:password@h/v1/",
        api_key_env="MINE",
        price=PriceOptions(input=1.0, output=1.0),
    )
    assert openai_client(changed).identity() == openai_client(options_of()).identity()


# How it is asked


async def test_an_endpoint_sends_the_conversation(chat_server: ChatServer) -> None:
    endpoint = OpenAIModel(options_of(api_base=chat_server.api_base)).endpoint(None)
    prompt = Prompt(messages=call_of("hi").messages)
    async with endpoint.open(prompt, SampleKey("a")) as session:
        reply = await session.generate(Request(sampling=Sampling()))
    await endpoint.close()
    assert reply.text == "42"
    assert chat_server.bodies[0]["messages"] == [{"role": "user", "content": "hi"}]


def test_an_endpoint_says_how_many_replies_a_request_may_bring() -> None:
    assert OpenAIModel(options_of(replies_per_request=4)).endpoint(None).replies_per_request == 4


async def test_a_price_of_ones_own_is_counted(chat_server: ChatServer) -> None:
    price = PriceOptions(input=1e6, output=2e6)
    client = openai_client(options_of(api_base=chat_server.api_base, price=price))
    reply = await client.call(call_of())
    await client.close()
    assert reply.usage.cost_usd == pytest.approx(10 * 1.0 + 2 * 2.0)


@pytest.mark.skipif(find_spec("litellm") is None, reason="the list comes with the api extra")
def test_list_prices_are_those_of_openai_itself() -> None:
    hosted = options_of(name="gpt-4o-mini", api_base="https://api.openai.com/v1")
    imitator = options_of(name="gpt-4o-mini")
    assert price_of(hosted) is not None
    assert price_of(imitator) is None
