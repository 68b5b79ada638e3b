"""Texts put together as JSON say the same as texts put together and encoded."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import SampleError
from evalrun.models.openai_api.json_text import LONG_TEXT, EncodedTexts, to_json

valid = st.text(st.characters(exclude_categories=["Cs"]))
any_text = st.text(st.characters())


@given(st.lists(valid, max_size=6))
def test_joined_texts_are_the_json_of_the_whole(texts: list[str]) -> None:
    joined = EncodedTexts().joined(texts)
    assert bytes(joined) == msgspec.json.encode("".join(texts))
    assert json.loads(to_json({"content": joined})) == {"content": "".join(texts)}


@given(st.lists(any_text, min_size=1, max_size=4), st.integers(0, 3))
def test_it_is_the_same_for_long_texts_and_those_seen_before(texts: list[str], at: int) -> None:
    encoder = EncodedTexts()
    place = at % len(texts)
    texts[place] += "x" * LONG_TEXT
    whole = "".join(texts)
    for _ in range(2):
        try:
            expected = msgspec.json.encode(whole)
        except UnicodeEncodeError:
            with pytest.raises(SampleError, match="half of a surrogate pair") as caught:
                encoder.joined(texts)
            assert (caught.value.kind, caught.value.passing) == ("bad_request", False)
        else:
            assert bytes(encoder.joined(texts)) == expected


@pytest.mark.parametrize("text", ["\ud83d", "a\ude00b", "\ud83d" + "\ude00"])
def test_half_a_surrogate_pair_is_named(text: str) -> None:
    with pytest.raises(SampleError, match=r"a text holds U\+D(83D|E00), half of a surrogate pair"):
        to_json({"content": text})


def test_a_long_text_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []

    def noted(value: str) -> bytes:
        encoded.append(len(value))
        return msgspec.json.encode(value)

    monkeypatch.setattr("evalrun.models.openai_api.json_text.to_json", noted)
    encoder, context = EncodedTexts(), "x" * 500_000
    for number in range(5):
        encoder.joined((context, f"question {number}"))
    assert encoded.count(500_000) == 1
    assert len(encoded) == 6


def test_what_is_kept_is_bounded_and_the_latest_used_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [letter * LONG_TEXT for letter in "abc"]
    encoder = EncodedTexts(room=2 * LONG_TEXT)
    encoded: list[str] = []

    def noted(value: str) -> bytes:
        encoded.append(value[0])
        return msgspec.json.encode(value)

    monkeypatch.setattr("evalrun.models.openai_api.json_text.to_json", noted)
    for index in (0, 1, 0, 2, 0, 1):
        encoder.joined((texts[index],))
    assert encoded == ["a", "b", "c", "b"]


def test_a_text_larger_than_the_room_is_sent_and_not_kept() -> None:
    encoder = EncodedTexts(room=10)
    assert json.loads(bytes(encoder.joined(("x" * LONG_TEXT,)))) == "x" * LONG_TEXT
    assert encoder._bytes == 0
