"""A debate: one side persuades, the model under test answers, moderators say when it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import msgspec

from ...core.config import Options, Positive
from ...core.dialogue import DebateScript, Instruction
from ...core.exchange import Reply, SampleKey, Sampling
from ...core.interfaces import MODEL, Actor, Endpoint, Play
from ...core.prediction import prediction_id
from ...core.sample import Sample
from ...scorers.moderation import ModeratorReplies, Variant, decide, ruled
from ..protocols import material, only_turn
from .helper import AGAIN, rewritten, text_in
from .memory import told_as
from .stage import SUMMARISER, Stage

PERSUADER, HELPER, MODERATOR = "persuader", "helper", "moderator"
# So many of the latest turns a moderator is shown.
_RECENT = 6


class DebateOptions(Options, frozen=True):
    """The section `protocol` of `protocol=debate`; the defaults are LOGICOM's.

    `max_rounds` ends a debate that nobody ends. `moderators` must all agree; their replies are
    drawn at `moderator_temperature`. `helper_attempts` is how often a helper is asked for a reply
    that can be read; after that the draft stands. `memory_tokens` is what either side remembers
    word for word. `variant` is how moderators are read. With `probe` the debater is asked after
    each of its turns what it thinks of the claim, and does not remember being asked.
    """

    name: str
    max_rounds: Positive = 12
    moderators: Positive = 3
    moderator_temperature: float = 0.5
    topic_check: bool = True
    helper_attempts: Positive = 5
    memory_tokens: Positive | None = 4050
    probe: bool = False
    variant: Variant = "official"


class Debate:
    """Rounds of an answer of the model under test and a reply of the persuader, who speaks first.

    A helper may rewrite what the persuader says; after each round moderators decide whether the
    debate is over. After LOGICOM (`main.py`, `run`). Roles are `persuader`, `helper`, `moderator`
    (one model, asked once for each moderator) and `summariser`, which folds turns that a memory
    cannot hold. Each side sees the debate from its own chair, and nobody sees the moderators.

    What all are told is in `Sample.metadata["debate"]`, a `DebateScript`. Replies are those of the
    model under test; the outcome is the published log of a debate, with what the moderators said.
    """

    Options = DebateOptions
    many_calls = True
    roles: Sequence[str] = (PERSUADER, HELPER, MODERATOR, SUMMARISER)

    def __init__(self, options: DebateOptions, cast: Mapping[str, Actor] | None = None) -> None:
        self.options = options
        self._cast = cast or {}

    def with_cast(self, cast: Mapping[str, Actor]) -> Debate:
        """Return the protocol as played by `cast`."""
        return Debate(self.options, cast)

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Hold the debate. Raises DataError for a sample without a script."""
        script = _script(sample)
        cast = {**self._cast, MODEL: Actor(MODEL, endpoint, sampling)}
        cast[MODERATOR] = _decoded(cast[MODERATOR], self.options.moderator_temperature)
        async with AsyncExitStack() as stack:
            stage = Stage(cast, key, sampling.seed, stack)
            return await _Debate(self.options, script, stage).held(sample.row_id)


