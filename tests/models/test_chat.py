"""Sessions over endpoints that take a whole conversation with every request."""

from __future__ import annotations

import msgspec
import pytest

from evalrun.core.content import ImagePart, Message, TextPart, ToolCall, merged
from evalrun.core.errors import SampleError
from evalrun.core.exchange import (
    Call,
    Keep,
    Prompt,
    Reply,
    ReplyTiming,
    Request,
    SampleKey,
    Sampling,
    SharedPrefix,
)
from evalrun.models.chat import ChatSession, Conversation

SYSTEM = Message("system", "Be short.")


class Recorder:
    """A client that counts its replies and remembers what it was sent, texts put together."""

    def __init__(self, *tool_calls: ToolCall) -> None:
        self.calls: list[Call] = []
        self.sent: list[Conversation] = []
        self.fails = False
        self._tool_calls = tool_calls

    async def call(self, call: Call) -> Reply:
        self.calls.append(call)
        self.sent.append(
            tuple(Message(m.role, merged(m.content), m.tool_calls) for m in call.messages)
        )
        if self.fails:
            raise SampleError("no", kind="server", passing=True)
        return Reply(
            text=f"reply {len(self.sent)}",
            stop_reason="stop",
            timing=ReplyTiming(latency_s=0.0),
            tool_calls=self._tool_calls,
        )

    def identity(self) -> dict[str, str]:
        return {}

    def environment(self) -> dict[str, str]:
        return {}

    async def close(self) -> None:
        pass


def session_of(prompt: Prompt, client: Recorder, *, shares_context: bool = False) -> ChatSession:
    return ChatSession(prompt, SampleKey("a", shares_context=shares_context), client)


def user(text: str) -> Message:
    return Message("user", text)


def ask(*messages: Message, keep: Keep = "nothing") -> Request:
    return Request(sampling=Sampling(), messages=messages, keep=keep)


async def test_a_request_without_messages_sends_the_prompt() -> None:
    recorder = Recorder()
    session = session_of(Prompt(messages=(SYSTEM, user("2+2?"))), recorder)
    reply = await session.generate(ask())
    assert reply.text == "reply 1"
    assert recorder.sent == [(SYSTEM, user("2+2?"))]


async def test_requests_that_keep_nothing_branch_from_the_same_prompt() -> None:
    recorder = Recorder()
    session = session_of(Prompt(messages=(user("c"),)), recorder)
    for question in ("q1", "q2"):
        await session.generate(ask(Message("assistant", "ok"), user(question)))
    assert [sent[-1] for sent in recorder.sent] == [user("q1"), user("q2")]
    assert {len(sent) for sent in recorder.sent} == {3}


async def test_golden_answers_stand_in_the_history_instead_of_replies() -> None:
    recorder = Recorder()
    session = session_of(Prompt(messages=(user("c q1"),)), recorder)
    await session.generate(ask(keep="messages"))
    await session.generate(ask(Message("assistant", "gold 1"), user("q2"), keep="messages"))
    await session.generate(ask(Message("assistant", "gold 2"), user("q3"), keep="messages"))
    assert [(m.role, m.content) for m in recorder.sent[-1]] == [
        ("user", "c q1"),
        ("assistant", "gold 1"),
        ("user", "q2"),
        ("assistant", "gold 2"),
        ("user", "q3"),
    ]


async def test_kept_replies_stand_in_the_history() -> None:
    recorder = Recorder()
    session = session_of(Prompt(messages=(user("q1"),)), recorder)
    await session.generate(ask(keep="reply"))
    await session.generate(ask(user("q2"), keep="reply"))
    assert recorder.sent[-1] == (user("q1"), Message("assistant", "reply 1"), user("q2"))


async def test_each_request_goes_on_inside_an_open_ended_prompt() -> None:
    recorder = Recorder()
    session = session_of(Prompt(messages=(SYSTEM, user("context ")), open_ended=True), recorder)
    await session.generate(ask(user("q1")))
    await session.generate(ask(user("q2")))
    assert recorder.sent == [(SYSTEM, user("context q1")), (SYSTEM, user("context q2"))]


