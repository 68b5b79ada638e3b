"""Marks for providers that store only the beginnings that are marked."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.content import ImagePart, Message, Part, TextPart, ToolCall, text_of
from evalrun.core.exchange import SharedPrefix
from evalrun.models import prompt_marks
from evalrun.models.attachments import to_openai
from evalrun.models.prompt_marks import marked, wants_marks

MARK = {"type": "ephemeral"}
LONG = "All men are mortal. " * 200  # 4,000 characters
IMAGE = ImagePart("data:image/png;base64,AAAA")


async def marks_of(messages: tuple[Message, ...], *shared: SharedPrefix) -> list[dict[str, Any]]:
    return marked(await to_openai(messages), messages, shared)


def text(content: str, *, mark: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": content} | ({"cache_control": MARK} if mark else {})


def texts_of(message: dict[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(p.get("text", "") for p in content)


def marks_in(body: list[dict[str, Any]]) -> int:
    parts = [part for message in body for part in message["content"] if isinstance(part, dict)]
    return sum("cache_control" in part for part in parts)


# Where marks stand


async def test_a_message_is_cut_where_its_shared_beginning_ends() -> None:
    messages = (Message("user", (TextPart(LONG), TextPart("Who is?"))),)
    assert await marks_of(messages, SharedPrefix(0)) == [
        {"role": "user", "content": [text(LONG, mark=True), text("Who is?")]}
    ]


async def test_a_whole_message_can_be_shared() -> None:
    messages = (Message("system", LONG), Message("user", "Who is?"))
    assert await marks_of(messages, SharedPrefix(0)) == [
        {"role": "system", "content": [text(LONG, mark=True)]},
        {"role": "user", "content": "Who is?"},
    ]


async def test_a_seam_that_no_beginning_ends_at_leaves_no_trace() -> None:
    content = (TextPart(LONG), TextPart("Who "), TextPart("is?"))
    (message,) = await marks_of((Message("user", content),), SharedPrefix(0))
    assert message["content"] == [text(LONG, mark=True), text("Who is?")]


async def test_two_beginnings_in_one_text_are_two_marks() -> None:
    content = (TextPart(LONG), TextPart("more "), TextPart("Who is?"))
    shared = (SharedPrefix(0, 0), SharedPrefix(0, 1))
    (message,) = await marks_of((Message("user", content),), *shared)
    assert message["content"] == [
        text(LONG, mark=True),
        text("more ", mark=True),
        text("Who is?"),
    ]


async def test_a_beginning_can_end_with_an_image() -> None:
    content = (TextPart(LONG), IMAGE, TextPart("What is it?"))
    (message,) = await marks_of((Message("user", content),), SharedPrefix(0, 1))
    assert ["cache_control" in part for part in message["content"]] == [False, True, False]


async def test_the_answer_of_a_tool_can_be_marked() -> None:
    asked = Message("assistant", "", (ToolCall("1", "look", "{}"),))
    messages = (Message("user", LONG), asked, Message("tool", "mortal", tool_call_id="1"))
    body = await marks_of(messages, SharedPrefix(0), SharedPrefix(2))
    assert body[2]["content"] == [text("mortal", mark=True)]
    assert body[2]["tool_call_id"] == "1"


async def test_an_empty_text_is_not_marked() -> None:
    asked = Message("assistant", "", (ToolCall("1", "look", "{}"),))
    body = await marks_of((Message("user", LONG), asked), SharedPrefix(1))
    assert marks_in(body) == 0


# Where none stand


async def test_a_short_beginning_is_not_marked() -> None:
    messages = (Message("user", (TextPart(LONG[1:]), TextPart("Who is?"))),)
    assert await marks_of(messages, SharedPrefix(0)) == await to_openai(messages)


async def test_what_stands_before_counts() -> None:
    messages = (Message("system", LONG[:2000]), Message("user", LONG[:2000]))
    assert marks_in(await marks_of(messages, SharedPrefix(0), SharedPrefix(1))) == 1


async def test_of_many_beginnings_the_shortest_and_the_longest_are_marked() -> None:
    messages = tuple(Message("user", LONG) for _ in range(6))
    body = await marks_of(messages, *(SharedPrefix(index) for index in range(6)))
    found = [index for index, message in enumerate(body) if isinstance(message["content"], list)]
    assert found == [0, 3, 4, 5]


async def test_nothing_shared_changes_nothing() -> None:
    messages = (Message("user", (TextPart(LONG), IMAGE)),)
    assert await marks_of(messages) == await to_openai(messages)


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("anthropic/claude-sonnet-4-5", True),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", True),
        ("bedrock/meta.llama3-1-8b-instruct-v1:0", False),
        ("vertex_ai/claude-sonnet-4-5@20250929", True),
        ("vertex_ai/gemini-2.5-pro", False),
        ("openrouter/anthropic/claude-sonnet-4.5", True),
        ("openrouter/openai/gpt-4o", False),
        ("openai/claude-like", False),
        ("gemini/gemini-2.5-pro", False),
    ],
)
def test_only_some_providers_want_marks(model: str, wanted: bool) -> None:
    assert wants_marks(model) is wanted


# What always holds

parts = st.one_of(st.text(max_size=4).map(TextPart), st.just(IMAGE))
contents = st.one_of(st.text(max_size=8), st.lists(parts, max_size=5).map(tuple))
conversations = st.lists(contents.map(lambda c: Message("user", c)), min_size=1, max_size=4)


def _size(message: Message) -> int:
    return 1 if isinstance(message.content, str) else max(1, len(message.content))


@given(conversations.map(tuple), st.data())
async def test_joined_texts_are_what_they_were(
    messages: tuple[Message, ...], data: st.DataObject
) -> None:
    ends = [SharedPrefix(m, p) for m, message in enumerate(messages) for p in range(_size(message))]
    shared = data.draw(st.lists(st.sampled_from(ends), unique=True).map(tuple))
    body = await to_openai(messages)
    before = copy.deepcopy(body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prompt_marks, "SHORTEST_STORED", 0)
        found = marked(body, messages, shared)
    assert body == before
    assert [texts_of(message) for message in found] == [text_of(m.content) for m in messages]
    assert marks_in(found) <= 4
    assert [_images(message) for message in found] == [_images(m) for m in before]
    assert all(p["text"] for m in found for p in _parts(m) if "cache_control" in p and "text" in p)


@given(conversations.map(tuple), st.data())
async def test_a_mark_ends_exactly_the_beginning_that_was_named(
    messages: tuple[Message, ...], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(messages) - 1))
    part = data.draw(st.integers(0, _size(messages[index]) - 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prompt_marks, "SHORTEST_STORED", 0)
        found = marked(await to_openai(messages), messages, [SharedPrefix(index, part)])
    content = messages[index].content
    head = (TextPart(content),) if isinstance(content, str) else content[: part + 1]
    places = [i for i, p in enumerate(_parts(found[index])) if "cache_control" in p]
    if not places:
        assert _ends_empty(head)
        return
    up_to_mark = _parts(found[index])[: places[0] + 1]
    assert "".join(p.get("text", "") for p in up_to_mark) == text_of(head)
    assert sum(p["type"] != "text" for p in up_to_mark) == sum(p is IMAGE for p in head)


def _ends_empty(head: tuple[Part, ...]) -> bool:
    """Whether nothing but empty text stands at the end: behind the last image, or at all."""
    return not head or (isinstance(head[-1], TextPart) and not head[-1].text)


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    return message["content"] if isinstance(message["content"], list) else []


def _images(message: dict[str, Any]) -> int:
    return sum(part["type"] != "text" for part in _parts(message))
