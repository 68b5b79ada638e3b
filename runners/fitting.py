"""Scorers that must see all predictions of a run before they grade one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ..core.interfaces import FittedScorer, Scorer
from ..core.prediction import Prediction
from ..core.sample import Sample
from .engine import Engine, Work
from .ledger import Ledger
from .progress import Progress
from .questions import questions


def fitted(scorer: Scorer | FittedScorer, predicted: Iterable[tuple[Sample, Prediction]]) -> Scorer:
    """Return a scorer that can grade, fitted to `predicted` if it must: else they are not read.

    Raises ConfigError.
    """
    return scorer.fitted(predicted) if isinstance(scorer, FittedScorer) else scorer


def engine_for(
    work: Work, scorer: Scorer | FittedScorer, progress: Progress
) -> Engine | FittedEngine:
    """Return what does `work` and has it graded by `scorer`."""
    if isinstance(scorer, FittedScorer):
        return FittedEngine(work, scorer, progress)
    return Engine(msgspec.structs.replace(work, scorer=scorer), progress)


class FittedEngine:
    """Asks everything, then fits the scorer to all good predictions, then grades them all.

    So all verdicts with one label are of one fit. A run that is resumed has more predictions: its
    scorer is fitted again. What cannot be asked to its end, as after an interrupt, is not graded,
    nor is a shard: its samples are graded with all others when these are asked, too.
    """

    def __init__(self, work: Work, scorer: FittedScorer, progress: Progress) -> None:
        self.label = scorer.label
        self._work = work
        self._scorer = scorer
        self._asking = Engine(work, progress)

    async def execute(self) -> None:
        """Bring every sample to a graded prediction or a recorded failure.

        Those of a shard are left without a grade. Raises what `Engine.execute` raises, and
        ConfigError where there is too little to fit to.
        """
        await self._asking.execute()
        if self._work.shard is not None:
            return
        scorer = self._scorer.fitted(self._predicted())
        self.label = scorer.label
        grading = msgspec.structs.replace(self._work, scorer=scorer, company=None)
        await Engine(grading, Progress(0, "", quiet=True)).execute()

    def environment(self) -> dict[str, Any] | None:
        """Return what produced the replies, or None when none was needed."""
        return self._asking.environment()

    def _predicted(self) -> Iterator[tuple[Sample, Prediction]]:
        """Yield the good predictions of the run, one after another from disk."""
        ledger = Ledger(self._work.folder, None)
        for question in questions(self._work.benchmark, self._work.config):
            prediction = ledger.prediction(question.id)
            if prediction is not None:
                yield question.sample, prediction
