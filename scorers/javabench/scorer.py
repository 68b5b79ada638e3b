"""The scorer of JavaBench: completion, compilation and tests passed, by class and by test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...core.config import Options
from ...core.errors import DataError
from ...core.prediction import Prediction
from ...core.sample import Sample
from ...core.sandbox import Sandbox
from ...core.score import Score
from ..java.methods import parser
from ..java.project import Trial
from ..java.toolchain import Toolchain
from ..turns import Rule, TurnReply, Verdict, always, grade_turns, label_of
from .completion import Completion, Variant, completion
from .targets import Target, targets_of, task_of
from .trials import Reference, Trials

# The first one stands for the benchmark.
METRICS = ("pass", "compilation", "completion")

Classes = Mapping[tuple[str, int], Completion]
"""The completed classes of a run, by sample and epoch."""


class JavaBenchOptions(Options, frozen=True):
    """`official` reads replies as published, `fixed` less narrowly.

    `jars` is a folder with JUnit, Mockito and annotations, instead of Debian's packages.
    """

    name: str = "javabench"
    variant: Variant = "official"
    jars: str | None = None


class JavaBenchScorer:
    """Gathers the classes of all replies, for tests need several of them; see `ProjectGrader`."""

    Options = JavaBenchOptions
    needs_sandbox = True

    def __init__(self, options: JavaBenchOptions, *, sandbox: Sandbox) -> None:
        """Make sure that Java can be read. Raises MissingExtraError."""
        parser()
        self.label = label_of(options, shown=("variant",))
        self._variant: Variant = options.variant
        jars = None if options.jars is None else Path(options.jars).resolve()
        self._trials = Trials(sandbox, Toolchain(jars))

    def fitted(self, predicted: Iterable[tuple[Sample, Prediction]]) -> ProjectGrader:
        """Return what grades replies beside each other.

        Raises DataError for several replies to one sample.
        """
        classes: dict[tuple[str, int], Completion] = {}
        for sample, prediction in predicted:
            skeleton = task_of(sample).skeleton
            reply = _only_reply(prediction)
            classes[sample.id, prediction.epoch] = completion(reply, skeleton, self._variant)
        return ProjectGrader(self.label, self._trials, classes)


class ProjectGrader:
    """Grades the class of a reply, and the tests that the benchmark put down to its sample.

    - `completion`: 1 if the class, or each that is replaced, can be placed and has no method left
      unwritten (`Completion.is_complete`).
    - `compilation`: 1 if, moreover, the reference project compiles with what is replaced.
    - `pass`: then, the share of the tests that pass: of all (class by class, or the project with
      every class replaced), or of one suite with all classes replaced that it depends on.

    A sample with an incomplete class counts 0, so nothing is compiled for it: that the official
    script then tests the reference's file, or the one of the sample before, shows in its records
    and in no score.

    Source: evaluation.py and paper_plot/visual_table.py of java-bench/JavaBench, commit 0551d7b.
    """

    def __init__(self, label: str, trials: Trials, classes: Classes) -> None:
        self.label = label
        self._trials = trials
        self._classes = classes

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade a reply, and what it makes possible with the others of its epoch."""
        _only_reply(prediction)
        rule = Rule(METRICS, self._grade)
        score = await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))
        return self._to_be_graded_again(score, _targets(sample))

    async def _grade(self, reply: TurnReply) -> Sequence[Verdict]:
        project = task_of(reply.sample).project
        targets = _targets(reply.sample)
        return [await self._verdict(target, project, reply.epoch) for target in targets]

    async def _verdict(self, target: Target, project: str, epoch: int) -> Verdict:
        lacking = self._lacking(target, epoch)
        if lacking:
            reason = f"lacks replies to {', '.join(lacking)}"
            return Verdict(scores=dict.fromkeys(METRICS), explanation=reason)
        classes = {name: self._classes[name, epoch] for name in target.files}
        incomplete = [name for name, one in classes.items() if not one.is_complete]
        if incomplete:
            return _incomplete(target, classes, incomplete)
        return await self._tested(target, classes, project)

    async def _tested(
        self, target: Target, classes: Mapping[str, Completion], project: str
    ) -> Verdict:
        reference = await self._trials.reference(project)
        files = {target.files[name]: one.file or "" for name, one in classes.items()}
        if target.suite is None:
            trial = await self._trials.all_tests(project, files)
        else:
            trial = await self._trials.one_suite(project, files, target.suite)
        compiles = float(not trial.errors)
        scores: dict[str, float | None] = {
            "pass": trial.tally.share,
            "compilation": compiles,
            "completion": 1.0,
        }
        answer = _told(target, trial, reference)
        return Verdict(scores=scores, answer=answer, explanation=_why(trial))

    def _lacking(self, target: Target, epoch: int) -> list[str]:
        return [name for name in target.files if (name, epoch) not in self._classes]

    def _to_be_graded_again(self, score: Score, targets: Sequence[Target]) -> Score:
        """Return `score` as an error of the scorer where other replies are lacking.

        Then a run that is resumed, and has them, grades it again.
        """
        turns = tuple(
            msgspec.structs.replace(turn, status="scorer_error")
            if turn.scores["pass"] is None and self._lacking(target, score.epoch)
            else turn
            for turn, target in zip(score.turns, targets, strict=True)
        )
        if turns == score.turns:
            return score
        return msgspec.structs.replace(score, turns=turns, status="scorer_error")


def _targets(sample: Sample) -> list[Target]:
    (turn,) = sample.turns
    return targets_of(turn.target, turn.answers)


def _only_reply(prediction: Prediction) -> str:
    if len(prediction.outputs) > 1:
        raise DataError(
            f"prediction {prediction.id}: {len(prediction.outputs)} replies; a class has one in "
            "each epoch, so give each a line with its epoch"
        )
    return "".join(prediction.outputs)


def _incomplete(
    target: Target, classes: Mapping[str, Completion], incomplete: Sequence[str]
) -> Verdict:
    without = [name for name in incomplete if classes[name].file is None]
    unwritten = [name for name in incomplete if classes[name].file is not None]
    why = [f"no class in the reply to {name}" for name in without]
    why += [f"a method left unwritten in {name}" for name in unwritten]
    answer = {"id": target.id, "can_replace": not without, "has_todo": bool(unwritten)}
    return Verdict(
        scores=dict.fromkeys(METRICS, 0.0),
        answer=answer,
        explanation="; ".join(why),
        parsed=not without,
    )


def _told(target: Target, trial: Trial, reference: Reference) -> dict[str, Any]:
    """Return what became of a trial, and how many tests the reference itself passes."""
    tallies = reference.trial.tallies
    own = tallies.get(target.suite) if target.suite else reference.trial.tally
    return {
        "id": target.id,
        "can_replace": True,
        "has_todo": False,
        "compile_errors": trial.errors,
        "passed": trial.tally.passed,
        "total": trial.tally.total,
        "reference_passed": own.passed if own else 0,
        "reference_total": own.total if own else 0,
    }


def _why(trial: Trial) -> str | None:
    ended = [f"{suite}: {ending}" for suite, ending in trial.endings.items()]
    return trial.error or "; ".join(ended) or None
