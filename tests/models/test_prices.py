"""Prices of tokens, against LiteLLM's own calculation."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from importlib.util import find_spec
from typing import Any

import msgspec
import pytest

from evalrun.core.config import Options
from evalrun.core.errors import ConfigError
from evalrun.core.exchange import Usage
from evalrun.core.options import to_options
from evalrun.models import prices
from evalrun.models.prices import Price, PriceOptions, cost_usd, effective_price, list_price

needs_litellm = pytest.mark.skipif(find_spec("litellm") is None, reason="needs the api extra")

# USD per token.
PRICE = Price(input=3e-6, output=15e-6, cached_input=3e-7, cache_write=3.75e-6)


class ModelOptions(Options, frozen=True):
    price: PriceOptions | None = None


def options_of(**price: Any) -> PriceOptions:
    found = to_options({"price": price}, ModelOptions, "model").price
    assert found is not None
    return found


def usage_of(input_tokens: int, output_tokens: int, cached: int = 0, written: int = 0) -> Usage:
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=cached,
        cache_write_tokens=written,
    )


# What usage costs


def test_each_kind_of_token_has_its_price() -> None:
    # 500 x $3 + 400 x $0.3 + 100 x $3.75 + 20 x $15, a million.
    cost = cost_usd(usage_of(1000, 20, cached=400, written=100), PRICE)
    assert cost == pytest.approx((1500 + 120 + 375 + 300) / 1e6)


def test_reasoning_is_paid_for_once_as_output() -> None:
    thought = Usage(input_tokens=10, output_tokens=100, reasoning_tokens=90)
    assert cost_usd(thought, PRICE) == cost_usd(usage_of(10, 100), PRICE)


def test_a_count_that_does_not_add_up_costs_no_less_than_its_parts() -> None:
    assert cost_usd(usage_of(10, 0, cached=15), PRICE) == pytest.approx(15 * 3e-7)


def test_nothing_is_known_to_cost_nothing() -> None:
    assert cost_usd(usage_of(1000, 20), None) == 0.0


# Prices of one's own


def test_ones_own_prices_are_per_million_and_cached_tokens_cost_as_much_as_others() -> None:
    price = effective_price("openai/gpt-4o-mini", options_of(input=2, output=8))
    assert price == Price(input=2e-6, output=8e-6, cached_input=2e-6, cache_write=2e-6)


def test_ones_own_prices_may_tell_cached_and_written_tokens_apart() -> None:
    options = options_of(input=2, output=8, cached_input=0, cache_write=2.5)
    price = effective_price("served/nobody-knows", options)
    assert price == Price(input=2e-6, output=8e-6, cached_input=0, cache_write=2.5e-6)


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ({"input": 3}, "model.price: a price needs both input and output"),
        ({"output": 3}, "model.price: a price needs both"),
        ({"cached_input": 3}, "model.price: a price needs both"),
        ({"input": -1, "output": 1}, r"model.price.input: expected float >= 0"),
        ({"inputs": 1, "output": 1}, "unknown key 'model.price.inputs': did you mean 'input'"),
    ],
)
def test_half_a_price_is_refused(price: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        options_of(**price)


@needs_litellm
@pytest.mark.parametrize("options", [None, PriceOptions()])
def test_without_ones_own_price_the_list_price_holds(options: PriceOptions | None) -> None:
    price = effective_price("openai/gpt-4o-mini", options)
    assert price is not None
    assert price == list_price("openai/gpt-4o-mini")


# List prices


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stand in for the file; put entries into it."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(
        prices,
        "_price_file",
        lambda: {key: msgspec.Raw(msgspec.json.encode(entry)) for key, entry in found.items()},
    )
    return found


def test_a_price_that_is_not_listed_is_that_of_input(entries: dict[str, Any]) -> None:
    entries["p/m"] = {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
    assert list_price("p/m") == Price(input=1e-6, output=2e-6, cached_input=1e-6, cache_write=1e-6)


def test_a_tier_holds_for_all_tokens_of_a_long_request(entries: dict[str, Any]) -> None:
    entries["p/m"] = {
        "input_cost_per_token": 1e-6,
        "output_cost_per_token": 4e-6,
        "input_cost_per_token_above_200k_tokens": 2e-6,
        "input_cost_per_token_above_200k_tokens_batches": 9.0,
        "cache_creation_input_token_cost_above_1hr": 9.0,
    }
    price = list_price("p/m")
    assert price is not None
    assert [tier.above for tier in price.tiers] == [200_000]
    assert cost_usd(usage_of(200_000, 10), price) == pytest.approx(0.2 + 4e-5)
    assert cost_usd(usage_of(200_001, 10), price) == pytest.approx(0.400002 + 4e-5)


def test_ranges_of_input_are_tiers(entries: dict[str, Any]) -> None:
    low = {"range": [0, 1000], "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
    high = {"range": [1000, 5000], "input_cost_per_token": 3e-6, "output_cost_per_token": 4e-6}
    entries["p/m"] = {"tiered_pricing": [high, low]}
    price = list_price("p/m")
    costs = [cost_usd(usage_of(tokens, 0), price) for tokens in (1000, 1001, 9000)]
    assert costs == pytest.approx([1e-3, 3.003e-3, 27e-3])


def test_a_model_of_another_provider_with_the_same_name_says_nothing(
    entries: dict[str, Any],
) -> None:
    entry = {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
    entries["m"] = entry | {"litellm_provider": "vertex_ai-language-models"}
    assert list_price("openai/m") is None
    assert list_price("vertex_ai/m") is not None


@pytest.mark.parametrize("entry", [{"input_cost_per_second": 1.0}, {"tiered_pricing": []}])
def test_a_model_that_is_not_priced_per_token_has_no_price(
    entries: dict[str, Any], entry: dict[str, Any]
) -> None:
    entries["p/m"] = entry
    assert list_price("p/m") is None


def test_without_litellm_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    prices._price_file.cache_clear()
    try:
        assert list_price("openai/gpt-4o-mini") is None
    finally:
        prices._price_file.cache_clear()


@needs_litellm
def test_prices_are_read_without_litellm_itself() -> None:
    code = """
        import sys
        from evalrun.models.prices import list_price
        assert list_price("anthropic/claude-sonnet-4-5").cache_write == 3.75e-06
        print("litellm" in sys.modules)
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


