"""Golden searches, worked out by hand from ToolBench's rules."""

from __future__ import annotations

import json

import pytest
from tools.agents import (
    CITY,
    KEY,
    SAMPLE,
    TIME,
    call,
    conversations,
    dfsdt,
    give_answer,
    give_up,
    react,
    says,
    shape,
)

from evalrun.core.content import text_of
from evalrun.core.errors import DataError
from evalrun.core.sample import Sample, Turn
from evalrun.runners.tools.protocols import AgentOptions, ToolAgent
from evalrun.runners.tools.sources import ToolOptions

WEATHER = call(CITY.name, {"city": "Oslo"})
CLOCK = call(TIME.name)


def nodes(play) -> list[tuple[str, int]]:
    (tried,) = play.outcome["trys"]
    return [(node["node_type"], node["depth"]) for node in tried["chain"]]


def test_a_chain_ends_with_the_answer() -> None:
    play = react(says(WEATHER, give_answer("It rains.")))
    assert play.replies[0].text == "It rains."
    assert nodes(play) == [
        ("Action", 1),
        ("Action Input", 2),
        ("Action", 3),
        ("Action Input", 4),
    ]
    outcome = play.outcome
    assert outcome["win"]
    assert outcome["answer_generation"]["valid_data"]
    assert outcome["answer_generation"]["query_count"] == 2
    answer = json.loads(outcome["answer_generation"]["final_answer"])
    assert answer == {"return_type": "give_answer", "final_answer": "It rains."}
    assert [reply.role for reply in play.intermediate] == ["model"]


@pytest.mark.parametrize(
    ("thought", "calls"), [("", 6), ("Let me see.", 4)], ids=["two nodes", "three nodes"]
)
def test_the_depth_of_twelve_counts_nodes_and_not_steps(thought: str, calls: int) -> None:
    endpoint = says(call(CITY.name, {}, thought))
    play = react(endpoint)
    assert len(endpoint.asked) == calls
    assert nodes(play)[-1] == ("Action Input", 12)
    assert play.replies[0].text == ""
    assert not play.outcome["win"]
    assert not play.outcome["answer_generation"]["valid_data"]
    assert play.outcome["trys"][0]["chain"][-1]["pruned"]


def test_steps_without_a_call_count_one_node_each() -> None:
    endpoint = says("Hm.")
    play = react(endpoint)
    assert len(endpoint.asked) == 12
    assert {kind for kind, _ in nodes(play)} == {"Thought"}


def test_an_answer_at_the_last_level_counts() -> None:
    play = react(says(*[WEATHER] * 5, give_answer("late")))
    assert play.outcome["win"]
    assert nodes(play)[-1] == ("Action Input", 12)


def test_a_chain_ends_where_the_agent_gives_up() -> None:
    endpoint = says(WEATHER, give_up())
    play = react(endpoint)
    assert len(endpoint.asked) == 2
    assert play.outcome["answer_generation"]["final_answer"] == ""
    assert play.outcome["trys"][0]["chain"][-1]["observation_code"] == 4


def test_an_unknown_tool_is_an_error_and_its_name_is_replaced_in_the_conversation() -> None:
    endpoint = says(call("stars"), give_answer("?"))
    play = react(endpoint)
    first, last = play.outcome["trys"][0]["chain"][:2]
    assert first["description"] == "stars"
    assert last["observation_code"] == 1
    assert json.loads(last["observation"])["error"] == "No such function name: stars"
    said = conversations(endpoint.asked)[1]
    assert said[-2].tool_calls[0].name == "invalid_hallucination_function_name"


def test_tools_are_found_by_the_end_of_their_names() -> None:
    endpoint = says(call("for_skies"), call("functions.clock_for_skies"), give_answer("!"))
    chain = react(endpoint).outcome["trys"][0]["chain"]
    assert [node["observation_code"] for node in chain if "observation" in node] == [6, 6, 3]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ('{"return_type": "give_answer"}', 2),
        ('{"final_answer": "yes"}', 2),
        ('{"return_type": "perhaps"}', 2),
        ("", 2),
        ("[1]", 2),
        ('{"return_type": "give_answer", "final_answer": "cut of', 3),
        ('{"return_type": "give_up_and_restart", oops', 4),
        ('{"return_type": "give_answer", "final_answer": "two\nlines"}', 3),
    ],
)
def test_finish_goes_on_unless_it_has_what_it_needs(arguments: str, status: int) -> None:
    chain = react(says(call("Finish", arguments), give_up())).outcome["trys"][0]["chain"]
    assert chain[1]["observation_code"] == status


def test_observations_are_cut() -> None:
    endpoint = says(call("x" * 2000), give_answer("!"))
    observation = react(endpoint).outcome["trys"][0]["chain"][1]["observation"]
    assert len(observation) == 1024 + len("...")
    assert observation.endswith("...")


def test_a_search_ends_with_the_first_answer() -> None:
    play = dfsdt(says(WEATHER, CLOCK, give_answer("It rains.")))
    outcome = play.outcome
    assert outcome["tree"]["size"] == 7
    assert outcome["tree"]["max_length"] == 7
    assert outcome["answer_generation"]["finish_type"] == "give_answer"
    assert [len(messages) for messages in outcome["answer_generation"]["train_messages"]] == [
        3,
        5,
        7,
    ]
    finished = [node["finished"] for node in outcome["compare_candidates"][0]]
    # Up to the call two before the answer's, as in ToolBench's own files.
    assert finished == [False, True, True, True, True, True]


