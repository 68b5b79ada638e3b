"""A debate, played by scripts. Rules are worked out from the published code of LOGICOM."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from scripted import ScriptedEndpoint

from evalrun.core.content import text_of
from evalrun.core.dialogue import DebateScript, Instruction
from evalrun.core.errors import DataError
from evalrun.core.exchange import SampleKey, Sampling
from evalrun.core.interfaces import Actor, Play
from evalrun.core.sample import Sample, Turn
from evalrun.runners.dialogue.debate import Debate, DebateOptions

KEEP, STOP = "<KEEP-TALKING>", "<TERMINATE>"
SCRIPT = DebateScript(
    opening="I say so.",
    persuader="Persuade.",
    debater="Debate.",
    helper=None,
    terminator=Instruction("Terminate?"),
    tag_checker=Instruction("Convinced?"),
    topic_checker=Instruction("On topic?"),
    summary=Instruction("So far: <HISTORY>", "New: <ASSISTANT-USER>"),
    stance="Yes or no?",
)
HELPER = Instruction("Help.", "<HISTORY>\n--\n<ASSISTANT_RESPONSE>")


class World:
    """A debate whose sides say numbered things, and whose moderators follow a script."""

    def __init__(
        self, verdicts: Iterable[tuple[str, str]] = (), helper: Iterable[str] = ()
    ) -> None:
        """Take what moderators say: (terminator, tag) a round, the last one for ever."""
        self.verdicts = list(verdicts) or [(KEEP, "FALSE")]
        helped = iter(helper)
        self.debater = self._counting("d")
        self.others = {
            "persuader": self._counting("p"),
            "helper": ScriptedEndpoint(lambda *_: next(helped)),
            "moderator": ScriptedEndpoint(self._moderate),
            "summariser": ScriptedEndpoint(lambda *_: "summed up"),
        }
        self._tags = 0

    def _counting(self, name: str) -> ScriptedEndpoint:
        said: list[str] = []

        def script(*_: Any) -> str:
            said.append(f"{name}{len(said) + 1}")
            return said[-1]

        return ScriptedEndpoint(script)

    def _moderate(self, _key: Any, prompt: Any, _request: Any) -> str:
        asked = text_of(prompt.messages[0].content)
        if asked == "On topic?":
            return "<ON-TOPIC>"
        terminator, tag = self.verdicts[min(self._tags, len(self.verdicts) - 1)]
        if asked == "Terminate?":
            return terminator
        self._tags += 1
        return tag

    def play(self, script: DebateScript = SCRIPT, seed: int | None = None, **options: Any) -> Play:
        sample = Sample(
            id="t/0",
            task="t",
            row_id="topic",
            turns=(Turn(query=script.opening),),
            metadata={"debate": msgspec.to_builtins(script)},
        )
        chosen = DebateOptions(**{"name": "debate", "moderators": 1, **options})
        cast = {
            role: Actor(role, endpoint, Sampling(temperature=1.0))
            for role, endpoint in self.others.items()
        }
        protocol = Debate(chosen).with_cast(cast)
        return asyncio.run(
            protocol.play(sample, SampleKey("t/0"), self.debater, Sampling(seed=seed))
        )


def heard(endpoint: ScriptedEndpoint, call: int) -> list[str]:
    """Return what a side was shown at one call, the first call being 0, in a session of its own."""
    _, prompt, _ = endpoint.asked[0]
    shown = [text_of(message.content) for message in prompt.messages]
    for _, _, request in endpoint.asked[: call + 1]:
        shown += [text_of(message.content) for message in request.messages]
    return shown


def test_a_debate_ends_when_the_debater_is_convinced() -> None:
    play = World([(KEEP, "FALSE"), (KEEP, "TRUE")]).play()
    assert [reply.text for reply in play.replies] == ["d1", "d2"]
    outcome = play.outcome
    assert (outcome["Convinced?"], outcome["number_of_rounds"]) == (True, 2)
    assert outcome["Stop_reason"] == "Persuader successfully convinced the debater"
    assert outcome["log"] == [
        {"assistant": "I say so."},
        {"user": "d1"},
        {"assistant": "p1"},
        {"user": "d2"},
        {"assistant": "p2"},
    ]
    assert (outcome["Topic_ID"], outcome["chat_id"]) == ("topic", "t/0#0")


def test_each_side_sees_the_debate_from_its_own_chair() -> None:
    world = World([(KEEP, "FALSE"), (KEEP, "TRUE")])
    world.play()
    assert heard(world.debater, 1) == ["Debate.", "I say so.", "d1", "p1"]
    assert heard(world.others["persuader"], 1) == ["Persuade.", "I say so.", "d1", "p1", "d2"]


def test_moderators_see_the_latest_turns_or_the_debaters_latest_message_alone() -> None:
    world = World()
    world.play(max_rounds=4)
    shown = [
        [text_of(message.content) for message in prompt.messages]
        for _, prompt, _ in world.others["moderator"].asked
    ]
    terminator, tag, topic = shown[-3:]
    assert tag == ["Convinced?", "d4"]
    assert terminator[1] == topic[1]
    assert "d4" in terminator[1]
    assert terminator[1].count("(('") == 6


def test_nobody_ends_a_debate_before_its_cap() -> None:
    outcome = World().play(max_rounds=3).outcome
    assert (outcome["number_of_rounds"], outcome["Stop_reason"]) == (4, None)
    assert outcome["Convinced?"] is False


def test_a_moderator_gives_up_in_the_eleventh_round() -> None:
    outcome = World().play().outcome
    assert (outcome["number_of_rounds"], outcome["Stop_reason"]) == (
        11,
        "Persuader could not convince the debater",
    )


def test_greetings_end_a_debate() -> None:
    outcome = World([(STOP, "FALSE")]).play().outcome
    assert (outcome["number_of_rounds"], outcome["Stop_reason"]) == (
        1,
        "Agents are in greeting loop",
    )


def test_all_moderators_must_agree() -> None:
    # One verdict is taken by each moderator in turn.
    split = [(KEEP, "TRUE"), (KEEP, "FALSE"), (KEEP, "TRUE")]
    world = World([*split, *[(KEEP, "TRUE")] * 3])
    outcome = world.play(moderators=3).outcome
    assert (outcome["number_of_rounds"], outcome["Convinced?"]) == (2, True)
    assert [len(each) for each in outcome["moderators"]] == [3, 3]


def test_replies_are_kept_in_the_order_of_the_debate_with_their_roles() -> None:
    play = World([(KEEP, "TRUE")]).play()
    assert [(step.role, step.reply.text) for step in play.intermediate] == [
        ("persuader", "p1"),
        ("moderator", KEEP),
        ("moderator", "TRUE"),
        ("moderator", "<ON-TOPIC>"),
    ]


def test_the_topic_need_not_be_checked() -> None:
    play = World([(KEEP, "TRUE")]).play(topic_check=False)
    assert [step.role for step in play.intermediate] == ["persuader", "moderator", "moderator"]


# The helper


def helped(text: str) -> str:
    return f"{{'fallacy': 'f', 'fallacious argument': 'a',\n 'response': {text!r}}}"


def with_helper(world: World, **options: Any) -> Play:
    return world.play(msgspec.structs.replace(SCRIPT, helper=HELPER), **options)


def test_a_helper_rewrites_what_the_persuader_is_taken_to_have_said() -> None:
    world = World([(KEEP, "FALSE"), (KEEP, "TRUE")], [helped("h1"), helped("h2")])
    outcome = with_helper(world).outcome
    assert heard(world.debater, 1)[-1] == "h1"
    assert heard(world.others["persuader"], 1) == ["Persuade.", "I say so.", "d1", "h1", "d2"]
    assert outcome["log"][2] == {
        "assistant": "[{'fallacy': 'f', 'fallacious argument': 'a', 'response': 'h1'}]"
    }


def test_a_helper_is_shown_the_debate_and_the_draft() -> None:
    world = World([(KEEP, "TRUE")], [helped("h1")])
    with_helper(world)
    _, prompt, _ = world.others["helper"].asked[0]
    assert [text_of(message.content) for message in prompt.messages] == [
        "Help.",
        "human: I say so.\n\nAI: d1\n--\np1",
    ]


def test_what_cannot_be_read_is_asked_for_again() -> None:
    world = World([(KEEP, "TRUE")], ["Sure! {", helped("h1")])
    outcome = with_helper(world).outcome
    _, prompt, _ = world.others["helper"].asked[1]
    assert "Sure! {" in text_of(prompt.messages[1].content)
    assert outcome["unread_helper_replies"] == 0


def test_after_so_many_attempts_the_draft_stands_and_is_counted() -> None:
    world = World([(KEEP, "TRUE")], ["no", "{'a': 1}"])
    outcome = with_helper(world, helper_attempts=2).outcome
    assert outcome["log"][2] == {"assistant": "p1"}
    assert outcome["unread_helper_replies"] == 1


def test_the_third_value_is_the_text_whatever_its_key() -> None:
    reply = "{'tip': 't', 'helping_argument': 'x', 'text': 'h1'}"
    world = World([(KEEP, "FALSE"), (KEEP, "TRUE")], [reply, reply])
    with_helper(world)
    assert heard(world.debater, 1)[-1] == "h1"


# Probes, memory, decoding


def test_a_probe_leaves_no_trace() -> None:
    world = World([(KEEP, "FALSE"), (KEEP, "TRUE")])
    outcome = world.play(probe=True).outcome
    probes = [request for _, _, request in world.debater.asked if request.keep == "nothing"]
    assert [text_of(request.messages[-1].content) for request in probes] == ["Yes or no?"] * 2
    assert outcome["stances"] == ["d2", "d4"]
    kept = [request for _, _, request in world.debater.asked if request.keep == "messages"]
    assert [text_of(message.content) for message in kept[1].messages] == ["d1", "p1"]


def test_what_a_memory_cannot_hold_becomes_a_summary() -> None:
    world = World([*[(KEEP, "FALSE")] * 3, (KEEP, "TRUE")])
    world.play(memory_tokens=15)
    assert len(world.others["summariser"].asked) > 0
    _, prompt, _ = world.debater.asked[-1]
    told = [text_of(message.content) for message in prompt.messages]
    assert told[0] == "Debate.\n\nsummed up"
    # The first turn is never folded, and the latest ones stay word for word.
    assert (told[1], told[-1]) == ("I say so.", "p3")
    roles = [message.role for message in prompt.messages[1:]]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"] * (len(roles) % 2)


def test_every_call_has_a_seed_of_its_own_and_the_same_in_a_second_play() -> None:
    def seeds() -> list[int | None]:
        world = World([(KEEP, "FALSE"), (KEEP, "TRUE")])
        world.play(seed=7)
        endpoints = (world.debater, *world.others.values())
        return [request.sampling.seed for one in endpoints for _, _, request in one.asked]

    assert len(set(seeds())) == len(seeds())
    assert seeds() == seeds()


def test_moderators_decode_at_their_own_temperature() -> None:
    world = World([(KEEP, "TRUE")])
    world.play()
    temperatures = {r.sampling.temperature for _, _, r in world.others["moderator"].asked}
    assert temperatures == {0.5}
    assert world.others["persuader"].asked[0][2].sampling.temperature == 1.0


@pytest.mark.parametrize("metadata", [{}, {"debate": None}, {"debate": {"opening": "x"}}])
def test_a_sample_without_a_script_is_refused(metadata: dict[str, Any]) -> None:
    sample = Sample(id="t/0", task="t", turns=(Turn(query="Q"),), metadata=metadata)
    protocol = Debate(DebateOptions(name="debate"))
    with pytest.raises(DataError, match="sample t/0 is no debate"):
        asyncio.run(
            protocol.play(sample, SampleKey("t/0"), ScriptedEndpoint(lambda *_: ""), Sampling())
        )


def test_what_is_filled_in_is_not_read_again() -> None:
    told = Instruction("<A> <B>", "<C> <a>").filled({"A": "<B>", "B": "b", "C": "{x}"})
    assert told == Instruction("<B> b", "{x} <a>")
