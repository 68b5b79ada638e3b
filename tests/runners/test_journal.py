"""Replies kept one by one, and given again after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from scripted import ScriptedEndpoint

from evalrun.core.content import Message, text_of
from evalrun.core.conversation import continued
from evalrun.core.exchange import Keep, Prompt, Reply, Request, SampleKey, Sampling
from evalrun.runners.journal.endpoint import JournaledEndpoint
from evalrun.runners.journal.journal import Journal

KEY = SampleKey("t/0")
OPENING = Prompt(messages=(Message("user", "Hello."),))


def says(*replies: str) -> ScriptedEndpoint:
    """Answer with these texts, in order, and with an error when they are used up."""
    script = iter(replies)
    return ScriptedEndpoint(lambda *_: next(script, None) or OSError("down"))


def ask(text: str, keep: Keep = "reply", **sampling: float) -> Request:
    messages = (Message("user", text),)
    return Request(sampling=Sampling(**sampling), messages=messages, keep=keep)


def start(
    path: Path,
    endpoint: ScriptedEndpoint,
    requests: Iterable[Request],
    *,
    key: SampleKey = KEY,
    role: str = "model",
    prompt: Prompt = OPENING,
    counted: bool = False,
) -> list[Reply]:
    """Make `requests` in one session, as far as they go; return the replies."""

    async def play() -> list[Reply]:
        journal, replies = Journal(path), list[Reply]()
        journaled = JournaledEndpoint(endpoint, journal, role, counted=counted)
        try:
            async with journaled.open(prompt, key) as session:
                for request in requests:
                    replies.append(await session.generate(request))
        except OSError:
            pass
        await journal.close()
        return replies

    return asyncio.run(play())


def texts(replies: Sequence[Reply]) -> list[str]:
    return [reply.text for reply in replies]


def heard(endpoint: ScriptedEndpoint) -> list[list[str]]:
    """Return what each request made of the endpoint said before the reply."""
    return [
        [text_of(message.content) for message in (*prompt.messages, *request.messages)]
        for _, prompt, request in endpoint.asked
    ]


def test_a_second_start_asks_only_what_was_not_answered(tmp_path: Path) -> None:
    dialogue = [ask("1"), ask("2"), ask("3")]
    assert texts(start(tmp_path / "calls", says("a", "b"), dialogue)) == ["a", "b"]
    second = says("c")
    assert texts(start(tmp_path / "calls", second, dialogue)) == ["a", "b", "c"]
    assert heard(second) == [["Hello.", "1", "a", "2", "b", "3"]]


def test_what_a_session_does_not_keep_is_not_said_again(tmp_path: Path) -> None:
    dialogue = [ask("1", "messages"), ask("2", "nothing"), ask("3")]
    start(tmp_path / "calls", says("a", "b"), dialogue)
    second = says("c")
    start(tmp_path / "calls", second, dialogue)
    assert heard(second) == [["Hello.", "1", "3"]]


def test_a_question_goes_on_in_an_unfinished_message(tmp_path: Path) -> None:
    open_ended = Prompt(messages=(Message("user", "Hello, "),), open_ended=True)
    dialogue = [ask("you."), ask("Bye.")]
    start(tmp_path / "calls", says("a"), dialogue, prompt=open_ended)
    second = says("b")
    start(tmp_path / "calls", second, dialogue, prompt=open_ended)
    assert heard(second) == [["Hello, you.", "a", "Bye."]]


def test_a_session_that_went_on_without_the_endpoint_is_told_what_it_missed(tmp_path: Path) -> None:
    start(tmp_path / "calls", says("a", "b"), [ask("1"), ask("2")])
    other = says("x", "c")
    start(tmp_path / "calls", other, [ask("aside", "nothing"), ask("1"), ask("2"), ask("3")])
    assert heard(other) == [["Hello.", "aside"], ["Hello.", "1", "a", "2", "b", "3"]]


def test_the_same_question_asked_twice_has_two_replies(tmp_path: Path) -> None:
    twice = [ask("1", "nothing"), ask("1", "nothing")]
    first = start(tmp_path / "calls", says("a", "b"), twice)
    assert texts(first) == texts(start(tmp_path / "calls", says(), twice)) == ["a", "b"]


def test_plays_roles_and_decodings_have_replies_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "calls"
    start(path, says("a"), [ask("1")])
    assert texts(start(path, says("b"), [ask("1")], key=SampleKey("t/0", 1))) == ["b"]
    assert texts(start(path, says("c"), [ask("1")], role="judge")) == ["c"]
    assert texts(start(path, says("d"), [ask("1", temperature=0.5)])) == ["d"]
    assert texts(start(path, says(), [ask("1")])) == ["a"]


def test_replies_given_again_cost_nothing_where_they_are_counted_already(tmp_path: Path) -> None:
    start(tmp_path / "calls", says("a"), [ask("1")])
    assert not start(tmp_path / "calls", says(), [ask("1")])[0].from_cache
    assert start(tmp_path / "calls", says(), [ask("1")], counted=True)[0].from_cache


def test_a_torn_last_line_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "calls"
    start(path, says("a", "b"), [ask("1"), ask("2")])
    path.write_bytes(path.read_bytes()[:-10])
    second = says("B")
    assert texts(start(path, second, [ask("1"), ask("2")])) == ["a", "B"]
    assert texts(start(path, says(), [ask("1"), ask("2")])) == ["a", "B"]


def test_nothing_is_written_where_nothing_is_asked(tmp_path: Path) -> None:
    start(tmp_path / "calls", says(), [])
    assert not (tmp_path / "calls").exists()


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=3), st.booleans())
def test_a_conversation_goes_on_with_all_its_words(
    held: list[str], more: list[str], open_ended: bool
) -> None:
    before = tuple(Message("user", text) for text in held)
    after = tuple(Message("user", text) for text in more)
    whole = continued(before, after, open_ended=open_ended)
    assert "".join(text_of(message.content) for message in whole) == "".join(held + more)
    joined = bool(open_ended and held and more)
    assert len(whole) == len(held) + len(more) - joined
