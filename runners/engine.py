"""The engine: asks what is not yet asked, stores every reply, grades what is stored."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from ..core.config import Config
from ..core.errors import EvalrunError, SampleError
from ..core.exchange import Usage
from ..core.interfaces import Benchmark, Endpoint, PlayProtocol, Scorer
from ..core.prediction import Failure, Prediction
from ..core.redact import redact_text, secrets_in
from ..core.score import Score
from .folder import RunFolder
from .in_flight import InFlight
from .ledger import Ledger
from .log import AppendLog
from .progress import Progress
from .questions import Question, questions
from .recording import answered, unanswered
from .spending import BudgetReachedError, Spending

# So many samples that fail one after another, with none that succeeds, mean a dead endpoint.
DEAD_AFTER = 100
NOTHING = Usage()


class DeadEndpointError(EvalrunError):
    """Nothing but failures came back; the run can be resumed when the endpoint is mended."""


class Work(msgspec.Struct, frozen=True):
    """The parts that one run is made of.

    `endpoint` loads the model when a reply is first needed; None grades what is stored, no more.
    `most_in_flight` bounds the samples that are asked, stored and graded at the same time.
    """

    config: Config
    folder: RunFolder
    benchmark: Benchmark
    protocol: PlayProtocol
    scorer: Scorer
    endpoint: Callable[[], Endpoint] | None
    most_in_flight: int


class Engine:
    """Runs the samples of one run folder; everything done before is kept."""

    def __init__(self, work: Work, progress: Progress) -> None:
        self._work = work
        self._progress = progress
        self._ledger = Ledger(work.folder, work.scorer.label)
        self._predictions = AppendLog(work.folder.predictions)
        self._scores = AppendLog(work.folder.scores)
        self._endpoint: Endpoint | None = None
        self._spending = Spending(work.config.run, self._ledger.spent)
        # None from the first reply on: then the endpoint is alive.
        self._failures_at_first: int | None = 0

    async def execute(self) -> None:
        """Bring every sample to a graded prediction or a recorded failure.

        Raises EndpointError, OutageError, StoreError, DeadEndpointError, and BudgetReachedError
        after bringing home what is in flight; cancelling it leaves a folder that can be resumed.
        Either way, what was finished stays.
        """
        flight = InFlight(self._most_in_flight)
        try:
            over = await self._ask_all(flight)
            await flight.drained()
            if over is not None:
                raise over
        finally:
            await flight.cancel()
            await self._predictions.close()
            await self._scores.close()
            if self._endpoint is not None:
                await self._endpoint.close()

    def environment(self) -> dict[str, Any] | None:
        """Return what produced the replies, or None when none was needed."""
        return self._endpoint.environment() if self._endpoint is not None else None

    async def _ask_all(self, flight: InFlight) -> BudgetReachedError | None:
        """Start what is not complete; return what forbids to go on, if anything does."""
        latest = None
        for question in self._open_questions():
            # Epochs of a sample start together: one request may bring several of them.
            if question.sample is not latest:
                await flight.room()
                latest = question.sample
            stored = self._ledger.prediction(question.id)
            if stored is not None:
                flight.start(self._grade(question, stored))
            elif self._work.endpoint is not None:
                try:
                    self._spending.check(len(flight))
                except BudgetReachedError as over:
                    return over
                if self._endpoint is None:
                    self._endpoint = self._work.endpoint()
                flight.start(self._bring_home(question, self._endpoint))
        return None

    def _open_questions(self) -> Iterator[Question]:
        """Yield what is not complete."""
        for question in questions(self._work.benchmark, self._work.config):
            if self._ledger.is_complete(question.id):
                self._progress.skip()
            else:
                yield question

    def _most_in_flight(self) -> int:
        most = self._work.most_in_flight
        useful = self._endpoint.max_concurrency if self._endpoint is not None else None
        return most if useful is None else min(most, useful)

    async def _bring_home(self, question: Question, endpoint: Endpoint) -> None:
        prediction = await self._predict(question, endpoint)
        await self._predictions.append(prediction)
        if prediction.error is None:
            self._failures_at_first = None
            await self._grade(question, prediction, _spent(prediction))
        else:
            self._spending.add(NOTHING)
            self._progress.done(prediction, NOTHING)
            self._count_failure(prediction.error)

    async def _grade(
        self, question: Question, prediction: Prediction, asking: Usage = NOTHING
    ) -> None:
        """Grade a prediction that is on disk; `asking` is what it cost just now."""
        score = await self._work.scorer.score(question.sample, prediction)
        await self._scores.append(score)
        spent = asking + _spent_on(score)
        self._spending.add(spent)
        self._progress.done(prediction, spent)

    async def _predict(self, question: Question, endpoint: Endpoint) -> Prediction:
        sample, key = question.sample, question.key
        row = unanswered(sample, key.epoch, save_inputs=self._work.config.run.save_inputs)
        try:
            play = await self._work.protocol.play(sample, key, endpoint, question.sampling)
        except SampleError as error:
            message = redact_text(str(error), secrets_in(os.environ))
            return msgspec.structs.replace(row, error=Failure(error.kind, message))
        return await answered(row, play, self._work.folder)

    def _count_failure(self, failure: Failure) -> None:
        """Stop a run that gets nothing but failures."""
        if self._failures_at_first is None:
            return
        self._failures_at_first += 1
        if self._failures_at_first >= DEAD_AFTER:
            raise DeadEndpointError(
                f"the first {DEAD_AFTER} samples all failed, the last with: "
                f"{failure.message}; mend the endpoint and run again"
            )


def _spent(prediction: Prediction) -> Usage:
    """Return what the replies cost, but for those of the reply cache."""
    return sum((turn.usage for turn in prediction.turns if not turn.from_cache), NOTHING)


def _spent_on(score: Score) -> Usage:
    """Return what judges spent."""
    return sum((turn.usage for turn in score.turns if turn.usage is not None), NOTHING)