def test_giving_up_goes_back_two_levels() -> None:
    """A at the root; below it B, whose first child gives up: so B has no second child.

    The next child is A's second, which answers.
    """
    endpoint = says(WEATHER, CLOCK, give_up(), give_answer("at last"))
    play = dfsdt(endpoint)
    weather = (
        CITY.name,
        None,
        [
            (
                '{"city": "Oslo"}',
                6,
                [
                    (TIME.name, None, [("{}", 6, [("Finish", None, [(GIVE_UP, 4, [])])])]),
                    ("Finish", None, [(ANSWER, 3, [])]),
                ],
            )
        ],
    )
    assert shape(play.outcome["tree"]["tree"]) == ("", None, [weather])
    assert len(endpoint.asked) == 4


GIVE_UP = '{"return_type": "give_up_and_restart"}'[:24]
ANSWER = '{"return_type": "give_answer"}'[:24]


def test_giving_up_at_once_ends_the_search_and_stands_for_an_answer() -> None:
    endpoint = says(give_up())
    play = dfsdt(endpoint)
    assert len(endpoint.asked) == 1
    generation = play.outcome["answer_generation"]
    assert generation["finish_type"] == "give_up"
    assert "give_up_and_restart" in generation["final_answer"]
    assert generation["valid_data"]
    assert not play.outcome["win"]


def test_at_the_depth_limit_the_search_goes_back_one_level() -> None:
    """With a depth of 4 two calls fit in a chain: 2 + 2 * 2 calls in all."""
    endpoint = says(WEATHER)
    play = dfsdt(endpoint, depth=4)
    assert len(endpoint.asked) == 6
    assert play.outcome["tree"]["size"] == 1 + 6 * 2
    assert not play.outcome["answer_generation"]["valid_data"]


def test_the_last_call_of_the_budget_is_not_read() -> None:
    endpoint = says(WEATHER, WEATHER, give_answer("too late"))
    play = dfsdt(endpoint, calls=3)
    assert len(endpoint.asked) == 3
    assert not play.outcome["win"]
    assert play.outcome["tree"]["size"] == 5
    assert play.outcome["answer_generation"]["query_count"] == 3


def test_later_children_see_what_the_earlier_ones_did_and_nobody_else_does() -> None:
    endpoint = says(WEATHER, CLOCK, call("stars"), WEATHER, give_answer("!"))
    dfsdt(endpoint, depth=6)
    told = [
        [text_of(message.content) for message in conversation if message.role == "user"]
        for conversation in conversations(endpoint.asked)
    ]
    asides = [len(texts) - 1 for texts in told]
    # Down three calls to the limit; then a second child of the second call, then one that answers.
    assert asides == [0, 0, 0, 1, 1]
    assert '"function_output"' in told[3][-1]
    assert '"stars"' in told[3][-1]
    assert f'"{TIME.name}"' in told[4][-1]
    assert "again" not in told[3][0]


def test_what_was_said_aside_stays_in_the_file_as_not_valid() -> None:
    play = dfsdt(says(call("stars"), give_answer("!")), depth=2)
    (messages,) = play.outcome["answer_generation"]["train_messages"]
    assert [message["role"] for message in messages] == ["system", "user", "user", "assistant"]
    assert messages[2]["valid"] is False


def test_a_search_draws_one_of_the_places_where_it_gave_up_by_its_seed() -> None:
    ups = [give_up(f"No. {number}") for number in range(8)]
    script = [step for up in ups for step in (WEATHER, WEATHER, up)]
    drawn = {
        seed: str(dfsdt(says(*script), seed=seed, width=4).outcome["answer_generation"])
        for seed in (0, 0, 1, 2, 3, 4, 5)
    }
    assert len(set(drawn.values())) > 1
    again = str(dfsdt(says(*script), seed=3, width=4).outcome["answer_generation"])
    assert again == drawn[3]


def test_each_step_has_a_seed_of_its_own_and_the_limit_of_the_turn() -> None:
    endpoint = says(WEATHER, WEATHER, give_answer("!"))
    react(endpoint)
    seeds = {request.sampling.seed for _, _, request in endpoint.asked}
    assert len(seeds) == 3
    assert {request.sampling.max_tokens for _, _, request in endpoint.asked} == {64}


def test_native_calls_offer_the_tools_and_finish() -> None:
    endpoint = says(WEATHER, give_answer("!"))
    react(endpoint)
    (_, prompt, request), (_, _, second) = endpoint.asked
    assert [tool.name for tool in request.form.tools] == [CITY.name, TIME.name, "Finish"]
    assert [message.role for message in prompt.messages] == ["system", "user"]
    assert [message.role for message in second.messages] == ["assistant", "tool"]
    assert second.messages[0].tool_calls[0].id == second.messages[1].tool_call_id


def test_rows_without_tools_are_refused() -> None:
    bare = Sample(id="bare", task="t", turns=(Turn(query="Hello?"),))
    with pytest.raises(DataError, match="bare offers no tools; protocol=react"):
        react(says("x"), bare)
    assert SAMPLE.id == KEY.sample_id


def test_the_label_says_who_answers_calls() -> None:
    tools = ToolOptions(sources=("replay", "simulated"))
    assert ToolAgent(AgentOptions(name="react")).label == "react[replay]"
    assert ToolAgent(AgentOptions(name="dfsdt", tools=tools)).label == "dfsdt[replay+simulated]"
