"""Secrets out of everything that is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.redact import MARK, redact_config, redact_text, secrets_in

KEY = "sk-proj-0123456789abcdefABCDEF"


@pytest.mark.parametrize(
    "name",
    [
        *("api_key", "apikey", "OPENAI_API_KEY", "x-api-key", "private_key"),
        *("token", "access_token", "hf_token", "secret", "client_secret"),
        *("password", "Authorization", "credentials"),
    ],
)
def test_values_of_secret_keys_are_masked_at_any_depth(name: str) -> None:
    section = {"model": {"extra": [{name: "hunter2hunter2"}]}}
    assert redact_config(section) == {"model": {"extra": [{name: "***"}]}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_key_env", "OPENAI_API_KEY"),
        ("max_tokens", 32),
        ("tokens_kept", 5),
        ("token_budget", 1024),
        ("eos_token", "</s>"),
        ("keyboard", "qwerty"),
        ("api_key", None),
        ("key_field", "id"),
        ("tokenizer", "bpe"),
    ],
)
def test_what_only_sounds_like_a_secret_stays(name: str, value: Any) -> None:
    assert redact_config({name: value}) == {name: value}


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("https://me:pw@host:1/v1", "https://***@host:1/v1"),
        ("https://h/v1?api_key=abc&x=1", "https://h/v1?api_key=***&x=1"),
        ("https://h/v1?x=1&token=abc", "https://h/v1?x=1&token=***"),
        ("https://h/v1?tokens=5", "https://h/v1?tokens=5"),
        ("write to me@example.org", "write to me@example.org"),
    ],
)
def test_secrets_inside_addresses_are_masked(url: str, redacted: str) -> None:
    assert redact_config({"api_base": url}) == {"api_base": redacted}


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        "hf_abcdefghijklmnopqrstuvwx",
        "ghp_0123456789abcdefghijKLMN",
        "AKIAABCDEFGHIJKLMNOP",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv",
        "sk-ant-api03-aaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_what_looks_like_a_key_is_masked_wherever_it_stands(text: str) -> None:
    assert redact_text(f"refused ({text}).") == "refused (***)."
    assert redact_config({"prompt": [f"use {text}"]}) == {"prompt": ["use ***"]}


def test_bearer_headers_are_masked() -> None:
    assert redact_text("Authorization: Bearer abc.def-123") == "Authorization: Bearer ***"


def test_known_secrets_are_masked_longest_first() -> None:
    assert redact_text("abcdef and abc", ("abc", "abcdef")) == "*** and ***"


def test_secrets_of_the_environment_are_found_by_the_names_of_their_variables() -> None:
    environment = {
        "MY_API_KEY": "a-key-of-mine",
        "HF_TOKEN": "a-token-of-mine",
        "DB_PASSWORD": "short",
        "HOME": "/home/somebody",
    }
    assert secrets_in(environment) == {"a-key-of-mine", "a-token-of-mine"}


@given(st.text(), st.text(min_size=8))
def test_a_known_secret_never_survives(text: str, secret: str) -> None:
    assert secret == "***" or secret not in redact_text(f"{text}{secret}{text}", (secret,))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc", max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.text("abc", max_size=3), plain, max_size=3))
def test_a_configuration_without_secrets_is_unchanged(section: dict[str, Any]) -> None:
    assert json.dumps(redact_config(section)) == json.dumps(section)


def test_all_values_of_http_headers_are_masked_whatever_they_are_called() -> None:
    section = {"headers": {"X-Team": "evals", "X-Gate": "opensesame"}, "extra_headers": {"a": "b"}}
    assert redact_config(section) == {
        "headers": {"X-Team": MARK, "X-Gate": MARK},
        "extra_headers": {"a": MARK},
    }
