"""Who judges predictions of a file: nobody, the file itself, or a model that is asked."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec

from ..core.config import Config
from ..core.errors import ConfigError
from ..core.exchange import Usage
from ..core.interfaces import Endpoint, Model, Scorer
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .build import build_judge, takes_judge
from .given import GivenPredictions
from .given_judge import GivenJudge
from .notices import Notices
from .progress import Progress
from .serving import Serving
from .spending import Spending, spent_on

T = TypeVar("T")


class Judging(msgspec.Struct, frozen=True, kw_only=True):
    """The judge of a scorer; None where it takes none. `notes` are for a table."""

    endpoint: Endpoint | None = None
    given: GivenJudge | None = None
    asked: AskedJudge | None = None
    notes: tuple[str, ...] = ()

    def counted(self, scorer: Scorer) -> Scorer:
        """Return `scorer` as it is used: within the budget, where its judge costs anything."""
        return scorer if self.asked is None else self.asked.counted(scorer)

    async def during(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` comes to, and let go of the judge."""
        try:
            return await work
        finally:
            if self.endpoint is not None:
                await self.endpoint.close()
            if self.asked is not None:
                self.asked.close()

    def refuse_unasked(self) -> None:
        """Raise DataError for a given text that answers no question, once all were asked."""
        if self.given is not None:
            self.given.refuse_unasked()


def judge_to_ask(config: Config, given: GivenPredictions) -> Model | None:
    """Return the model that is to judge; None where none is asked.

    None is asked where the lines hold its words. Raises ConfigError where a judge is needed and
    there is neither, DataError for a line without a reply where that is needed.
    """
    if not takes_judge(config):
        given.refuse_unknown_replies()
        return None
    if given.has_judge_replies:
        return None
    if not config.judge:
        raise ConfigError(
            f"scorer={config.scorer['name']} needs a judge: give its words as 'judge_reply' beside "
            "each prediction, or have one asked: judge=NAME judge.name=MODEL; `evalrun ls judges` "
            "lists them"
        )
    return build_judge(config)


def judging_by(model: Model | None, config: Config, given: GivenPredictions) -> Judging:
    """Return who judges: `model`, which is loaded now, or else what the lines hold.

    Raises MissingExtraError, EndpointError.
    """
    if model is not None:
        asked = AskedJudge(model, config, len(given.keys))
        return Judging(endpoint=asked.endpoint, asked=asked)
    if not takes_judge(config):
        return Judging()
    judge = GivenJudge(given)
    note = "the judge's words are those of the predictions' 'judge_reply'"
    unasked = f"; judge={config.judge.get('name', 'NAME')} was not asked" if config.judge else ""
    return Judging(endpoint=judge, given=judge, notes=(note + unasked,))


class AskedJudge:
    """A judge that is asked as in a run: within limits, again, and from the reply cache."""

    def __init__(self, model: Model, config: Config, predictions: int) -> None:
        name = config.judge.get("name", "the judge")
        self._progress = Progress(predictions, f"judged by {name}")
        self._serving = Serving(config.run, Notices(self._progress.tell))
        self._spending = Spending(config.run, Usage())
        self.endpoint = self._serving.other(model)

    def counted(self, scorer: Scorer) -> Scorer:
        """Return `scorer`, which grades no more once the budget is spent."""
        return _CountedScorer(scorer, self._spending, self._progress)

    def close(self) -> None:
        """Write what waits to be kept."""
        self._progress.close()
        self._serving.close()


class _CountedScorer:
    def __init__(self, scorer: Scorer, spending: Spending, progress: Progress) -> None:
        self._scorer = scorer
        self._spending = spending
        self._progress = progress
        self._in_flight = 0

    @property
    def label(self) -> str:
        return self._scorer.label

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade a prediction. Raises BudgetReachedError, and what the scorer raises."""
        over = self._spending.over(self._in_flight)
        if over is not None:
            raise over
        self._in_flight += 1
        try:
            score = await self._scorer.score(sample, prediction)
        finally:
            self._in_flight -= 1
        spent = spent_on(score)
        self._spending.add_sample(spent)
        self._progress.done(prediction, spent)
        return score
