"""What layers do with candidates, worked out by hand from the published code."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from archon_world import (
    World,
    candidate_in,
    component,
    critiques,
    generators,
    played,
    sample_of,
    texts,
    written,
)
from scripted import ScriptedEndpoint

from evalrun.core.content import ImagePart, Message, TextPart
from evalrun.core.errors import ConfigError, DataError, SampleError
from evalrun.core.exchange import Reply, ReplyTiming, SampleKey, Sampling, Tool
from evalrun.core.interfaces import Described, EndsEarly, RoleProtocol
from evalrun.core.sample import Sample, Turn
from evalrun.runners.archon.protocol import Archon, ArchonOptions
from evalrun.runners.archon.rankers import PAIR_RM

RANKER = [component("ranker", top_k=2)]
CRITIC = [component("critic")]
FUSER = [component("fuser")]
VERIFIER = [component("verifier")]


def shown(prompt: str, *candidates: str) -> bool:
    """Whether a helper is shown exactly these of the first nine candidates, in this order."""
    found = [
        word for word in prompt.replace("]", "").replace(".", "").split() if word[1:].isdigit()
    ]
    return [word for word in found if word[0] in "gf"] == list(candidates)


# Layers


def test_a_fuser_is_shown_all_candidates_in_their_order(tmp_path: Path) -> None:
    world = World()
    play = played(world, written(tmp_path, generators(3), FUSER))
    (prompt,) = world.asked("fuser")
    assert "1. g1\n\n2. g2\n\n3. g3" in prompt
    assert texts(play) == ["f1"]


def test_each_fuser_of_a_layer_sees_all_that_was_before_it(tmp_path: Path) -> None:
    world = World()
    layer = [component("fuser", samples=2), component("fuser", "other")]
    played(world, written(tmp_path, generators(2), layer, FUSER))
    prompts = world.asked("fuser")
    assert all(shown(prompt, "g1", "g2") for prompt in prompts[:3])
    assert shown(prompts[3], "f1", "f2", "f3")


def test_candidates_stand_in_the_order_of_the_file_however_fast_models_are(tmp_path: Path) -> None:
    slow = ScriptedEndpoint(lambda *_: "slow", delay_s=0.02)
    world = World()
    layer = [component("generator", "big"), component("generator", "small", samples=2)]
    play = played(
        world,
        written(tmp_path, layer, FUSER),
        models={"big": "strong"},
        others={"strong": slow},
    )
    assert "1. slow\n\n2. g1\n\n3. g2" in world.asked("fuser")[0]
    assert [(step.role, step.reply.text) for step in play.intermediate] == [
        ("strong", "slow"), ("model", "g1"), ("model", "g2"),
    ]  # fmt: skip


def test_a_layer_runs_side_by_side(tmp_path: Path) -> None:
    world = World(delay_s=0.01)
    layer = [component("generator", name) for name in ("a", "b", "c")]
    played(world, written(tmp_path, layer, FUSER))
    assert world.endpoint.most_running == 3


def test_what_no_component_writes_is_carried_over(tmp_path: Path) -> None:
    # The critic leaves candidates alone, the ranker hands on the critiques of those it keeps.
    world = World(critic=critiques(3), ranker="Answer: [3] > [1] > [2]")
    played(world, written(tmp_path, generators(3), CRITIC, RANKER, FUSER))
    (prompt,) = world.asked("fuser")
    first, second = prompt.index("1. g3"), prompt.index("2. g1")
    assert first < prompt.index("- w3") < second < prompt.index("- w1")
    assert "g2" not in prompt
    assert "- w2" not in prompt


def test_a_ranker_that_says_nothing_leaves_the_order(tmp_path: Path) -> None:
    world = World(ranker="I cannot tell")
    played(world, written(tmp_path, generators(3), RANKER, FUSER))
    assert shown(world.asked("fuser")[0], "g1", "g2")


def test_a_number_that_a_ranking_repeats_counts_twice_officially(tmp_path: Path) -> None:
    arch = written(tmp_path, generators(3), [component("ranker", top_k=3)], FUSER)
    world = World(ranker="Answer: [3] > [3] > [1]")
    played(world, arch)
    assert shown(world.asked("fuser")[0], "g3", "g3", "g1")
    world = World(ranker="Answer: [3] > [3] > [1]")
    played(world, arch, variant="fixed")
    assert shown(world.asked("fuser")[0], "g3", "g1", "g2")


# Critics


def test_a_critic_is_asked_again_until_it_can_be_read(tmp_path: Path) -> None:
    world = World(critic=["no", critiques(1), critiques(2)])
    play = played(world, written(tmp_path, generators(2), CRITIC, FUSER))
    assert len(world.asked("critic")) == 3
    assert play.outcome["calls_by_component"] == {"critic": 3, "fuser": 1, "generator": 2}
    seeds = [r.sampling.seed for _, p, r in world.endpoint.asked if p in world.prompts("critic")]
    assert len(set(seeds)) == 3


def test_after_ten_unreadable_critiques_the_sample_has_no_reply(tmp_path: Path) -> None:
    world = World(critic="no")
    with pytest.raises(SampleError, match="no critique of each of 2 candidates"):
        played(world, written(tmp_path, generators(2), CRITIC, FUSER))
    assert len(world.asked("critic")) == 10


def test_critiques_of_replaced_candidates_are_an_error_officially(tmp_path: Path) -> None:
    arch = written(tmp_path, generators(3), CRITIC, [component("fuser", samples=2)], FUSER)
    with pytest.raises(SampleError, match="3 critiques for 2 candidates; say protocol"):
        played(World(critic=critiques(3)), arch)
    world = World(critic=critiques(3))
    played(world, arch, variant="fixed")
    assert "w1" in world.asked("fuser")[0]
    assert "w1" not in world.asked("fuser")[2]


# Verifiers


def judged(*correct: str) -> Any:
    return lambda prompt: "[Correct]" if candidate_in(prompt) in correct else "[Incorrect]"


def test_a_verifier_keeps_what_is_judged_correct(tmp_path: Path) -> None:
    world = World(verdict=judged("g1", "g3"))
    play = played(world, written(tmp_path, generators(3), VERIFIER, FUSER))
    assert shown(world.asked("fuser")[0], "g1", "g3")
    assert "Reasoning: because" in world.asked("verdict")[0]
    assert play.outcome["inference_calls"] == 5
    assert play.outcome["calls"] == 10


def test_where_nothing_is_correct_all_that_is_incorrect_goes_on(tmp_path: Path) -> None:
    world = World(verdict=judged())
    played(world, written(tmp_path, generators(2), VERIFIER, FUSER))
    assert shown(world.asked("fuser")[0], "g1", "g2")


def test_a_candidate_without_a_verdict_is_left_out(tmp_path: Path) -> None:
    def verdict(prompt: str) -> str:
        return "[Incorrect]" if candidate_in(prompt) == "g2" else "[Correct] [Incorrect]"

    world = World(verdict=verdict)
    played(world, written(tmp_path, generators(2), VERIFIER, FUSER))
    assert shown(world.asked("fuser")[0], "g2")
    assert len(world.asked("verdict")) == 11


def test_no_verdict_at_all_leaves_no_answer(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="no candidate is left behind layer 2"):
        played(World(verdict="?"), written(tmp_path, generators(1), VERIFIER, FUSER))


def test_a_verifier_stops_at_the_first_k(tmp_path: Path) -> None:
    world = World(verdict=judged("g2", "g3", "g4"))
    layer = [component("verifier", first_k=2)]
    played(world, written(tmp_path, generators(4), layer, FUSER))
    assert shown(world.asked("fuser")[0], "g2", "g3")
    assert [candidate_in(prompt) for prompt in world.asked("verdict")] == ["g1", "g2", "g3"]


# Unit tests

TESTS = "['The answer is short', 'The answer is right']"
PASSED, HALF, FAILED = (
    "Unit Test #1: [Passed]\nUnit Test #2: [Passed]",
    "Unit Test #1: [Passed]\nUnit Test #2: [Failed]",
    "Unit Test #1: [Failed]\nUnit Test #2: [Failed]",
)


def with_tests(tmp_path: Path, samples: int, **evaluator: Any) -> Path:
    evaluation = [component("unit_test_evaluator", **evaluator)]
    writer = [component("unit_test_generator", unit_test_cap=2)]
    return written(tmp_path, writer, generators(samples), evaluation, FUSER)


def test_unit_tests_are_put_behind_the_query_of_later_layers(tmp_path: Path) -> None:
    world = World(unit_test_generator=TESTS, unit_test_evaluator=PASSED)
    played(world, with_tests(tmp_path, 1, remove_unit_tests_from_prompt=True))
    begin = "What is it? Your response should pass the following unit tests: \n"
    asked = f"{begin}- The answer is short\n- The answer is right"
    assert world.asked("generator") == [asked]
    assert begin in world.asked("fuser")[0]
    (prompt,) = world.asked("unit_test_evaluator")
    assert "Query: What is it?\n" in prompt
    assert "Unit Test #2: The answer is right" in prompt


def test_the_query_keeps_its_unit_tests_unless_they_are_to_be_removed(tmp_path: Path) -> None:
    world = World(unit_test_generator=TESTS, unit_test_evaluator=PASSED)
    played(world, with_tests(tmp_path, 1))
    assert "What is it? Your response should" in world.asked("unit_test_evaluator")[0]


def test_a_wrong_number_of_unit_tests_is_asked_for_again(tmp_path: Path) -> None:
    world = World(unit_test_generator=["['one']", TESTS], unit_test_evaluator=PASSED)
    played(world, with_tests(tmp_path, 1))
    assert len(world.asked("unit_test_generator")) == 2
    with pytest.raises(SampleError, match="no list of 2 unit tests"):
        played(World(unit_test_generator="['one']"), with_tests(tmp_path, 1))


def test_a_component_behind_a_unit_test_generator_in_its_layer_sees_the_tests(
    tmp_path: Path,
) -> None:
    world = World(unit_test_generator=TESTS)
    layer = [component("generator"), component("unit_test_generator"), component("generator")]
    played(world, written(tmp_path, layer, FUSER))
    first, second = world.asked("generator")
    assert first == "What is it?"
    assert second.startswith("What is it? Your response should pass")


def test_candidates_are_ordered_by_tests_passed_and_ties_by_the_later_text(tmp_path: Path) -> None:
    verdicts = {"g1": HALF, "g2": PASSED, "g3": PASSED, "g4": FAILED}
    world = World(
        unit_test_generator=TESTS, unit_test_evaluator=lambda p: verdicts[candidate_in(p)]
    )
    played(world, with_tests(tmp_path, 4, top_k=3))
    assert shown(world.asked("fuser")[0], "g3", "g2", "g1")


def test_an_evaluator_stops_when_enough_pass_everything(tmp_path: Path) -> None:
    verdicts = {"g1": HALF, "g2": PASSED}
    world = World(
        unit_test_generator=TESTS, unit_test_evaluator=lambda p: verdicts[candidate_in(p)]
    )
    play = played(world, with_tests(tmp_path, 3, first_pass=True))
    assert shown(world.asked("fuser")[0], "g2")
    assert play.outcome["calls_by_component"]["unit_test_evaluator"] == 2


def test_white_space_around_candidates_goes_with_their_evaluation(tmp_path: Path) -> None:
    world = World(unit_test_generator=TESTS, unit_test_evaluator=PASSED, generator=" g \n")
    arch = with_tests(tmp_path, 1)
    lines = arch.read_text().replace("fuser", "unit_test_evaluator")
    arch.write_text(lines)
    assert texts(played(world, arch)) == ["g"]


# The end, turns, seeds


def test_of_several_candidates_one_is_drawn_always_the_same(tmp_path: Path) -> None:
    arch = written(tmp_path, generators(5))
    drawn = [texts(played(World(), arch, seed=seed))[0] for seed in range(40)]
    again = [texts(played(World(), arch, seed=seed))[0] for seed in range(40)]
    assert drawn == again
    assert set(drawn) == {"g1", "g2", "g3", "g4", "g5"}


def test_the_answer_is_one_of_the_calls_and_all_others_are_intermediate(tmp_path: Path) -> None:
    play = played(World(), written(tmp_path, generators(3)))
    (answer,) = texts(play)
    others = [step.reply.text for step in play.intermediate]
    assert sorted([answer, *others]) == ["g1", "g2", "g3"]
    assert play.outcome["final_candidates"] == [3]


def test_the_answer_tells_the_role_of_the_model_that_gave_it(tmp_path: Path) -> None:
    strong = ScriptedEndpoint(lambda *_: "fused")
    arch = written(tmp_path, generators(2), [component("fuser", "big")])
    play = played(World(), arch, models={"big": "strong"}, others={"strong": strong})
    assert (texts(play), play.answered_by) == (["fused"], ("strong",))


def test_later_turns_see_earlier_answers_and_queries_as_they_were_asked(tmp_path: Path) -> None:
    world = World(unit_test_generator=[TESTS, TESTS])
    arch = written(tmp_path, [component("unit_test_generator")], generators(1), FUSER)
    play = played(world, arch, sample=sample_of("First?", "Second?"))
    assert texts(play) == ["f1", "f2"]
    second = world.prompts("generator")[1]
    assert [m.content for m in second.messages[1:3]] == ["First?", "f1"]
    helper = world.prompts("unit_test_generator")[1]
    assert [m.role for m in helper.messages] == ["system", "user", "assistant", "user"]


def test_helpers_replace_the_system_message_and_generators_get_one(tmp_path: Path) -> None:
    arch = written(tmp_path, generators(1), FUSER)
    world = World()
    played(world, arch)
    assert world.prompts("generator")[0].messages[0].content == "You are a helpful assistant"
    world = World()
    own = sample_of(messages=(Message("system", "Be brief."), Message("assistant", "Hello.")))
    played(world, arch, sample=own)
    assert world.prompts("generator")[0].messages[0].content == "Be brief."
    fused = world.prompts("fuser")[0].messages
    assert [message.role for message in fused] == ["system", "assistant", "user"]
    assert fused[0].content != "Be brief."


def test_a_model_may_be_asked_without_a_system_message(tmp_path: Path) -> None:
    world = World()
    played(world, written(tmp_path, [component("generator", no_system=True)]))
    assert [message.role for message in world.prompts("generator")[0].messages] == ["user"]


def test_images_of_the_query_stand_before_the_prompts_of_helpers(tmp_path: Path) -> None:
    world = World()
    query = (TextPart("What is it?"), ImagePart("http://x/y.png"))
    sample = Sample(id="t/0", task="t", turns=(Turn(query=query),))
    played(world, written(tmp_path, generators(1), FUSER), sample=sample)
    image, prompt = world.prompts("fuser")[0].messages[-1].content
    assert image == ImagePart("http://x/y.png")
    assert "What is it?" in prompt.text


def test_a_component_says_how_it_is_decoded_and_the_run_says_the_rest(tmp_path: Path) -> None:
    world = World(critic=critiques(2))
    layer = [component("generator", temperature=0.9, max_tokens=5), component("generator")]
    played(world, written(tmp_path, layer, CRITIC, FUSER))
    sampling = [request.sampling for _, _, request in world.endpoint.asked]
    assert [(s.temperature, s.max_tokens) for s in sampling] == [
        (0.9, 5), (0.5, 100), (0.5, 100), (0.5, 100),
    ]  # fmt: skip
    # What ends an answer does not end a critique.
    assert [s.stop for s in sampling] == [("END",), ("END",), (), ("END",)]
    assert len({s.seed for s in sampling}) == 4


def test_calls_that_tell_one_model_the_same_share_a_session(tmp_path: Path) -> None:
    world = World()
    layer = [component("generator", "a", samples=2), component("generator", "b")]
    played(world, written(tmp_path, layer, FUSER))
    assert world.prompts("generator")[0].requests == 3


def test_a_play_that_fails_leaves_no_calls_behind_it(tmp_path: Path) -> None:
    failed = ScriptedEndpoint(lambda *_: SampleError("down", kind="server", passing=True))
    world = World(delay_s=0.01)
    layer = [component("generator", "bad"), component("generator", "good")]
    with pytest.raises(SampleError, match="down"):
        played(world, written(tmp_path, layer), models={"bad": "broken"}, others={"broken": failed})
    assert len(world.asked("generator")) == 1


def test_samples_with_tools_are_refused(tmp_path: Path) -> None:
    sample = Sample(id="t/0", task="t", turns=(Turn(query="?", tools=(Tool("look"),)),))
    with pytest.raises(DataError, match="has tools"):
        played(World(), written(tmp_path, generators(1)), sample=sample)


# Models and their roles


def test_models_that_are_not_named_are_played_by_the_model_under_test(tmp_path: Path) -> None:
    arch = written(tmp_path, generators(1), [component("fuser", "gpt-4o")])
    protocol = Archon(ArchonOptions(name="archon", arch=str(arch)))
    assert protocol.roles == []
    assert protocol.provenance()["played_by"] == {"model": "model", "gpt-4o": "model"}
    assert protocol.notices() == ["tried: the model under test plays gpt-4o"]
    assert isinstance(protocol, RoleProtocol)
    assert isinstance(protocol, Described)


@pytest.mark.parametrize(
    ("models", "said"),
    [({"gpt-4": "x"}, "did you mean 'gpt-4o'"), ({"gpt-4o": "a b"}, "cannot name a role")],
)
def test_models_and_roles_that_cannot_be_are_refused(
    tmp_path: Path, models: dict[str, str], said: str
) -> None:
    arch = written(tmp_path, generators(1), [component("fuser", "gpt-4o")])
    with pytest.raises(ConfigError, match=said):
        Archon(ArchonOptions(name="archon", arch=str(arch), models=models))


def test_the_content_of_a_file_identifies_it_and_not_its_form(tmp_path: Path) -> None:
    def told(*layers: Any, name: str) -> str:
        arch = written(tmp_path, *layers)
        arch = arch.rename(tmp_path / name)
        return Archon(ArchonOptions(name="archon", arch=str(arch))).provenance()["sha256"]

    list_form = told(generators(2), name="a.yaml")
    assert told({"models": generators(2), "branches": 1}, name="b.yaml") == list_form
    assert told(generators(3), name="a.yaml") != list_form


def test_pair_rm_needs_a_plugin_or_a_model_that_stands_for_it(tmp_path: Path) -> None:
    arch = written(tmp_path, generators(2), [component("ranker", PAIR_RM, top_k=1)])
    with pytest.raises(ConfigError, match=r"entry point 'llm-blender/PairRM'.*evalrun\.rankers"):
        Archon(ArchonOptions(name="archon", arch=str(arch)))
    world = World(ranker="Answer: [2] > [1]")
    assert texts(played(world, arch, models={PAIR_RM: "model"})) == ["g2"]


class LastFirst:
    """A plug-in that prefers what came last."""

    def order(self, query: str, candidates: Any) -> list[int]:
        assert query == "What is it?"
        return list(reversed(range(len(candidates))))


def test_a_plugin_ranks_without_being_asked_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.metadata import EntryPoint

    point = EntryPoint(PAIR_RM, "test_archon_protocol:LastFirst", "evalrun.rankers")
    monkeypatch.setattr("evalrun.core.plugins.entry_points", lambda group: [point])
    layer = [component("ranker", PAIR_RM, top_k=2)]
    world = World()
    play = played(world, written(tmp_path, generators(3), layer, FUSER))
    assert shown(world.asked("fuser")[0], "g3", "g2")
    assert play.outcome["calls"] == 4


# What a dry run counts


def test_the_longest_play_asks_every_call_once_whatever_is_replied(tmp_path: Path) -> None:
    def reply(*_: Any) -> Reply:
        return Reply(text="?", stop_reason="stop", timing=ReplyTiming(latency_s=0.0))

    arch = written(
        tmp_path,
        [component("unit_test_generator", unit_test_cap=3)],
        generators(2),
        CRITIC,
        VERIFIER,
        [component("unit_test_evaluator")],
        FUSER,
    )
    protocol = Archon(ArchonOptions(name="archon", arch=str(arch))).with_cast({})
    assert isinstance(protocol, EndsEarly)
    endpoint = ScriptedEndpoint(reply)
    play = asyncio.run(protocol.longest().play(sample_of(), SampleKey("t/0"), endpoint, Sampling()))
    assert play.outcome["calls"] == len(endpoint.asked) == 1 + 2 + 1 + 4 + 2 + 1


def test_replies_of_one_play_are_the_same_however_they_come(tmp_path: Path) -> None:
    arch = written(tmp_path, generators(3), CRITIC, VERIFIER, FUSER)

    def replies(_key: Any, prompt: Any, request: Any) -> str:
        seeded = f"{request.sampling.seed} {critiques(3)} [Correct]"
        return seeded if prompt.messages[0].content else ""

    plays: list[Any] = []
    for delay in (0.0, 0.001):
        world = World()
        world.endpoint = ScriptedEndpoint(replies, delay_s=delay)
        plays.append(msgspec.to_builtins(played(world, arch)))
    assert plays[0] == plays[1]
