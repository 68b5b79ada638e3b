"""The engine: asks what is not yet asked, stores every reply, grades what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from ..core.config import Config
from ..core.errors import EvalrunError, SampleError
from ..core.exchange import Usage
from ..core.interfaces import Benchmark, Scorer
from ..core.prediction import Failure, Prediction
from ..core.redact import redact_message
from .company import Company
from .folder import RunFolder
from .in_flight import InFlight
from .ledger import Ledger
from .log import AppendLog
from .progress import Progress
from .questions import Question, questions
from .recording import answered, unanswered
from .shards.split import Share
from .spending import Spending, spent_on

# So many samples that fail one after another, with none that succeeds, mean a dead endpoint.
DEAD_AFTER = 100
NOTHING = Usage()


class DeadEndpointError(EvalrunError):
    """Nothing but failures came back; the run can be resumed when the endpoint is mended."""


class ShardWork(msgspec.Struct, frozen=True):
    """Which samples one shard of a run asks, and where it writes."""

    share: Share
    folder: RunFolder


class Work(msgspec.Struct, frozen=True):
    """The parts that one run is made of.

    `company` loads the models when a reply is first needed; None grades what is stored, no more.
    `most_asked` bounds the samples that are asked at the same time. Without a `scorer`, replies are
    stored and not graded. With a `shard`, its samples are asked, and their rows go to its folder;
    what was done before, and files of replies, are in the run's.
    """

    config: Config
    folder: RunFolder
    benchmark: Benchmark
    company: Callable[[], Company] | None
    most_asked: int
    scorer: Scorer | None = None
    shard: ShardWork | None = None

    @property
    def share(self) -> Share | None:
        """The samples that are asked, None for all."""
        return self.shard.share if self.shard else None

    @property
    def rows(self) -> RunFolder:
        """Where new rows go."""
        return self.shard.folder if self.shard else self.folder


class Engine:
    """Runs the samples of one run folder; everything done before is kept."""

    def __init__(self, work: Work, progress: Progress) -> None:
        self._work = work
        self._progress = progress
        label = work.scorer.label if work.scorer else None
        self._ledger = Ledger(work.folder, label, work.share)
        self._predictions = AppendLog(work.rows.predictions)
        self._scores = AppendLog(work.rows.scores)
        self._company: Company | None = None
        self._flight = InFlight(self._most_asked)
        part = work.share.part if work.share else 1.0
        self._spending = Spending(work.config.run, self._ledger.spent, part)
        # None from the first reply on: then the endpoint is alive.
        self._failures_at_first: int | None = 0
        self._dead: DeadEndpointError | None = None

    @property
    def label(self) -> str:
        """The label of the verdicts that it gives; empty where it gives none."""
        return self._work.scorer.label if self._work.scorer else ""

    async def execute(self) -> None:
        """Bring every sample to a graded prediction or a recorded failure.

        Raises EndpointError, OutageError, StoreError, and, after bringing home what is in flight,
        DeadEndpointError, BudgetReachedError; cancelling it leaves a folder that can be resumed.
        Either way, what was finished stays.
        """
        try:
            over = await self._ask_all()
            await self._flight.drained()
            if over is not None:
                raise over
        finally:
            await self._flight.cancel()
            await self._predictions.close()
            await self._scores.close()
            if self._company is not None:
                await self._company.close()

    def environment(self) -> dict[str, Any] | None:
        """Return what produced the replies, or None when none was needed."""
        return self._company.environment() if self._company is not None else None

    async def _ask_all(self) -> EvalrunError | None:
        """Start what is not complete; return what forbids to go on, if anything does."""
        latest = None
        for question in self._open_questions():
            # Epochs of a sample start together: one request may bring several of them.
            if question.sample is not latest:
                await self._flight.room()
                latest = question.sample
            stored = self._ledger.prediction(question.id)
            if stored is not None:
                self._flight.start(self._grade(question, stored), asking=False)
            elif self._work.company is not None:
                over = self._dead or self._spending.over(self._flight.asking)
                if over is not None:
                    return over
                if self._company is None:
                    self._company = self._work.company()
                work = self._bring_home(question, self._company)
                self._flight.start(work, asking=True)
        return None

    def _open_questions(self) -> Iterator[Question]:
        """Yield what is not complete."""
        for question in questions(self._work.benchmark, self._work.config, self._work.share):
            if self._ledger.is_complete(question.id):
                self._progress.skip()
            else:
                yield question

    def _most_asked(self) -> int:
        most = self._work.most_asked
        useful = self._company.endpoint.max_concurrency if self._company is not None else None
        return most if useful is None else min(most, useful)

    async def _bring_home(self, question: Question, company: Company) -> None:
        try:
            prediction = await self._predict(question, company)
            spent = _spent(prediction)
            self._note_outcome(prediction, spent)
        finally:
            self._flight.asked()
        await self._predictions.append(prediction)
        if prediction.error is None:
            await self._grade(question, prediction, spent)
        else:
            self._progress.done(prediction, spent)

    async def _grade(
        self, question: Question, prediction: Prediction, asking: Usage = NOTHING
    ) -> None:
        """Grade a prediction that is on disk; `asking` is what it cost just now."""
        judging, graded = NOTHING, True
        if self._work.scorer is not None:
            score = await self._work.scorer.score(question.sample, prediction)
            await self._scores.append(score)
            judging, graded = spent_on(score), score.status != "scorer_error"
            self._spending.add_judgement(judging)
        self._progress.done(prediction, asking + judging, graded=graded)

    async def _predict(self, question: Question, company: Company) -> Prediction:
        sample, key = question.sample, question.key
        row = unanswered(sample, key.epoch, save_inputs=self._work.config.run.save_inputs)
        try:
            play = await company.protocol.play(sample, key, company.endpoint, question.sampling)
        except SampleError as error:
            message = redact_message(str(error))
            return msgspec.structs.replace(row, error=Failure(error.kind, message))
        return await answered(row, play, self._work.folder)

    def _note_outcome(self, prediction: Prediction, spent: Usage) -> None:
        """Count what was spent, and the failures before the first success."""
        self._spending.add_sample(spent)
        if prediction.error is None:
            self._failures_at_first = None
        elif self._failures_at_first is not None:
            self._failures_at_first += 1
            if self._failures_at_first == DEAD_AFTER:
                self._dead = DeadEndpointError(
                    f"the first {DEAD_AFTER} samples all failed, the last with: "
                    f"{prediction.error.message}; mend the endpoint and run again"
                )


def _spent(prediction: Prediction) -> Usage:
    """Return what the replies cost, but for those of the reply cache."""
    return sum((turn.usage for turn in prediction.records if not turn.from_cache), NOTHING)
