"""The scorer of MMBench by rules first, and by a model of what they cannot read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from ...core.config import Options
from ...core.interfaces import Endpoint
from ...core.prediction import Prediction
from ...core.sample import Sample, Turn
from ...core.schema import NonNegative
from ...core.score import Score
from ..turns import Rule, TurnReply, Verdict, grade_turns, label_of
from .extractor import Extractor
from .passes import (
    CIRCULAR,
    PASS,
    VANILLA,
    Reading,
    Variant,
    is_base,
    is_lost,
    is_won,
    read_passes,
    reader,
)


class ExtractedMMBenchOptions(Options, frozen=True):
    """How passes are read; the extractor is chosen by `judge`.

    `official` draws an option at random, by `seed`, where the extractor names none in three tries;
    `fixed` counts that as wrong, and reads by the rules of `scorer=mmbench scorer.variant=fixed`.
    With `passes=needed` the extractor reads what decides `circular` and nothing else; `all` has it
    read every pass, which `vanilla` and `pass` need.
    """

    name: str = "mmbench_extracted"
    variant: Variant = "official"
    passes: Literal["needed", "all"] = "needed"
    seed: NonNegative = 0


class ExtractedMMBenchScorer:
    """`circular`: 1 if every pass of a question is read as its answer, else 0.

    A question that the rules find lost stays so, and no extractor is asked. Of any other its unread
    passes are shown to the extractor in their order, until one is wrong. With `passes=all` there
    are also `vanilla`, of the base row, and `pass`, of each row.

    Source: `eval_circular_group` and `eval_vanilla` of vlmeval/dataset/utils/multiple_choice.py in
    open-compass/VLMEvalKit, commit e8e78f05.
    """

    Options = ExtractedMMBenchOptions
    needs_judge = True

    def __init__(self, options: ExtractedMMBenchOptions, judge: Endpoint) -> None:
        self._read = reader(options.variant)
        self._extractor = Extractor(judge, options.variant, options.seed)
        self._reads_all = options.passes == "all"
        self.label = label_of(options, shown=("variant",))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the passes of a question; blank replies count 0, unasked. Raises EndpointError."""
        extraction = _Once(lambda: self._read_passes(sample, prediction))

        async def grade(reply: TurnReply) -> Verdict:
            readings = await extraction.readings()
            reading = readings[reply.index]
            return Verdict(
                scores=self._scores(sample, readings, reply),
                answer=reading.letter,
                explanation=reading.note,
                parsed=reading.parsed,
                usage=reading.usage,
            )

        def rule_of(_sample: Sample, turn: Turn) -> Rule:
            return Rule(self._metrics(turn), grade)

        return await grade_turns(sample, prediction, label=self.label, rule_of=rule_of)

    def _metrics(self, turn: Turn) -> tuple[str, ...]:
        by_row = (VANILLA, PASS) if is_base(turn) else (PASS,)
        return ((CIRCULAR,) if is_base(turn) else ()) + (by_row if self._reads_all else ())

    def _scores(
        self, sample: Sample, readings: list[Reading], reply: TurnReply
    ) -> dict[str, float | None]:
        right = float(readings[reply.index].letter == reply.turn.target)
        values = {CIRCULAR: float(is_won(sample, readings)), VANILLA: right, PASS: right}
        return {metric: values[metric] for metric in self._metrics(reply.turn)}

    async def _read_passes(self, sample: Sample, prediction: Prediction) -> list[Reading]:
        """Return what each pass is read as, by the extractor where that is needed."""
        readings = read_passes(sample, prediction, self._read)
        outputs = prediction.outputs
        blank = len(outputs) < len(sample.turns) or not all(map(str.strip, outputs))
        lost = blank or is_lost(sample, readings)
        for index, turn in enumerate(sample.turns[: len(outputs)]):
            unread = readings[index].letter is None and outputs[index].strip()
            if not unread or (lost and not self._reads_all):
                continue
            reply = TurnReply(
                sample=sample, turn=turn, index=index, epoch=prediction.epoch, output=outputs[index]
            )
            readings[index] = await self._extractor.read(reply)
            lost = lost or readings[index].letter != turn.target
        return readings


class _Once:
    """Readings that are made when a verdict first needs them, and once."""

    def __init__(self, make: Callable[[], Coroutine[Any, Any, list[Reading]]]) -> None:
        self._make = make
        self._task: asyncio.Task[list[Reading]] | None = None

    async def readings(self) -> list[Reading]:
        """Return a reading a pass. Raises each time what making them raised."""
        if self._task is None:
            self._task = asyncio.create_task(self._make())
        return await self._task
