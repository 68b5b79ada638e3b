"""What every scorer's tests need: samples graded without an engine around them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from evalrun.core.exchange import ReplyTiming, StopReason, Usage
from evalrun.core.prediction import Prediction, TurnRecord
from evalrun.core.sample import Sample, Turn
from evalrun.core.score import Score, TurnScore

Grade = Callable[..., TurnScore]
GradeSample = Callable[..., Score]


def _record(stop: StopReason) -> TurnRecord:
    return TurnRecord(stop_reason=stop, usage=Usage(), timing=ReplyTiming(latency_s=1.0))


@pytest.fixture(scope="session")
def grade_sample() -> GradeSample:
    """Return a function that grades the replies to a sample; `stops` are their stop reasons."""

    def grade_sample(
        scorer: Any, sample: Sample, outputs: Sequence[str], stops: Sequence[StopReason] = ()
    ) -> Score:
        prediction = Prediction(
            id=f"{sample.id}#0",
            sample_id=sample.id,
            epoch=0,
            task=sample.task,
            group=sample.group,
            outputs=tuple(outputs),
            turns=tuple(_record(stop) for stop in stops),
        )
        return asyncio.run(scorer.score(sample, prediction))

    return grade_sample


@pytest.fixture(scope="session")
def grade(grade_sample: GradeSample) -> Grade:
    """Return a function that grades one reply to one question; `turn` are fields of the turn."""

    def grade(
        scorer: Any, output: str, target: Any, *, stop: StopReason | None = None, **turn: Any
    ) -> TurnScore:
        turns = (Turn(query="What?", target=target, **turn),)
        sample = Sample(id="s", task=turn.get("subtask", "t"), turns=turns)
        return grade_sample(scorer, sample, [output], [stop] if stop else []).turns[0]

    return grade
