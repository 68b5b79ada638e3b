"""Grading turn by turn: where a reply gets its status and a prediction its score."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from ..core.config import Options
from ..core.errors import DataError, EndpointError, EvalrunError, NotApplicableError
from ..core.exchange import StopReason
from ..core.prediction import Prediction
from ..core.sample import Sample, Turn
from ..core.score import Score, Status, TurnScore
from ..core.unicode import well_formed
from .verdict import Verdict, Verdicts
from .votes import Vote, plurality

# The status of a prediction is the first of these that one of its turns has.
_SEVERITY: tuple[Status, ...] = (
    "scorer_error",
    "not_applicable",
    "empty",
    "refused",
    "unparsed",
    "truncated",
    "ok",
)


class TurnReply(msgspec.Struct, frozen=True, kw_only=True):
    """One reply to grade, with the turn it answers. `index` is the turn's 0-based position."""

    sample: Sample
    turn: Turn
    index: int
    epoch: int
    output: str


class Rule(msgspec.Struct, frozen=True):
    """How replies are graded: the metrics it gives, and the function that gives them.

    `grade` may be a coroutine function. It gives one verdict, or for a turn that asks for several
    `answers` a sequence with one for each. A blank reply never reaches it: each answer counts
    `blank` in each of `metrics`, or what a mapping says of each; None leaves it without a verdict.
    Neither does a turn without target, unless `needs_target` is False. `vote` makes one verdict of
    those on several replies to the only turn of a sample.
    """

    metrics: tuple[str, ...]
    grade: Callable[[TurnReply], Verdicts | Awaitable[Verdicts]]
    needs_target: bool = True
    blank: float | Mapping[str, float | None] | None = 0.0
    vote: Vote = plurality


async def grade_turns(
    sample: Sample,
    prediction: Prediction,
    *,
    label: str,
    rule_of: Callable[[Sample, Turn], Rule],
) -> Score:
    """Grade each turn of `prediction` by its rule, and average each metric over the verdicts.

    The status of a verdict is the first that applies: `not_applicable` (no target, or the rule
    raised NotApplicableError: null values), `scorer_error` (the rule failed: null values),
    `refused`, `empty` (blank or absent reply), `unparsed`, `truncated`, `ok`. A blank reply counts
    the rule's `blank`; otherwise the value is what the rule gives, whatever the status. Several
    replies to a sample of one turn are votes (`Rule.vote`). Raises DataError when there are more
    replies than turns otherwise, what `rule_of` raises, and EndpointError when a judge can serve no
    sample.
    """
    turns: list[TurnScore] = []
    for index, (turn, replies) in enumerate(_replies(sample, prediction)):
        rule = rule_of(sample, turn)
        graded = [
            await _grade_reply(
                TurnReply(
                    sample=sample, turn=turn, index=index, epoch=prediction.epoch, output=output
                ),
                rule,
                stop,
            )
            for output, stop in replies
        ]
        for answer, on_answer in enumerate(zip(*graded, strict=True)):
            verdict, status = _voted(on_answer, rule.vote)
            subtask = turn.subtasks[answer] if turn.subtasks else turn.subtask
            turns.append(_turn_score(subtask, len(turns), verdict, status))
    answers = [turn.answer for turn in turns]
    return Score(
        id=prediction.id,
        scorer=label,
        scores=_means(turns),
        answer=answers[0] if len(answers) == 1 else answers,
        status=_worst([turn.status for turn in turns]),
        sample_id=prediction.sample_id,
        epoch=prediction.epoch,
        task=prediction.task,
        group=prediction.group,
        turns=tuple(turns),
        labels=sample.labels,
    )


def always(rule: Rule) -> Callable[[Sample, Turn], Rule]:
    """Return what grades every turn by the same `rule`."""

    def rule_of(_sample: Sample, _turn: Turn) -> Rule:
        return rule

    return rule_of


def label_of(options: Options, *, shown: Sequence[str] = ()) -> str:
    """Return the scorer's name, with the options that are `shown` or differ from their default."""
    settings: list[str] = []
    for field in msgspec.structs.fields(options):
        value = getattr(options, field.name)
        if field.name != "name" and (field.name in shown or value != field.default):
            text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            settings.append(f"{field.name}={text}")
    name = getattr(options, "name", "")
    return f"{name}[{','.join(settings)}]" if settings else name


