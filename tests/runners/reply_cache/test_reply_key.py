"""Which calls have the same key: those for which a client sends the same request."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.content import AudioPart, ImagePart, Message, Part, TextPart, ToolCall, merged
from evalrun.core.exchange import Call, ReplyForm, Sampling, SharedPrefix, Tool
from evalrun.runners.reply_cache.key import LONG_CHARACTERS, ReplyKeys, takes_long

KEYS = ReplyKeys({"model": "m"})
ASKED = Call(messages=(Message("user", "a"),), sampling=Sampling())

# Few and short values, so that two calls are often nearly the same.
words = st.text("ab", max_size=2)
addresses = st.sampled_from(["https://x/a", "https://x/b", "data:,a"])
parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(TextPart, words), st.builds(ImagePart, addresses), st.builds(AudioPart, addresses)
)
messages = st.builds(
    Message,
    role=st.sampled_from(["system", "user", "assistant", "tool"]),
    content=words | st.lists(parts, max_size=3).map(tuple),
    tool_calls=st.lists(st.builds(ToolCall, words, words, words), max_size=2).map(tuple),
    tool_call_id=st.none() | words,
)
samplings = st.builds(
    Sampling,
    temperature=st.sampled_from([0.0, 1.0]),
    top_p=st.sampled_from([0.5, 1.0]),
    top_k=st.none() | st.integers(1, 2),
    max_tokens=st.none() | st.integers(1, 2),
    stop=st.lists(words, max_size=2).map(tuple),
    seed=st.none() | st.integers(0, 1),
)
schemas = st.sampled_from([{}, {"type": "object"}, {"type": "array"}])
forms = st.builds(
    ReplyForm,
    reply_schema=st.none() | schemas,
    tools=st.lists(st.builds(Tool, words, words, schemas), max_size=2).map(tuple),
    continuations=st.lists(words, max_size=2).map(tuple),
)
calls = st.builds(
    Call,
    messages=st.lists(messages, max_size=3).map(tuple),
    sampling=samplings,
    form=forms,
    shared=st.lists(st.builds(SharedPrefix, st.integers(0, 1)), max_size=1).map(tuple),
)


def as_sent(call: Call) -> Call:
    """Return what of `call` reaches a model."""
    whole = tuple(
        msgspec.structs.replace(message, content=merged(message.content))
        for message in call.messages
    )
    return msgspec.structs.replace(call, messages=whole, shared=())


def asking(*contents: Any) -> Call:
    return msgspec.structs.replace(
        ASKED, messages=tuple(Message("user", content) for content in contents)
    )


@given(calls, calls)
def test_two_calls_have_one_key_if_and_only_if_they_are_sent_alike(one: Call, other: Call) -> None:
    assert (KEYS.key(one) == KEYS.key(other)) == (as_sent(one) == as_sent(other))


@given(calls, messages, samplings, forms)
def test_a_call_that_is_changed_in_one_place_has_another_key(
    call: Call, message: Message, sampling: Sampling, form: ReplyForm
) -> None:
    changed = [
        msgspec.structs.replace(call, messages=(*call.messages, message)),
        msgspec.structs.replace(call, sampling=sampling),
        msgspec.structs.replace(call, form=form),
    ]
    for other in changed:
        assert (KEYS.key(call) == KEYS.key(other)) == (as_sent(call) == as_sent(other))


@given(st.text(min_size=1), st.data())
def test_seams_between_texts_do_not_matter(text: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=4).map(sorted))
    bounds = [0, *cuts, len(text)]
    cut = tuple(TextPart(text[a:b]) for a, b in pairwise(bounds))
    assert KEYS.key(asking(cut)) == KEYS.key(asking(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (asking("ab"), asking("a", "b")),
        (asking("a", ""), asking("", "a")),
        (asking((TextPart("a"), ImagePart("https://x/a"))), asking("ahttps://x/a")),
        (
            asking((ImagePart("https://x/a"), TextPart("a"))),
            asking((TextPart("a"), ImagePart("https://x/a"))),
        ),
        (asking((ImagePart("data:,a"),)), asking((AudioPart("data:,a"),))),
    ],
)
def test_what_is_said_where_matters(one: Call, other: Call) -> None:
    assert KEYS.key(one) != KEYS.key(other)


def test_the_order_of_a_schemas_fields_matters_as_models_may_follow_it() -> None:
    one = {"properties": {"a": {}, "b": {}}}
    other = {"properties": {"b": {}, "a": {}}}
    keys = {
        KEYS.key(msgspec.structs.replace(ASKED, form=ReplyForm(reply_schema=schema)))
        for schema in (one, other)
    }
    assert len(keys) == 2


@given(st.dictionaries(words, words), st.dictionaries(words, words))
def test_clients_that_differ_in_their_identity_share_no_key(
    one: dict[str, str], other: dict[str, str]
) -> None:
    same = list(one.items()) == list(other.items())
    assert (ReplyKeys(one).key(ASKED) == ReplyKeys(other).key(ASKED)) == same


def test_a_key_is_the_same_in_another_process() -> None:
    program = "import test_reply_key as it; print(it.KEYS.key(it.ASKED).hex())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert KEYS.key(ASKED) == bytes.fromhex(done.stdout.strip())


def test_replies_stored_before_there_was_top_k_are_still_found() -> None:
    stored = "1eb1c9a0cffb25c4b5ddea6f56db093227d3eeb9c877d24f65c3beeaebf0612c"
    assert KEYS.key(ASKED) == bytes.fromhex(stored)


def test_a_local_file_enters_by_what_it_holds(tmp_path: Path) -> None:
    cat, copy, dog = (tmp_path / name for name in ("cat.png", "copy.png", "dog.png"))
    cat.write_bytes(b"meow")
    copy.write_bytes(b"meow")
    dog.write_bytes(b"woof")
    first = KEYS.key(asking((ImagePart(str(cat)),)))
    assert first == KEYS.key(asking((ImagePart(str(copy)),)))
    assert first == KEYS.key(asking((ImagePart(f"file://{cat}"),)))
    assert first != KEYS.key(asking((ImagePart(str(dog)),)))
    cat.write_bytes(b"woof")
    assert first != KEYS.key(asking((ImagePart(str(cat)),)))


def test_a_file_enters_with_the_media_type_of_its_name(tmp_path: Path) -> None:
    keys: set[bytes | None] = set()
    for name in ("a.png", "a.jpg", "a.jpeg"):
        (tmp_path / name).write_bytes(b"pixels")
        keys.add(KEYS.key(asking((ImagePart(str(tmp_path / name)),))))
    assert len(keys) == 2


@pytest.mark.parametrize("url", ["no/such.png", "nul\0.png", "\ud800.png"])
def test_a_call_with_a_file_that_cannot_be_read_has_no_key(url: str) -> None:
    assert KEYS.key(asking((ImagePart(url),))) is None


def test_a_text_that_is_not_unicode_has_a_key_of_its_own() -> None:
    keys = {KEYS.key(asking(text)) for text in ("\ud800", "\ud801", "?")}
    assert len(keys) == 3
    assert None not in keys


def test_files_and_long_texts_take_long(tmp_path: Path) -> None:
    assert not takes_long(asking("short", (TextPart("short"), ImagePart("https://x/a"))))
    assert takes_long(asking("x" * (LONG_CHARACTERS // 2), (TextPart("x" * LONG_CHARACTERS),)))
    assert takes_long(asking((ImagePart(str(tmp_path / "a.png")),)))
