"""Grading a play as a whole: one verdict on what it came to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ..core.errors import EndpointError, EvalrunError
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score, Status, TurnScore
from ..core.unicode import well_formed
from .verdict import Verdict

Grade = Callable[[Sample, Prediction], Verdict | Awaitable[Verdict]]


async def grade_play(
    sample: Sample, prediction: Prediction, grade: Grade, *, label: str, metrics: Sequence[str]
) -> Score:
    """Return the score of a play on which there is one verdict, whatever its turns are.

    A rule that fails is a `scorer_error` without values of `metrics`. A verdict without an answer
    is `empty` where nothing was replied, else `unparsed`. Raises EndpointError when a judge can
    serve no sample.
    """
    verdict, status = await _graded(sample, prediction, grade, metrics)
    turn = TurnScore(
        turn=0,
        scores=verdict.scores,
        status=status,
        subtask=sample.turns[0].subtask,
        answer=well_formed(verdict.answer),
        explanation=well_formed(verdict.explanation),
        usage=verdict.usage,
    )
    return Score(
        id=prediction.id,
        scorer=label,
        scores=verdict.scores,
        answer=turn.answer,
        status=status,
        sample_id=prediction.sample_id,
        epoch=prediction.epoch,
        task=prediction.task,
        group=prediction.group,
        turns=(turn,),
        labels=sample.labels,
    )


async def _graded(
    sample: Sample, prediction: Prediction, grade: Grade, metrics: Sequence[str]
) -> tuple[Verdict, Status]:
    try:
        verdict = grade(sample, prediction)
        if not isinstance(verdict, Verdict):
            verdict = await verdict
    except EndpointError:
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, EvalrunError) else repr(error)
        return Verdict(scores=dict.fromkeys(metrics), explanation=reason), "scorer_error"
    if verdict.parsed:
        return verdict, "ok"
    replied = prediction.outcome is not None or any(map(str.strip, prediction.outputs))
    return verdict, "unparsed" if replied else "empty"
