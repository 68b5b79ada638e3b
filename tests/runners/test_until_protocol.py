"""Questions that go on until a reply fails."""

from __future__ import annotations

import asyncio

import pytest
from scripted import ScriptedEndpoint

from evalrun.core.content import Message
from evalrun.core.exchange import SampleKey, Sampling
from evalrun.core.interfaces import EndsEarly
from evalrun.core.sample import Sample, Turn
from evalrun.runners.until import Until, UntilOptions, begins_with

UNTIL = Until(UntilOptions(name="until"))
THREE = Sample(
    id="t/0",
    task="t",
    context="Context. ",
    turns=tuple(Turn(query=query, max_tokens=1) for query in ("a", "b", "c")),
)


def play(*replies: str):
    """Return what was said and asked when the turns are answered by `replies`."""
    endpoint = ScriptedEndpoint(lambda _key, _prompt, request: replies[request.turn])
    found = asyncio.run(UNTIL.play(THREE, SampleKey("t/0"), endpoint, Sampling()))
    return [reply.text for reply in found.replies], endpoint.asked


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        (("+", "+", "+"), ["+", "+", "+"]),
        (("+", "-", "+"), ["+", "-"]),
        (("-", "+", "+"), ["-"]),
        ((" + yes", "+", ""), [" + yes", "+", ""]),
        (("", "+", "+"), [""]),
    ],
)
def test_turns_are_asked_until_a_reply_does_not_begin_with_the_prefix(replies, said) -> None:
    assert play(*replies)[0] == said


def test_the_prefix_stands_for_earlier_replies() -> None:
    _, asked = play("+ and more", "+", "-")
    assert {prompt.messages for _, prompt, _ in asked} == {(Message("user", "Context. a"),)}
    assert [request.messages for _, _, request in asked] == [
        (),
        (Message("assistant", "+"), Message("user", "b")),
        (Message("assistant", "+"), Message("user", "c")),
    ]
    assert {(r.keep, r.sampling.max_tokens) for _, _, r in asked} == {("messages", 1)}


def test_white_space_and_case_do_not_count() -> None:
    assert begins_with("\n Yes, it is", "yes")
    assert not begins_with("no: yes", "yes")


def test_at_its_longest_every_turn_is_asked_whatever_is_replied() -> None:
    endpoint = ScriptedEndpoint(lambda _key, _prompt, _request: "-")
    longest = UNTIL.longest()
    found = asyncio.run(longest.play(THREE, SampleKey("t/0"), endpoint, Sampling()))
    assert [reply.text for reply in found.replies] == ["-", "-", "-"]
    assert isinstance(UNTIL, EndsEarly)
