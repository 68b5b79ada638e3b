"""Runs from configuration to table: prepare, perform."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import msgspec

from ..core.config import Config
from ..core.errors import EXIT_OK, ConfigError
from ..core.hashing import sha256_of
from ..core.interfaces import FittedScorer, Model, Problem, Scorer
from ..core.shard import parse_shard
from .build import Parts, build_judge, build_parts, model_problems, sandbox_problems
from .folder import RunFolder
from .located import located
from .lock import held
from .plan import Plan, make_plan
from .playing import Played, Scope, call_off, heading_of, play, start_of
from .prefetch.elsewhere import compute_node_problems
from .prepared import Finished, Prepared
from .results import read_results
from .shards.folders import refuse_beside
from .shards.leftovers import gather_left
from .shards.performing import perform_shard
from .status import read_status
from .whole import perform_whole


class ProblemsError(ConfigError):
    """Things that would stop a run, all found before anything is loaded."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def prepare(
    configs: Sequence[Config], models: dict[str, Model] | None = None, *, elsewhere: bool = False
) -> list[Prepared]:
    """Return the runs of `configs`, ready to start; their samples have been read once.

    Runs prepared with the same `models` share what they load. Where they take place `elsewhere`, it
    does not matter what this machine alone lacks. Raises ProblemsError with everything that is
    missing, ConfigError for the first faulty key, DataError for the first malformed row.
    """
    stopping = compute_node_problems if elsewhere else list[Problem]
    models = {} if models is None else models
    prepared: list[Prepared] = []
    problems: dict[Problem, None] = {}
    for config in configs:
        parts = build_parts(config, models)
        missing = stopping(grading_problems(config, parts))
        if not missing:
            run = _located(config, parts)
            prepared.append(run)
            if run.is_complete:
                continue
        problems.update(dict.fromkeys([*missing, *stopping(model_problems(parts))]))
    if problems:
        raise ProblemsError(list(problems))
    return _planned(prepared)


def perform(run: Prepared, *, quiet: bool = False, generate: bool = True) -> Finished:
    """Bring a prepared run, or its shard, to its table; what an earlier start finished is kept.

    Without `generate`, stored predictions are graded and nothing is asked. Raises EvalrunError for
    what stops it before its first sample; later troubles are told in the answer, with the results
    so far.
    """
    if generate and run.is_complete:
        return Finished(run.folder, read_results(run.folder), EXIT_OK)
    plan = run.plan or make_plan(run.parts.benchmark, run.config.run)
    run.folder.create()
    if generate and run.config.run.shard is not None:
        return perform_shard(run, plan, parse_shard(run.config.run.shard), quiet=quiet)
    with _held_whole(run.folder):
        return perform_whole(run, plan, quiet=quiet, generate=generate)


def grade_also(
    run: Prepared, other_of: Callable[[Scorer | FittedScorer], Scorer | None], *, quiet: bool
) -> Played | None:
    """Have stored predictions graded by another scorer, made of the run's own; None without one.

    Its verdicts stand beside the others, by its own label; results stay as they are. Raises
    EvalrunError for what stops it before its first sample.
    """
    run.folder.create()
    with _held_whole(run.folder):
        scope = Scope(0, f"{heading_of(run)} again", generates=False, watched=False)
        start = start_of(run, scope, quiet=quiet)
        scorer = other_of(start.scorer)
        if scorer is None:
            call_off(start)
            return None
        return play(msgspec.structs.replace(start, scorer=scorer))


@contextmanager
def _held_whole(folder: RunFolder) -> Generator[None]:
    """Hold the folder of a run that nobody asks, with what shards left in it among its rows.

    Raises RunHeldError, StoreError, DataError.
    """
    with held(folder.path):
        refuse_beside(folder, gather_left(folder).live, None)
        yield


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
            options = run.config.run
            key = sha256_of([run.config.benchmark, options.limit, options.epochs])
            if key not in plans:
                plans[key] = make_plan(run.parts.benchmark, run.config.run)
            planned.append(msgspec.structs.replace(run, plan=plans[key]))
        else:
            planned.append(run)
    return planned
