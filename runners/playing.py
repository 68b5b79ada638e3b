"""One start of a run: its parts put together, asked and graded until that ends."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any

import msgspec

from ..core.config import Config
from ..core.errors import EXIT_INTERRUPTED, EXIT_OK, EvalrunError
from ..core.interfaces import Described, Endpoint, FittedScorer, Scorer
from . import event_loop
from .advance import AdvanceFile
from .build import build_judge, ready_scorer
from .company import Company, company
from .engine import Engine, ShardWork, Work
from .fitting import FittedEngine, engine_for
from .journal.endpoint import JournaledEndpoint
from .journal.journal import Journal
from .notices import Notices
from .plan import selected
from .prepared import Prepared
from .progress import Progress
from .serving import Serving, most_asked
from .status import State


class Scope(msgspec.Struct, frozen=True):
    """What one start is about: how many (sample, epoch) pairs there are, under which heading.

    With a `shard`, its samples alone; without `generates`, stored predictions are graded. `watched`
    says whether it tells in a file how far it is.
    """

    total: int
    heading: str
    shard: ShardWork | None = None
    generates: bool = True
    watched: bool = True


class Start(msgspec.Struct, frozen=True):
    """A run whose scorer is ready, before its first sample."""

    work: Work
    scorer: Scorer | FittedScorer
    serving: Serving
    journal: Journal
    judge: Endpoint | None
    progress: Progress
    notices: Notices
    began: float


class Played(msgspec.Struct, frozen=True):
    """How it ended.

    `label` is the scorer's. Of the `asked` samples, `failed` ones have no reply or no verdict.
    """

    state: State
    exit_code: int
    reason: str | None
    label: str
    asked: int
    failed: int
    environment: dict[str, Any] | None
    notices: tuple[str, ...]
    wall_s: float


def start_of(run: Prepared, scope: Scope, *, quiet: bool) -> Start:
    """Return a run that is about to start. Its folder must be held.

    Raises ConfigError where the scorer cannot be made, DataError.
    """
    began = time.monotonic()
    rows = scope.shard.folder if scope.shard else run.folder
    file = AdvanceFile(rows.progress) if scope.watched else None
    progress = Progress(scope.total, scope.heading, quiet=quiet, file=file)
    notices = Notices(progress.tell)
    if scope.generates and isinstance(run.parts.protocol, Described):
        for text in run.parts.protocol.notices():
            notices.say(text)
    serving = Serving(run.config.run, notices)
    progress.state = serving.state
    journal = Journal(run.folder.calls, rows.calls)
    judge = _judge(run.config, serving, journal)
    scorer = ready_scorer(run.config, judge, selected(run.parts.benchmark, run.config.run))
    work = _work(run, scope, serving, journal)
    return Start(work, scorer, serving, journal, judge, progress, notices, began)


def play(start: Start) -> Played:
    """Ask and grade until all is done or something ends it; what was finished is on disk."""
    engine = engine_for(start.work, start.scorer, start.progress)
    start.progress.begin()
    state, exit_code, reason = _executed(_until_interrupted(engine, start), start.progress)
    start.serving.close()
    return Played(
        state=state,
        exit_code=exit_code,
        reason=reason,
        label=engine.label,
        asked=start.progress.asked,
        failed=start.progress.failed,
        environment=engine.environment(),
        notices=tuple(start.notices.told),
        wall_s=time.monotonic() - start.began,
    )


def call_off(start: Start) -> None:
    """Close what a start has opened, where there is nothing to do."""
    _executed(_closed(start), start.progress)
    start.serving.close()


def heading_of(run: Prepared) -> str:
    """Return what a bar of progress says of a run."""
    config = run.config
    model = config.model.get("name", "model")
    return f"{model} {run.parts.kv.label} {config.protocol['name']}"


def _judge(config: Config, serving: Serving, journal: Journal) -> Endpoint | None:
    """Return who judges, if the scorer asks anyone."""
    model = build_judge(config)
    if model is None:
        return None
    return JournaledEndpoint(serving.other(model), journal, "judge", counted=True)


def _work(run: Prepared, scope: Scope, serving: Serving, journal: Journal) -> Work:
    def loaded() -> Company:
        return company(run.parts, run.config, serving, journal)

    return Work(
        config=run.config,
        folder=run.folder,
        benchmark=run.parts.benchmark,
        company=loaded if scope.generates else None,
        most_asked=most_asked(run.config.run),
        shard=scope.shard,
    )


class _InterruptedError(Exception):
    """A signal has ended the work; the text is its name."""


def _executed(work: Coroutine[Any, Any, None], progress: Progress) -> tuple[State, int, str | None]:
    """Do `work`; return how that ended, the exit code and the reason."""
    try:
        event_loop.run(work)
    except _InterruptedError as error:
        return _interrupted(str(error))
    except (asyncio.CancelledError, KeyboardInterrupt):
        return _interrupted(signal.SIGINT.name)
    except EvalrunError as error:
        return "failed", error.exit_code, str(error)
    finally:
        progress.close()
    return "complete", EXIT_OK, None


def _interrupted(by: str) -> tuple[State, int, str | None]:
    return "interrupted", EXIT_INTERRUPTED, f"interrupted by {by}; run again to resume"


async def _until_interrupted(engine: Engine | FittedEngine, start: Start) -> None:
    """Run the engine; SIGINT and SIGTERM cancel it, so that it ends cleanly."""
    received: list[str] = []
    with _cancelled_by_signals(received):
        try:
            await engine.execute()
        except asyncio.CancelledError:
            if not received:
                raise
            raise _InterruptedError(received[0]) from None
        finally:
            await _closed(start)


async def _closed(start: Start) -> None:
    if start.judge is not None:
        await start.judge.close()
    await start.journal.close()


@contextmanager
def _cancelled_by_signals(received: list[str]) -> Generator[None]:
    """Have signals cancel this task, and their names put into `received`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine that runs has a task

    def cancel(number: signal.Signals) -> None:
        received.append(number.name)
        task.cancel()

    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        loop.add_signal_handler(number, cancel, number)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            # The loop leaves the system's default behind.
            signal.signal(number, handler or signal.SIG_DFL)
