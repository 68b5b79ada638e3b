"""The engine: asks what is not yet asked, stores every reply, grades what is stored."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from ..core.config import Config
from ..core.content import Message, joined
from ..core.errors import EvalrunError, SampleError
from ..core.exchange import Reply, SampleKey, Sampling, Usage
from ..core.hashing import sha256_of
from ..core.interfaces import Benchmark, Endpoint, PlayProtocol, Scorer
from ..core.prediction import Failure, Prediction, TurnRecord, prediction_id
from ..core.redact import redact_text, secrets_in
from ..core.sample import Sample
from .folder import RunFolder
from .ledger import Ledger
from .log import AppendLog
from .plan import selected
from .progress import Progress

# So many samples that fail one after another, with none that succeeds, mean a dead endpoint.
DEAD_AFTER = 100


class BudgetReachedError(EvalrunError):
    """The run has cost what it may cost; it can be resumed with a larger budget."""


class DeadEndpointError(EvalrunError):
    """Nothing but failures came back; the run can be resumed when the endpoint is mended."""


class Work(msgspec.Struct, frozen=True):
    """The parts that one run is made of.

    `endpoint` loads the model when a reply is first needed; None grades what is stored, no more.
    """

    config: Config
    folder: RunFolder
    benchmark: Benchmark
    protocol: PlayProtocol
    scorer: Scorer
    endpoint: Callable[[], Endpoint] | None


class Engine:
    """Runs the samples of one run folder; everything done before is kept."""

    def __init__(self, work: Work, progress: Progress) -> None:
        self._work = work
        self._progress = progress
        self._ledger = Ledger(work.folder, work.scorer.label)
        self._predictions = AppendLog(work.folder.predictions)
        self._scores = AppendLog(work.folder.scores)
        self._endpoint: Endpoint | None = None
        self._spent_usd = self._ledger.spent_usd
        # None from the first reply on: then the endpoint is alive.
        self._failures_at_first: int | None = 0

    async def execute(self) -> None:
        """Bring every sample to a graded prediction or a recorded failure.

        Raises EndpointError, StoreError, BudgetReachedError, DeadEndpointError; cancelling it
        leaves a folder that can be resumed. Either way, what was finished stays.
        """
        tasks: set[asyncio.Task[None]] = set()
        try:
            for sample, epoch in self._open_pairs():
                stored = self._ledger.prediction(prediction_id(sample.id, epoch))
                if stored is None and not self._may_ask():
                    continue
                while len(tasks) >= self._concurrency():
                    tasks = await _progressed(tasks)
                tasks.add(asyncio.create_task(self._bring_home(sample, epoch, stored)))
            while tasks:
                tasks = await _progressed(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._predictions.close()
            await self._scores.close()
            if self._endpoint is not None:
                await self._endpoint.close()

    def environment(self) -> dict[str, Any] | None:
        """Return what produced the replies, or None when none was needed."""
        return self._endpoint.environment() if self._endpoint is not None else None

    def _open_pairs(self) -> Iterator[tuple[Sample, int]]:
        """Yield what is not complete; epochs of a sample stand together and share its context."""
        options = self._work.config.run
        for sample in selected(self._work.benchmark, options):
            for epoch in range(options.epochs):
                if self._ledger.is_complete(prediction_id(sample.id, epoch)):
                    self._progress.skip()
                else:
                    yield sample, epoch

    def _concurrency(self) -> int:
        most = self._work.config.run.max_connections
        useful = self._endpoint.max_concurrency if self._endpoint is not None else None
        return most if useful is None else min(most, useful)

    def _may_ask(self) -> bool:
        """Load the endpoint if it is not yet; return False when this run only grades."""
        if self._work.endpoint is None:
            return False
        self._check_budget()
        if self._endpoint is None:
            self._endpoint = self._work.endpoint()
        return True

    async def _bring_home(self, sample: Sample, epoch: int, stored: Prediction | None) -> None:
        prediction = stored
        if prediction is None:
            prediction = await self._predict(sample, epoch)
            await self._predictions.append(prediction)
            self._account(prediction)
        if prediction.error is None:
            await self._scores.append(await self._work.scorer.score(sample, prediction))
        self._progress.done(prediction)

    async def _predict(self, sample: Sample, epoch: int) -> Prediction:
        assert self._endpoint is not None  # noqa: S101 - loaded before the first prediction
        config = self._work.config
        key = SampleKey(sample.id, epoch, sample.row, sample.row_id, sample.task)
        blank = Prediction(
            id=prediction_id(sample.id, epoch),
            sample_id=sample.id,
            epoch=epoch,
            task=sample.task,
            group=sample.group,
            **_inputs(sample, config.run.save_inputs),
        )
        try:
            play = await self._work.protocol.play(
                sample, key, self._endpoint, _sampling(config, epoch)
            )
        except SampleError as error:
            message = redact_text(str(error), secrets_in(os.environ))
            return msgspec.structs.replace(blank, error=Failure(error.kind, message))
        replies = play.replies
        return msgspec.structs.replace(
            blank,
            outputs=tuple(reply.text for reply in replies),
            turns=tuple(
                TurnRecord(
                    stop_reason=reply.stop_reason,
                    usage=reply.usage,
                    timing=reply.timing,
                    reasoning=reply.reasoning,
                )
                for reply in replies
            ),
            usage=sum((reply.usage for reply in replies), Usage()),
            timing=_timing(replies),
            kv=next((reply.kv for reply in replies if reply.kv), None),
            shortened=next((reply.shortened for reply in replies if reply.shortened), None),
        )

    def _check_budget(self) -> None:
        budget = self._work.config.run.budget_usd
        if budget is not None and self._spent_usd >= budget:
            raise BudgetReachedError(
                f"the budget of ${budget:g} is spent; what was finished is kept: "
                "raise run.budget_usd and run again"
            )

    def _account(self, prediction: Prediction) -> None:
        """Stop a run that costs too much or gets nothing but failures."""
        self._spent_usd += prediction.usage.cost_usd
        self._check_budget()
        if prediction.error is None:
            self._failures_at_first = None
        if prediction.error is None or self._failures_at_first is None:
            return
        self._failures_at_first += 1
        if self._failures_at_first >= DEAD_AFTER:
            raise DeadEndpointError(
                f"the first {DEAD_AFTER} samples all failed, the last with: "
                f"{prediction.error.message}; mend the endpoint and run again"
            )


async def _progressed(tasks: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Wait until a task ends; return the others, or raise what the task raised."""
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    failed = [task for task in done if task.exception() is not None]
    if failed:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await failed[0]
    return pending


def _sampling(config: Config, epoch: int) -> Sampling:
    generation = config.generation
    return Sampling(
        temperature=generation.temperature,
        top_p=generation.top_p,
        max_tokens=generation.max_tokens,
        stop=generation.stop,
        seed=config.run.seed + epoch,
    )


def _timing(replies: Sequence[Reply]) -> dict[str, float]:
    """Return seconds: of all replies together, and to the first token of the first one."""
    timing = {"latency_s": round(sum(reply.timing.latency_s for reply in replies), 6)}
    first = replies[0].timing.ttft_s
    return timing if first is None else {**timing, "ttft_s": round(first, 6)}


def _inputs(sample: Sample, save: str) -> dict[str, Any]:
    first, *others = sample.turns
    messages = (
        *sample.messages,
        Message("user", joined(sample.context, first.query)),
        *(Message("user", turn.query) for turn in others),
    )
    if save == "full":
        return {"messages": messages}
    return {"input_sha256": sha256_of(messages)}
