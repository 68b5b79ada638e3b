"""One run played without a model: what is left of it to ask, counted."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ...core.config import Config
from ...core.interfaces import MODEL, EndsEarly, FittedScorer, PlayProtocol
from ...core.prediction import Prediction
from ...models.chat import ChatEndpoint
from ...models.kv.rewriting import split
from ..build import Parts, build_judge, build_parts, model_problems, ready_scorer
from ..ledger import Ledger
from ..located import located
from ..plan import selected
from ..questions import Question, questions
from ..roles import RolePart, actor, cast_in, model_section
from .counting import CountingClient, Tally, TokenCounter
from .roles import Role, role_of


class Rehearsal(msgspec.Struct, frozen=True):
    """A run that could be estimated: its parts, and the models that it would ask."""

    config: Config
    parts: Parts
    model: Role
    judge: Role | None
    roles: Mapping[str, Role] = {}

    @property
    def rewrites(self) -> bool:
        """Whether the KV method shortens prompts before they are sent."""
        return split(self.parts.kv)[0] is not None

    @property
    def ends_early(self) -> bool:
        """Whether plays may ask less than is counted, which is all that they can ask."""
        return isinstance(self.parts.protocol, EndsEarly)


class Estimate(msgspec.Struct, frozen=True):
    """What is left of a run to ask; `done` of its (sample, epoch) pairs are complete already."""

    run: Rehearsal
    done: int
    to_do: int
    asked: Tally
    judged: Tally | None
    roles: Mapping[str, Tally] = {}

    @property
    def parties(self) -> list[tuple[str, Role, Tally]]:
        """Return who is asked, under what heading: the model, those in other roles, the judge."""
        run = self.run
        name = run.config.recipe.name
        parties = [(name, run.model, self.asked)]
        parties += [(f"{name}, {role}", run.roles[role], self.roles[role]) for role in run.roles]
        if run.judge is not None and self.judged is not None:
            parties.append((f"{name}, judged by", run.judge, self.judged))
        return parties


def rehearsal(config: Config) -> Rehearsal:
    """Return the run of `config`, nothing loaded. Raises ConfigError."""
    parts = build_parts(config)
    judge = build_judge(config)
    return Rehearsal(
        config,
        parts,
        role_of(config.model, "model", model_problems(parts)),
        role_of(config.judge, "judge", judge.problems(None)) if judge else None,
        {role: _role(role, part, config) for role, part in parts.roles.items()},
    )


def _role(role: str, part: RolePart, config: Config) -> Role:
    section = model_section(config.roles[role])
    return role_of(section, f"roles.{role}", part.model.problems(None))


async def estimate(run: Rehearsal, tokens: TokenCounter) -> Estimate:
    """Play what is left of `run`, and return what was counted. Raises DataError, ConfigError."""
    client = _client(run.model, tokens)
    judge = _client(run.judge, tokens) if run.judge else None
    roles = {role: _client(model, tokens) for role, model in run.roles.items()}
    endpoint = ChatEndpoint(client)
    protocol = _cast(run, endpoint, roles)
    asked = selected(run.parts.benchmark, run.config.run)
    scorer = ready_scorer(run.config, ChatEndpoint(judge) if judge else None, asked)
    # What is fitted to all predictions grades none of those that are made up here.
    grader = None if isinstance(scorer, FittedScorer) else scorer
    ledger = Ledger(located(run.config, run.parts).folder, grader.label if grader else None)
    done = to_do = 0
    for question in questions(run.parts.benchmark, run.config):
        if ledger.is_complete(question.id):
            done += 1
            continue
        to_do += 1
        prediction = ledger.prediction(question.id)
        if prediction is None:
            prediction = await _played(question, protocol, endpoint)
        if judge is not None and grader is not None:
            await grader.score(question.sample, prediction)
    judged = judge.tally if judge else None
    counted = {role: client.tally for role, client in roles.items()}
    return Estimate(run, done, to_do, client.tally, judged, counted)


def _cast(
    run: Rehearsal, endpoint: ChatEndpoint, clients: Mapping[str, CountingClient]
) -> PlayProtocol:
    own = actor(MODEL, endpoint, run.config.generation)
    others = {
        role: actor(role, ChatEndpoint(client), run.parts.roles[role].generation)
        for role, client in clients.items()
    }
    protocol = cast_in(run.parts.protocol, own, others)
    return protocol.longest() if isinstance(protocol, EndsEarly) else protocol


async def _played(question: Question, protocol: PlayProtocol, endpoint: ChatEndpoint) -> Prediction:
    sample, key = question.sample, question.key
    play = await protocol.play(sample, key, endpoint, question.sampling)
    return Prediction(
        id=question.id,
        sample_id=sample.id,
        epoch=key.epoch,
        task=sample.task,
        group=sample.group,
        outputs=tuple(reply.text for reply in play.replies),
        outcome=play.outcome,
    )


def _client(role: Role, tokens: TokenCounter) -> CountingClient:
    return CountingClient(tokens, role.price, caches=role.remote, api=role.api)
