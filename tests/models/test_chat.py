"""Sessions over endpoints that take a whole conversation with every request."""

from __future__ import annotations

import pytest

from evalrun.core.content import ImagePart, Message, TextPart
from evalrun.core.errors import SampleError
from evalrun.core.exchange import Keep, Prompt, Reply, ReplyTiming, Request, Sampling
from evalrun.models.chat import ChatSession, Conversation

SYSTEM = Message("system", "Be short.")


class Recorder:
    """A chat endpoint that counts its replies and remembers what it was sent."""

    def __init__(self) -> None:
        self.sent: list[Conversation] = []
        self.fails = False

    async def __call__(self, messages: Conversation, sampling: Sampling) -> Reply:
        self.sent.append(messages)
        if self.fails:
            raise SampleError("no", kind="server", passing=True)
        text = f"reply {len(self.sent)}"
        return Reply(text=text, stop_reason="stop", timing=ReplyTiming(latency_s=0.0))


def user(text: str) -> Message:
    return Message("user", text)


def ask(*messages: Message, keep: Keep = "nothing") -> Request:
    return Request(sampling=Sampling(), messages=messages, keep=keep)


async def test_a_request_without_messages_sends_the_prompt() -> None:
    recorder = Recorder()
    session = ChatSession(Prompt(messages=(SYSTEM, user("2+2?"))), recorder)
    reply = await session.generate(ask())
    assert reply.text == "reply 1"
    assert recorder.sent == [(SYSTEM, user("2+2?"))]


async def test_requests_that_keep_nothing_branch_from_the_same_prompt() -> None:
    recorder = Recorder()
    session = ChatSession(Prompt(messages=(user("c"),)), recorder)
    for question in ("q1", "q2"):
        await session.generate(ask(Message("assistant", "ok"), user(question)))
    assert [sent[-1] for sent in recorder.sent] == [user("q1"), user("q2")]
    assert {len(sent) for sent in recorder.sent} == {3}


async def test_golden_answers_stand_in_the_history_instead_of_replies() -> None:
    recorder = Recorder()
    session = ChatSession(Prompt(messages=(user("c q1"),)), recorder)
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
    session = ChatSession(Prompt(messages=(user("q1"),)), recorder)
    await session.generate(ask(keep="reply"))
    await session.generate(ask(user("q2"), keep="reply"))
    assert recorder.sent[-1] == (user("q1"), Message("assistant", "reply 1"), user("q2"))


async def test_each_request_goes_on_inside_an_open_ended_prompt() -> None:
    recorder = Recorder()
    session = ChatSession(Prompt(messages=(SYSTEM, user("context ")), open_ended=True), recorder)
    await session.generate(ask(user("q1")))
    await session.generate(ask(user("q2")))
    assert recorder.sent == [(SYSTEM, user("context q1")), (SYSTEM, user("context q2"))]


async def test_an_open_ended_prompt_is_finished_once_a_request_is_kept() -> None:
    recorder = Recorder()
    session = ChatSession(Prompt(messages=(user("context "),), open_ended=True), recorder)
    await session.generate(ask(user("q1"), keep="reply"))
    await session.generate(ask(user("q2")))
    assert recorder.sent[-1] == (user("context q1"), Message("assistant", "reply 1"), user("q2"))


async def test_images_keep_their_place_in_an_open_ended_prompt() -> None:
    recorder = Recorder()
    image = ImagePart("http://example.org/a.png")
    prompt = Prompt(messages=(Message("user", (image,)),), open_ended=True)
    await ChatSession(prompt, recorder).generate(ask(user("What is it?")))
    assert recorder.sent[0] == (Message("user", (image, TextPart("What is it?"))),)


async def test_a_failed_call_leaves_the_session_as_it_was() -> None:
    recorder = Recorder()
    session = ChatSession(Prompt(messages=(user("context "),), open_ended=True), recorder)
    recorder.fails = True
    with pytest.raises(SampleError):
        await session.generate(ask(user("q1"), keep="reply"))
    recorder.fails = False
    await session.generate(ask(user("q1"), keep="reply"))
    assert recorder.sent[0] == recorder.sent[1] == (user("context q1"),)
