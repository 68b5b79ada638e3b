"""Estimates of how many tokens texts are."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.models import token_count
from evalrun.models.token_count import count_tokens, how_counted

needs_both = pytest.mark.skipif(
    find_spec("litellm") is None or find_spec("tiktoken") is None, reason="needs the api extra"
)


@pytest.fixture
def no_tokenizer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    token_count._encoding.cache_clear()
    yield
    token_count._encoding.cache_clear()


@needs_both
def test_text_is_counted_by_cl100k_base() -> None:
    assert how_counted() == "cl100k_base"
    assert count_tokens("") == 0
    assert count_tokens("tiktoken is great!") == 6  # OpenAI's own example


@needs_both
@given(st.text())
def test_any_text_can_be_counted(text: str) -> None:
    assert 0 <= count_tokens(text) <= len(text.encode(errors="surrogatepass"))


@needs_both
def test_names_of_special_tokens_are_text_like_any_other() -> None:
    assert count_tokens("<|endoftext|>") > 1


@needs_both
def test_a_long_text_without_a_space_is_counted() -> None:
    assert count_tokens("a" * 1_000_000) > 10_000


@needs_both
def test_no_network_is_asked_and_the_environment_stays_as_it_is() -> None:
    code = """
        import os, sys

        def refuse(event, arguments):
            if event.startswith("socket."):
                raise AssertionError(event)

        sys.addaudithook(refuse)
        before = dict(os.environ)
        from evalrun.models.token_count import count_tokens, how_counted
        print(count_tokens("tiktoken is great!"), how_counted(), "litellm" in sys.modules)
        assert dict(os.environ) == before
        """
    bare = {name: value for name, value in os.environ.items() if name != "TIKTOKEN_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("6 cl100k_base False\n", "")


@pytest.mark.usefixtures("no_tokenizer")
@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("four", 1), ("fives", 2)])
def test_without_a_tokenizer_four_characters_are_a_token(text: str, tokens: int) -> None:
    assert how_counted() == "characters / 4"
    assert count_tokens(text) == tokens