@needs_litellm
@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-4o-mini",
        "openai/gpt-5",
        "openai/o3-mini",
        "anthropic/claude-sonnet-4-5",
        "anthropic/claude-haiku-4-5",
        "gemini/gemini-2.5-pro",
        "gemini/gemini-2.5-flash",
        "vertex_ai/gemini-2.5-pro",
        "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0",
        "deepseek/deepseek-chat",
        "mistral/mistral-large-latest",
        "xai/grok-4.3",
        "dashscope/qwen3-coder-plus",
    ],
)
@pytest.mark.parametrize(
    "usage",
    [
        usage_of(1_000, 50),
        usage_of(1_000, 50, cached=300, written=200),
        usage_of(127_000, 3, written=126_000),
        usage_of(200_000, 7, cached=1_000),
        usage_of(300_000, 700, cached=100_000, written=50_000),
    ],
    ids=str,
)
def test_costs_are_those_of_litellm(model: str, usage: Usage) -> None:
    price = list_price(model)
    if price is None:
        pytest.skip("this release of LiteLLM does not list the model")
    if price.cache_write == price.input:  # not listed: releases differ, and nobody reports any
        usage = msgspec.structs.replace(usage, cache_write_tokens=0)
    assert cost_usd(usage, price) == pytest.approx(_by_litellm(model, usage), rel=1e-9)


def _by_litellm(model: str, usage: Usage) -> float:
    from evalrun.models.litellm_client import import_litellm

    litellm = import_litellm()
    response = litellm.ModelResponse(
        model=model.partition("/")[2],
        usage=litellm.Usage(
            prompt_tokens=usage.input_tokens,
            completion_tokens=usage.output_tokens,
            total_tokens=usage.tokens,
            cache_creation_input_tokens=usage.cache_write_tokens,
            cache_read_input_tokens=usage.cached_tokens,
        ),
    )
    return litellm.completion_cost(response, model=model)
