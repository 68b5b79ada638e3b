"""Runs from configuration to table: prepare, perform, conclude."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from ..core.config import Config
from ..core.errors import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_OK,
    ConfigError,
    EvalrunError,
    StoreError,
)
from ..core.hashing import sha256_of
from ..core.interfaces import Described, Endpoint, FittedScorer, Model, Problem, Scorer
from ..core.prediction import Prediction
from ..core.redact import redact_config
from ..core.score import Score
from . import event_loop
from .build import (
    Parts,
    build_judge,
    build_parts,
    model_problems,
    ready_scorer,
    sandbox_problems,
)
from .company import company
from .engine import Engine, Work
from .fitting import FittedEngine, engine_for
from .folder import RunFolder, write_atomically
from .formats.markdown import markdown_table
from .journal.endpoint import JournaledEndpoint
from .journal.journal import Journal
from .located import located
from .lock import held
from .log import read_log
from .notices import Notices
from .plan import Plan, make_plan, selected
from .progress import Progress
from .results import Labels, Results, aggregate, read_results
from .serving import Serving, most_asked
from .status import State, Status, now, read_status, write_status
from .tables.results import run_table
from .versions import software


class ProblemsError(ConfigError):
    """Things that would stop a run, all found before anything is loaded."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class Prepared(msgspec.Struct, frozen=True):
    """A run that can start: its parts, its folder, how it stands and what it will ask.

    There is no plan for a complete run.
    """

    config: Config
    parts: Parts
    folder: RunFolder
    provenance: dict[str, Any]
    status: Status | None
    plan: Plan | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the same command finished before."""
        return (
            self.status is not None
            and self.status.is_complete_for(_graders(self.config), self.config.table)
            and self.folder.results.exists()
        )


class Finished(msgspec.Struct, frozen=True):
    """A run as it ended: `results` is what could be aggregated."""

    folder: RunFolder
    results: Results
    exit_code: int
    reason: str | None = None


def prepare(configs: Sequence[Config], models: dict[str, Model] | None = None) -> list[Prepared]:
    """Return the runs of `configs`, ready to start; their samples have been read once.

    Runs prepared with the same `models` share what they load. Raises ProblemsError with everything
    that is missing, ConfigError for the first faulty key, DataError for the first malformed row.
    """
    models = {} if models is None else models
    prepared: list[Prepared] = []
    problems: dict[Problem, None] = {}
    for config in configs:
        parts = build_parts(config, models)
        missing = grading_problems(config, parts)
        if not missing:
            run = _located(config, parts)
            prepared.append(run)
            if run.is_complete:
                continue
        problems.update(dict.fromkeys([*missing, *model_problems(parts)]))
    if problems:
        raise ProblemsError(list(problems))
    return _planned(prepared)


def perform(run: Prepared, *, quiet: bool = False, generate: bool = True) -> Finished:
    """Bring a prepared run to its table; what an earlier start finished is kept.

    Without `generate`, stored predictions are graded and nothing is asked. Raises EvalrunError for
    what stops it before its first sample; later troubles are told in the answer, with the results
    so far.
    """
    if generate and run.is_complete:
        return Finished(run.folder, read_results(run.folder), EXIT_OK)
    plan = run.plan or make_plan(run.parts.benchmark, run.config.run)
    run.folder.create()
    with held(run.folder.path):
        return _perform_held(run, plan, quiet=quiet, generate=generate)


def grade_also(
    run: Prepared, other_of: Callable[[Scorer | FittedScorer], Scorer | None], *, quiet: bool
) -> End | None:
    """Have stored predictions graded by another scorer, made of the run's own; None without one.

    Its verdicts stand beside the others, by its own label; results stay as they are. Raises
    EvalrunError for what stops it before its first sample.
    """
    run.folder.create()
    with held(run.folder.path):
        progress = Progress(0, f"{_heading(run)} again", quiet=quiet)
        serving, journal = (
            Serving(run.config.run, Notices(progress.tell)),
            Journal(run.folder.calls),
        )
        judge = _judge(run.config, serving, journal)
        asked = selected(run.parts.benchmark, run.config.run)
        scorer = other_of(ready_scorer(run.config, judge, asked))
        if scorer is None:
            _execute(_closed(judge, journal), progress)
            return None
        engine = engine_for(_work(run, serving, journal, generate=False), scorer, progress)
        end = _execute(_until_interrupted(engine, judge, journal), progress)
        serving.close()
    return end


def grading_problems(config: Config, parts: Parts) -> list[Problem]:
    """Return what keeps samples from being read or replies from being graded."""
    judge = build_judge(config)
    judging = judge.problems(None) if judge else ()
    return [*parts.benchmark.problems(), *judging, *sandbox_problems(config, parts.benchmark)]


def _located(config: Config, parts: Parts) -> Prepared:
    place = located(config, parts)
    return Prepared(config, parts, place.folder, place.provenance, read_status(place.folder))


def _planned(runs: Sequence[Prepared]) -> list[Prepared]:
    """Plan what is not complete; runs over the same samples share one reading of them."""
    plans: dict[str, Plan] = {}
    planned: list[Prepared] = []
    for run in runs:
        if not run.is_complete:
            key = sha256_of([run.config.benchmark, run.config.run])
            if key not in plans:
                plans[key] = make_plan(run.parts.benchmark, run.config.run)
            planned.append(msgspec.structs.replace(run, plan=plans[key]))
        else:
            planned.append(run)
    return planned


def _perform_held(run: Prepared, plan: Plan, *, quiet: bool, generate: bool) -> Finished:
    started = time.monotonic()
    progress = Progress(plan.total, _heading(run), quiet=quiet)
    notices = Notices(progress.tell)
    if generate and isinstance(run.parts.protocol, Described):
        for text in run.parts.protocol.notices():
            notices.say(text)
    serving = Serving(run.config.run, notices)
    progress.state = serving.state
    journal = Journal(run.folder.calls)
    judge = _judge(run.config, serving, journal)
    asked = selected(run.parts.benchmark, run.config.run)
    scorer = ready_scorer(run.config, judge, asked)
    status = _begun(run, plan)
    run.folder.write_config(run.config)
    write_status(run.folder, status)
    work = _work(run, serving, journal, generate=generate)
    engine = engine_for(work, scorer, progress)
    end = _execute(_until_interrupted(engine, judge, journal), progress)
    serving.close()
    try:
        labels = _labels(run, engine.label)
        results = conclude(run.folder, labels, plan, run.config)
    except StoreError as error:
        # What stopped the run says more than that its results cannot be written either.
        raise StoreError(end.reason or str(error)) from None
    if end.state == "complete" and not results.is_complete:
        end = End("failed_samples", EXIT_FAILED)
    ended = msgspec.structs.replace(
        status,
        state=end.state,
        reason=end.reason,
        environment=engine.environment() or status.environment,
        finished_at=now(),
        notices=tuple(notices.told),
        wall_s=round(status.wall_s + time.monotonic() - started, 3),
    )
    write_status(run.folder, ended)
    return Finished(run.folder, results, end.exit_code, end.reason)


class End(msgspec.Struct, frozen=True):
    """How the engine ended."""

    state: State
    exit_code: int
    reason: str | None = None


def _judge(config: Config, serving: Serving, journal: Journal) -> Endpoint | None:
    """Return who judges, if the scorer asks anyone."""
    model = build_judge(config)
    if model is None:
        return None
    return JournaledEndpoint(serving.other(model), journal, "judge", counted=True)


def _execute(work: Coroutine[Any, Any, None], progress: Progress) -> End:
    try:
        event_loop.run(work)
    except (asyncio.CancelledError, KeyboardInterrupt):
        return End("interrupted", EXIT_INTERRUPTED, "interrupted; run again to resume")
    except EvalrunError as error:
        return End("failed", error.exit_code, str(error))
    finally:
        progress.close()
    return End("complete", EXIT_OK)


def _work(run: Prepared, serving: Serving, journal: Journal, *, generate: bool) -> Work:
    return Work(
        config=run.config,
        folder=run.folder,
        benchmark=run.parts.benchmark,
        company=(lambda: company(run.parts, run.config, serving, journal)) if generate else None,
        most_asked=most_asked(run.config.run),
    )


def conclude(folder: RunFolder, labels: Labels, plan: Plan, config: Config) -> Results:
    """Aggregate what a folder holds, and write `results.json` and `table.md`."""
    scores = (score for _, score in read_log(folder.scores, Score))
    predictions = (prediction for _, prediction in read_log(folder.predictions, Prediction))
    results = aggregate(scores, predictions, labels, plan, config.table)
    text = msgspec.json.format(msgspec.json.encode(results), indent=2).decode()
    write_atomically(folder.results, text + "\n")
    write_atomically(folder.table, markdown_table(run_table(results)))
    return results


def _heading(run: Prepared) -> str:
    config = run.config
    model = config.model.get("name", "model")
    return f"{model} {run.parts.kv.label} {config.protocol['name']}"


def _labels(run: Prepared, scorer: str) -> Labels:
    config = run.config
    return Labels(
        recipe=config.recipe.name,
        model=str(config.model.get("name", "model")),
        kv=run.parts.kv.label,
        protocol=str(getattr(run.parts.protocol, "label", config.protocol["name"])),
        scorer=scorer,
        prompts=run.provenance.get("data", {}).get("prompts"),
    )


def _begun(run: Prepared, plan: Plan) -> Status:
    earlier = run.status
    return Status(
        state="running",
        started_at=earlier.started_at if earlier else now(),
        kv=run.parts.kv.label,
        graded_by=_graders(run.config),
        provenance=run.provenance,
        versions=software(),
        table=run.config.table,
        plan=plan,
        environment=earlier.environment if earlier else None,
        wall_s=earlier.wall_s if earlier else 0.0,
    )


def _graders(config: Config) -> dict[str, Any]:
    return redact_config({"scorer": config.scorer, "judge": config.judge})


async def _until_interrupted(
    engine: Engine | FittedEngine, judge: Endpoint | None, journal: Journal
) -> None:
    """Run the engine; SIGINT and SIGTERM cancel it, so that it ends cleanly."""
    with _cancelled_by_signals():
        try:
            await engine.execute()
        finally:
            await _closed(judge, journal)


async def _closed(judge: Endpoint | None, journal: Journal) -> None:
    if judge is not None:
        await judge.close()
    await journal.close()


@contextmanager
def _cancelled_by_signals() -> Generator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine that runs has a task
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