async def test_an_open_ended_prompt_is_finished_once_a_request_is_kept() -> None:
    recorder = Recorder()
    session = session_of(Prompt(messages=(user("context "),), open_ended=True), recorder)
    await session.generate(ask(user("q1"), keep="reply"))
    await session.generate(ask(user("q2")))
    assert recorder.sent[-1] == (user("context q1"), Message("assistant", "reply 1"), user("q2"))


async def test_images_keep_their_place_in_an_open_ended_prompt() -> None:
    recorder = Recorder()
    image = ImagePart("http://example.org/a.png")
    prompt = Prompt(messages=(Message("user", (image,)),), open_ended=True)
    await session_of(prompt, recorder).generate(ask(user("What is it?")))
    assert recorder.sent[0] == (Message("user", (image, TextPart("What is it?"))),)


async def test_a_failed_call_leaves_the_session_as_it_was() -> None:
    recorder = Recorder()
    session = session_of(Prompt(messages=(user("context "),), open_ended=True), recorder)
    recorder.fails = True
    with pytest.raises(SampleError):
        await session.generate(ask(user("q1"), keep="reply"))
    recorder.fails = False
    await session.generate(ask(user("q1"), keep="reply"))
    assert recorder.sent[0] == recorder.sent[1] == (user("context q1"),)


async def test_tool_calls_of_a_kept_reply_stay_in_the_history() -> None:
    wish = ToolCall("1", "add", "{}")
    recorder = Recorder(wish)
    session = session_of(Prompt(messages=(user("q1"),)), recorder)
    await session.generate(ask(keep="reply"))
    await session.generate(ask(Message("tool", "4", tool_call_id="1")))
    assert recorder.sent[-1][1].tool_calls == (wish,)


async def test_a_context_asked_about_once_is_not_marked_as_shared() -> None:
    recorder = Recorder()
    prompt = Prompt(messages=(user("context q"),), context="context ")
    await session_of(prompt, recorder).generate(ask(keep="messages"))
    assert recorder.calls[0].shared == ()


async def test_a_context_of_several_questions_is_a_part_and_marked() -> None:
    recorder = Recorder()
    prompt = Prompt(messages=(SYSTEM, user("context ")), open_ended=True, requests=2)
    prompt = msgspec.structs.replace(prompt, context="context ")
    await session_of(prompt, recorder).generate(ask(user("q1")))
    (call,) = recorder.calls
    assert call.shared == (SharedPrefix(1, 0),)
    assert call.messages[1].content == (TextPart("context "), TextPart("q1"))


async def test_a_context_with_an_image_is_shared_by_its_questions() -> None:
    recorder = Recorder()
    content = (ImagePart("https://example.org/a.png"), TextPart("Q\n"))
    prompt = Prompt(messages=(Message("user", content),), open_ended=True, requests=2)
    session = session_of(prompt, recorder)
    await session.generate(ask(user("A. x")))
    (call,) = recorder.calls
    assert call.shared == (SharedPrefix(0, 1),)
    assert call.messages[0].content == (*content, TextPart("A. x"))


async def test_a_context_that_other_samples_have_too_is_marked() -> None:
    recorder = Recorder()
    prompt = Prompt(messages=(user("context q"),), context="context ")
    await session_of(prompt, recorder, shares_context=True).generate(ask())
    assert recorder.calls[0].shared == (SharedPrefix(0, 0),)
    assert recorder.calls[0].messages[0].content == (TextPart("context "), TextPart("q"))


async def test_a_conversation_that_goes_on_is_shared_up_to_its_end_until_the_last_turn() -> None:
    recorder = Recorder()
    prompt = Prompt(messages=(user("q1"),), requests=2)
    session = session_of(prompt, recorder)
    await session.generate(ask(keep="messages"))
    last = Request(sampling=Sampling(), messages=(user("q2"),), keep="messages", turn=1)
    await session.generate(last)
    assert [call.shared for call in recorder.calls] == [(SharedPrefix(0, 0),), ()]