class _Debate:
    """One debate, from the opening to the ruling."""

    def __init__(self, options: DebateOptions, script: DebateScript, stage: Stage) -> None:
        self._options = options
        self._script = script
        self._stage = stage
        limit, summary = options.memory_tokens, script.summary
        self._persuader = stage.voice(PERSUADER, script.persuader, limit, summary)
        self._debater = stage.voice(MODEL, script.debater, limit, summary)
        self._own: list[Reply] = []
        # As the published logs: "assistant" is the persuader, "user" the debater.
        self._log: list[dict[str, str]] = []
        self._rounds: list[tuple[ModeratorReplies, ...]] = []
        self._stances: list[str] = []
        self._unread = 0

    async def held(self, topic: str | int | None) -> Play:
        """Hold the debate, round after round."""
        said = self._script.opening
        self._persuader.says(said)
        self._log.append({"assistant": said})
        unconvinced = [0] * self._options.moderators
        number, ruling = 1, None
        while number <= self._options.max_rounds:
            said = await self._exchange(said)
            decisions = [
                decide(replies, before, self._options.variant)
                for replies, before in zip(await self._moderated(), unconvinced, strict=True)
            ]
            ruling = ruled(decisions)
            if ruling.over:
                break
            unconvinced = [decision.unconvinced for decision in decisions]
            number += 1
        assert ruling is not None  # noqa: S101 - there is at least one round
        end = {
            "number_of_rounds": number,
            "Stop_reason": ruling.reason if ruling.over else None,
            "Convinced?": ruling.convinced,
        }
        return self._play(topic, end)

    async def _exchange(self, said: str) -> str:
        """Let the debater answer `said`; return what the persuader says to that."""
        self._debater.hears(said)
        reply = await self._debater.answer()
        self._own.append(reply)
        self._debater.says(reply.text)
        self._log.append({"user": reply.text})
        if self._options.probe:
            stance = await self._debater.probe(self._script.stance)
            self._stage.keep(MODEL, stance)
            self._stances.append(stance.text)
        self._persuader.hears(reply.text)
        draft = await self._persuader.answer()
        self._stage.keep(PERSUADER, draft)
        said = await self._helped(draft.text)
        self._persuader.says(said)
        return said

    async def _helped(self, draft: str) -> str:
        """Return `draft` as the helper rewrites it, if there is one, and log it."""
        helper = self._script.helper
        if helper is None:
            self._log.append({"assistant": draft})
            return draft
        history = told_as(self._persuader.turns, {"user": "AI", "assistant": "human"})
        told = helper.filled({"HISTORY": history, "ASSISTANT_RESPONSE": draft})
        for _ in range(self._options.helper_attempts):
            reply = await self._stage.ask(HELPER, told)
            fields = rewritten(reply.text)
            if fields is not None:
                self._log.append({"assistant": str([fields])})
                return text_in(fields)
            told = Instruction(told.system, AGAIN.format(reply=reply.text))
        self._unread += 1
        self._log.append({"assistant": draft})
        return draft

    async def _moderated(self) -> tuple[ModeratorReplies, ...]:
        """Return what each moderator says of the debate so far; they are asked side by side."""
        recent = ", ".join(str(tuple(entry.items())) for entry in self._log[-_RECENT:])
        latest = next(iter(self._log[-2].values()))
        asked = [_told(self._script.terminator, recent), _told(self._script.tag_checker, latest)]
        if self._options.topic_check:
            asked.append(_told(self._script.topic_checker, recent))
        replies = await self._stage.ask_all(MODERATOR, asked * self._options.moderators)
        texts = [reply.text for reply in replies]
        each = len(asked)
        heard = tuple(
            ModeratorReplies(*texts[place : place + each]) for place in range(0, len(texts), each)
        )
        self._rounds.append(heard)
        return heard

    def _play(self, topic: str | int | None, end: dict[str, Any]) -> Play:
        key = self._stage.key
        outcome = {
            "Topic_ID": topic,
            "log": self._log,
            "chat_id": prediction_id(key.sample_id, key.epoch),
            **end,
            "moderators": msgspec.to_builtins(self._rounds),
            "unread_helper_replies": self._unread,
            "stances": self._stances,
        }
        return Play(
            replies=tuple(self._own), intermediate=tuple(self._stage.replies), outcome=outcome
        )


def _script(sample: Sample) -> DebateScript:
    only_turn(sample, "protocol=debate begins with one")
    return material(sample, "debate", DebateScript, "debate")


def _decoded(actor: Actor, temperature: float) -> Actor:
    sampling = msgspec.structs.replace(actor.sampling, temperature=temperature)
    return msgspec.structs.replace(actor, sampling=sampling)


def _told(instruction: Instruction, material: str) -> Instruction:
    return Instruction(instruction.system, material)
