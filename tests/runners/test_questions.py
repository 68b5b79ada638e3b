"""What a run asks, in its order: samples, epochs, keys, decoding."""

from __future__ import annotations

from typing import Any

import msgspec
from given import Given
from worlds import config

from evalrun.core.config import Generation
from evalrun.core.sample import Sample, Turn
from evalrun.core.shard import Shard
from evalrun.runners.questions import Question, questions
from evalrun.runners.shards.split import share_of

SCHEMA = {"type": "object"}


def sample(name: str, context: str = "", **turn: Any) -> Sample:
    return Sample(id=name, task="t", context=context, turns=(Turn(query="q", **turn),), row=7)


def asked(*samples: Sample, generation: Generation | None = None, **run: Any) -> list[Question]:
    settings = msgspec.structs.replace(config(**run), generation=generation or Generation())
    return list(questions(Given(*samples), settings))


def test_epochs_of_a_sample_stand_together_with_seeds_of_their_own() -> None:
    found = asked(sample("a"), sample("b"), epochs=2, seed=5)
    assert [question.id for question in found] == ["a#0", "a#1", "b#0", "b#1"]
    assert [question.key.epoch for question in found] == [0, 1, 0, 1]
    assert [question.sampling.seed for question in found] == [5, 6, 5, 6]
    assert {(question.key.row, question.key.task) for question in found} == {(7, "t")}


def test_the_limit_is_kept() -> None:
    assert [question.id for question in asked(sample("a"), sample("b"), limit=1)] == ["a#0"]


def test_decoding_is_as_configured() -> None:
    generation = Generation(temperature=0.5, top_p=0.9, top_k=20, max_tokens=8, stop=("\n",))
    sampling = asked(sample("a"), generation=generation)[0].sampling
    assert (sampling.temperature, sampling.top_p, sampling.top_k) == (0.5, 0.9, 20)
    assert (sampling.max_tokens, sampling.stop) == (8, ("\n",))


def test_contexts_of_several_samples_or_epochs_are_shared() -> None:
    apart = asked(sample("a", "one"), sample("b", "two"))
    assert [question.key.shares_context for question in apart] == [False, False]
    beside = asked(sample("a", "one"), sample("b", "one"))
    assert [question.key.shares_context for question in beside] == [True, True]
    again = asked(sample("a", "one"), epochs=2)
    assert [question.key.shares_context for question in again] == [True, True]


def test_turns_without_a_schema_get_the_configured_one() -> None:
    own: dict[str, Any] = {"type": "array"}
    found = asked(
        sample("a"),
        sample("b", reply_schema=own),
        sample("c", reply_schema={}),
        generation=Generation(reply_schema=SCHEMA),
    )
    schemas = [question.sample.turns[0].reply_schema for question in found]
    assert schemas == [SCHEMA, own, {}]


def test_samples_stay_as_they_are_without_a_configured_schema() -> None:
    one = sample("a")
    assert asked(one)[0].sample is one


def test_shards_ask_together_what_the_whole_run_does() -> None:
    samples = [sample(f"s{i}", context=f"book {i // 2}" if i < 6 else "") for i in range(10)]
    settings = config(epochs=2, seed=3)
    benchmark = Given(*samples)
    whole = {one.id: one for one in questions(benchmark, settings)}
    parts = [
        list(questions(benchmark, settings, share_of(samples, Shard(index, 3))))
        for index in (1, 2, 3)
    ]
    assert sum(map(len, parts)) == len(whole) == 20
    assert {one.id: one for part in parts for one in part} == whole
