"""Calls of tools as text: what a model is told, and what is read out of its replies."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.agents import CITY, SAMPLE, TIME, conversations, dfsdt, react, says

from evalrun.core.content import Message, ToolCall, text_of
from evalrun.core.exchange import Sampling
from evalrun.runners.tools.calling import Prompted, parse_step

STEP = 'Thought: I look.\nAction: weather_for_skies\nAction Input: {"city": "Oslo"}'
ANSWER = '{"return_type": "give_answer", "final_answer": "rain"}'
FINISH = f"Thought: Done.\nAction: Finish\nAction Input: {ANSWER}"


@pytest.mark.parametrize(
    ("text", "thought", "name", "arguments"),
    [
        (STEP, "I look.", "weather_for_skies", '{"city": "Oslo"}'),
        (
            STEP + "\nObservation: sun\nThought: x",
            "I look.",
            "weather_for_skies",
            '{"city": "Oslo"}',
        ),
        (STEP + "\n\nThat should do.", "I look.", "weather_for_skies", '{"city": "Oslo"}'),
        ("Action: clock\nAction Input: {}", "", "clock", "{}"),
        ("Thought:\nAction: `clock`\nAction Input:", "", "clock", ""),
        ("**Thought:** a\n**Action:** clock\n**Action Input:** {}", "a", "clock", "{}"),
        ("Thought: a\nAction: clock\nAction Input:\n```json\n{}\n```", "a", "clock", "{}"),
        ("thought: a\naction: clock\naction input: not json {", "a", "clock", "not json {"),
        ("Thought: a\nb\nAction: clock", "a\nb", "clock", ""),
        ('Thought: a\nAction: clock\nAction Input: {"a":\n1}', "a", "clock", '{"a":\n1}'),
    ],
)
def test_a_step_is_read(text: str, thought: str, name: str, arguments: str) -> None:
    step = parse_step(text, 3)
    assert step.thought == thought
    assert step.call == ToolCall("call_3", name, arguments)


@pytest.mark.parametrize("text", ["", "I do not know.", "Thought: hm", "Observation: x\nAction: y"])
def test_without_an_action_there_is_no_call(text: str) -> None:
    assert parse_step(text, 0).call is None


@given(st.text())
def test_any_reply_is_read_without_an_error(text: str) -> None:
    step = parse_step(text, 0)
    assert step.thought is not None


@given(
    st.text("abc_", min_size=1),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
)
def test_what_the_model_is_told_of_a_call_is_read_as_that_call(name: str, fields: dict) -> None:
    call = ToolCall("call_1", name, json.dumps(fields))
    told = Prompted().told((Message("assistant", "so", (call,)), Message("user", "?")), ())
    step = parse_step(text_of(told[0].content), 1)
    assert step.call == call
    assert step.thought == "so"


def test_the_whole_play_is_text() -> None:
    endpoint = says(STEP, FINISH)
    play = react(endpoint, calling="prompted")
    assert play.replies[0].text == "rain"
    first, second = conversations(endpoint.asked)
    assert all(not request.form.tools for _, _, request in endpoint.asked)
    assert [message.role for message in first] == ["system", "user"]
    for tool in (CITY, TIME):
        assert json.dumps(tool.name) in text_of(first[0].content)
    assert [message.role for message in second] == ["system", "user", "assistant", "user"]
    assert text_of(second[2].content) == STEP
    assert text_of(second[3].content).startswith("Observation: ")
    assert all("\nObservation:" in request.sampling.stop for _, _, request in endpoint.asked)


def test_a_step_with_a_thought_counts_three_nodes_even_if_the_thought_is_empty() -> None:
    endpoint = says("Action: clock_for_skies\nAction Input: {}")
    react(endpoint, calling="prompted")
    assert len(endpoint.asked) == 4


def test_no_two_messages_of_the_same_side_follow_each_other() -> None:
    endpoint = says("Hm.", "Hm.", STEP, FINISH.replace("give_answer", "nothing"), "Hm.")
    dfsdt(endpoint, calling="prompted", depth=9, calls=30)
    for said in conversations(endpoint.asked):
        roles = [message.role for message in said]
        assert roles[-1] == "user"
        assert all(one != other for one, other in pairwise(roles))


def test_a_second_child_of_the_root_is_asked_in_the_message_of_the_question() -> None:
    endpoint = says(STEP)
    dfsdt(endpoint, calling="prompted", depth=3)
    first, second = conversations(endpoint.asked)
    assert [message.role for message in second] == ["system", "user"]
    assert text_of(second[1].content).startswith(text_of(first[1].content))
    assert CITY.name in text_of(second[1].content)


def test_stops_of_the_run_stay() -> None:
    assert Prompted().sampling(Sampling(stop=("END",))).stop == ("END", "\nObservation:")
    assert SAMPLE.turns[0].tools == (CITY, TIME)