def _replies(
    sample: Sample, prediction: Prediction
) -> list[tuple[Turn, list[tuple[str, StopReason | None]]]]:
    """Return each turn with its replies and how they ended. Raises DataError for too many."""
    stops: list[StopReason | None] = [record.stop_reason for record in prediction.turns]
    stops += [None] * (len(prediction.outputs) - len(stops))
    replies = list(zip(prediction.outputs, stops, strict=False))
    turns = sample.turns
    if len(turns) == 1 and len(replies) > 1:
        return [(turns[0], replies)]
    if len(replies) > len(turns):
        raise DataError(
            f"prediction {prediction.id}: {len(replies)} replies for a sample of {len(turns)} "
            "turn(s); give one reply a turn"
        )
    replies += [("", None)] * (len(turns) - len(replies))
    return [(turn, [reply]) for turn, reply in zip(turns, replies, strict=True)]


def _voted(graded: Sequence[tuple[Verdict, Status]], vote: Vote) -> tuple[Verdict, Status]:
    """Return the verdict of a vote, and the status of the reply whose verdict it is."""
    if len(graded) == 1:
        return graded[0]
    failed = [entry for entry in graded if entry[1] in ("scorer_error", "not_applicable")]
    if failed:
        return failed[0]
    winner = vote([verdict for verdict, _ in graded])
    for verdict, status in graded:
        if verdict.answer == winner.answer:
            return winner, status
    return winner, "unparsed"


async def _grade_reply(
    reply: TurnReply, rule: Rule, stop: StopReason | None
) -> list[tuple[Verdict, Status]]:
    """Return a verdict, with its status, for each answer that the turn asks for."""
    answers = reply.turn.answers
    if rule.needs_target and reply.turn.target in (None, [], ()):
        return [(_nothing(rule), "not_applicable")] * answers
    if not reply.output.strip():
        missing = Verdict(scores=_blank(rule))
        return [(missing, "refused" if stop == "refused" else "empty")] * answers
    try:
        verdicts = await _verdicts(reply, rule)
    except EndpointError:
        raise
    except NotApplicableError as error:
        return [(_nothing(rule, str(error)), "not_applicable")] * answers
    except Exception as error:
        reason = str(error) if isinstance(error, EvalrunError) else repr(error)
        return [(_nothing(rule, reason), "scorer_error")] * answers
    return [(verdict, _status(verdict, stop)) for verdict in verdicts]


def _blank(rule: Rule) -> dict[str, float | None]:
    if isinstance(rule.blank, Mapping):
        return {metric: rule.blank.get(metric) for metric in rule.metrics}
    return dict.fromkeys(rule.metrics, rule.blank)


def _nothing(rule: Rule, reason: str | None = None) -> Verdict:
    return Verdict(scores=dict.fromkeys(rule.metrics), explanation=reason)


async def _verdicts(reply: TurnReply, rule: Rule) -> Sequence[Verdict]:
    """Return what `rule` says. Raises ValueError when it is not a verdict an answer."""
    graded = rule.grade(reply)
    if not isinstance(graded, Verdict) and isinstance(graded, Awaitable):
        graded = await graded
    verdicts = [graded] if isinstance(graded, Verdict) else graded
    if len(verdicts) != reply.turn.answers:
        raise ValueError(f"{len(verdicts)} verdict(s) on {reply.turn.answers} answer(s)")
    return verdicts


def _worst(statuses: Sequence[Status]) -> Status:
    for status in _SEVERITY:
        if status in statuses:
            return status
    return "ok"


def _status(verdict: Verdict, stop: StopReason | None) -> Status:
    if stop == "refused":
        return "refused"
    if not verdict.parsed:
        return "unparsed"
    return "truncated" if stop == "length" else "ok"


def _turn_score(subtask: str | None, position: int, verdict: Verdict, status: Status) -> TurnScore:
    return TurnScore(
        turn=position,
        scores=verdict.scores,
        status=status,
        subtask=subtask,
        answer=well_formed(verdict.answer),
        explanation=well_formed(verdict.explanation),
        usage=verdict.usage,
    )


def _means(turns: Sequence[TurnScore]) -> dict[str, float | None]:
    """Average each metric over the turns that have a value of it."""
    values: dict[str, list[float]] = {}
    for turn in turns:
        for metric, value in turn.scores.items():
            known = values.setdefault(metric, [])
            if value is not None:
                known.append(value)
    return {metric: sum(v) / len(v) if v else None for metric, v in values.items()}
