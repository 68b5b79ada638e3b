"""One run played without a model: what is left of it to ask, counted."""

from __future__ import annotations

import msgspec

from ...core.config import Config
from ...core.prediction import Prediction
from ...models.chat import ChatEndpoint
from ...models.kv.rewriting import split
from ..build import Parts, build_judge, build_parts, model_problems, ready_scorer
from ..ledger import Ledger
from ..located import located
from ..plan import selected
from ..questions import Question, questions
from .counting import CountingClient, Tally, TokenCounter
from .roles import Role, role_of


class Rehearsal(msgspec.Struct, frozen=True):
    """A run that could be estimated: its parts, and the models that it would ask."""

    config: Config
    parts: Parts
    model: Role
    judge: Role | None

    @property
    def rewrites(self) -> bool:
        """Whether the KV method shortens prompts before they are sent."""
        return split(self.parts.kv)[0] is not None


class Estimate(msgspec.Struct, frozen=True):
    """What is left of a run to ask; `done` of its (sample, epoch) pairs are complete already."""

    run: Rehearsal
    done: int
    to_do: int
    asked: Tally
    judged: Tally | None


def rehearsal(config: Config) -> Rehearsal:
    """Return the run of `config`, nothing loaded. Raises ConfigError."""
    parts = build_parts(config)
    judge = build_judge(config)
    return Rehearsal(
        config,
        parts,
        role_of(config.model, "model", model_problems(parts)),
        role_of(config.judge, "judge", judge.problems(None)) if judge else None,
    )


async def estimate(run: Rehearsal, tokens: TokenCounter) -> Estimate:
    """Play what is left of `run`, and return what was counted. Raises DataError, ConfigError."""
    client = _client(run.model, tokens)
    judge = _client(run.judge, tokens) if run.judge else None
    endpoint = ChatEndpoint(client)
    asked = selected(run.parts.benchmark, run.config.run)
    scorer = ready_scorer(run.config, ChatEndpoint(judge) if judge else None, asked)
    ledger = Ledger(located(run.config, run.parts).folder, scorer.label)
    done = to_do = 0
    for question in questions(run.parts.benchmark, run.config):
        if ledger.is_complete(question.id):
            done += 1
            continue
        to_do += 1
        prediction = ledger.prediction(question.id)
        if prediction is None:
            prediction = await _played(question, run, endpoint)
        if judge is not None:
            await scorer.score(question.sample, prediction)
    return Estimate(run, done, to_do, client.tally, judge.tally if judge else None)


async def _played(question: Question, run: Rehearsal, endpoint: ChatEndpoint) -> Prediction:
    sample, key = question.sample, question.key
    play = await run.parts.protocol.play(sample, key, endpoint, question.sampling)
    return Prediction(
        id=question.id,
        sample_id=sample.id,
        epoch=key.epoch,
        task=sample.task,
        group=sample.group,
        outputs=tuple(reply.text for reply in play.replies),
    )


def _client(role: Role, tokens: TokenCounter) -> CountingClient:
    return CountingClient(tokens, role.price, caches=role.remote, api=role.api)
