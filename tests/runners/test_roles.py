"""Models that take part beside the model under test."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from scripted import ScriptedEndpoint
from worlds import config

from evalrun.core.config import Config, Generation
from evalrun.core.content import Message
from evalrun.core.errors import ConfigError
from evalrun.core.exchange import Prompt, Request, SampleKey, Sampling
from evalrun.core.interfaces import MODEL, Actor, Endpoint, Play, RoleReply
from evalrun.core.sample import Sample, Turn
from evalrun.models.registry import MODELS
from evalrun.runners.build import build_model
from evalrun.runners.compose import Composer
from evalrun.runners.folder import folder_of
from evalrun.runners.protocols import SingleTurn, SingleTurnOptions
from evalrun.runners.roles import actor, build_roles, cast_in, model_section

RECORDED = {"engine": "recorded", "name": "spoken", "path": "replies.jsonl"}
SAMPLE = Sample(id="t/0", task="t", turns=(Turn(query="Q"),))


class Prompted:
    """A prompter says a word, and the model under test repeats it."""

    roles: Sequence[str] = ("prompter", "listener")

    def __init__(self, cast: Mapping[str, Actor] | None = None) -> None:
        self._cast = cast or {}

    def with_cast(self, cast: Mapping[str, Actor]) -> Prompted:
        return Prompted(cast)

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        prompter = self._cast["prompter"]
        async with prompter.endpoint.open(Prompt(messages=()), key) as session:
            word = await session.generate(Request(sampling=prompter.sampling))
        said = (Message("user", word.text),)
        async with endpoint.open(Prompt(messages=()), key) as session:
            reply = await session.generate(Request(sampling=sampling, messages=said))
        return Play(replies=(reply,), intermediate=(RoleReply(word, "prompter"),))


def configured(**roles: dict[str, Any]) -> Config:
    base = msgspec.structs.replace(config(), generation=Generation(temperature=1.0, max_tokens=9))
    return msgspec.structs.replace(base, roles=roles)


def test_a_role_that_is_named_is_played_by_its_own_model() -> None:
    own, other = ScriptedEndpoint(lambda *_: "own"), ScriptedEndpoint(lambda *_: "other")
    prompter = actor("prompter", other, Generation(temperature=0.5))
    protocol = cast_in(Prompted(), actor(MODEL, own, Generation()), {"prompter": prompter})
    play = asyncio.run(protocol.play(SAMPLE, SampleKey("t/0"), own, Sampling()))
    assert [(step.role, step.reply.text) for step in play.intermediate] == [("prompter", "other")]
    assert play.replies[0].text == "own"
    assert other.asked[0][2].sampling.temperature == 0.5


def test_a_role_that_is_not_named_is_played_by_the_model_under_test() -> None:
    own = ScriptedEndpoint(lambda *_: "own")
    protocol = cast_in(Prompted(), actor(MODEL, own, Generation()), {})
    play = asyncio.run(protocol.play(SAMPLE, SampleKey("t/0"), own, Sampling()))
    assert play.intermediate[0].reply.text == "own"


def test_a_protocol_without_roles_stays_what_it_is() -> None:
    protocol = SingleTurn(SingleTurnOptions(name="single_turn"))
    own = actor(MODEL, ScriptedEndpoint(lambda *_: ""), Generation())
    assert cast_in(protocol, own, {}) is protocol


def test_a_role_decodes_as_the_run_but_for_what_it_says_itself() -> None:
    section = {**RECORDED, "generation": {"temperature": 0.2}}
    part = build_roles(configured(prompter=section), Prompted(), build_model)["prompter"]
    assert part.generation == Generation(temperature=0.2, max_tokens=9)


def test_the_schema_of_the_models_replies_does_not_bind_other_roles() -> None:
    run = msgspec.structs.replace(
        configured(prompter=RECORDED), generation=Generation(reply_schema={"type": "object"})
    )
    part = build_roles(run, Prompted(), build_model)["prompter"]
    assert part.generation.reply_schema is None


@pytest.mark.parametrize(
    ("role", "section", "message"),
    [
        ("promter", RECORDED, "roles.promter: .* did you mean 'prompter'"),
        ("prompter", {**RECORDED, "pth": "x"}, "'roles.prompter.pth': did you mean 'path'"),
        (
            "prompter",
            {**RECORDED, "generation": {"temprature": 1}},
            "'roles.prompter.generation.temprature'",
        ),
        ("prompter", {}, "roles.prompter is not chosen"),
    ],
)
def test_a_faulty_role_is_named_by_its_key(role: str, section: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_roles(configured(**{role: section}), Prompted(), build_model)


def test_a_protocol_without_roles_says_so() -> None:
    protocol = SingleTurn(SingleTurnOptions(name="single_turn"))
    with pytest.raises(ConfigError, match="no such role: it has none"):
        build_roles(configured(prompter=RECORDED), protocol, build_model)


def test_who_plays_a_role_is_part_of_the_run_folder() -> None:
    folders = {
        folder_of(run, None, None).path
        for run in (
            config(),
            configured(prompter=RECORDED),
            configured(prompter={**RECORDED, "name": "other"}),
            configured(listener=RECORDED),
        )
    }
    assert len(folders) == 4


def test_the_command_line_names_a_role_by_its_model() -> None:
    lines = ["recipe=quickstart", "roles.prompter=openai", "roles.prompter.name=gpt-4o"]
    composed = Composer().compose([*lines, "roles.prompter.generation.temperature=0.3"])
    section = composed.roles["prompter"]
    assert model_section(section)["name"] == "gpt-4o"
    assert section["generation"] == {"temperature": 0.3}
    assert model_section(section)["engine"] in MODELS.names()


def test_the_last_model_named_for_a_role_plays_it() -> None:
    composed = Composer().compose(
        ["recipe=quickstart", "roles.prompter=openai", "roles.prompter=smollm2"]
    )
    assert composed.roles["prompter"]["name"] == "smollm2"


def test_an_unknown_model_for_a_role_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'smollm2'"):
        Composer().compose(["recipe=quickstart", "roles.prompter=smolm2"])
