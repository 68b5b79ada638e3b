"""The scorer of ProcessBench: whether the step that a model names is the first wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from ...core.config import Options
from ...core.errors import ConfigError
from ...core.interfaces import FittedScorer, Scorer
from ...core.prediction import Prediction
from ...core.sample import Sample
from ...core.score import Score, Status, TurnScore
from ..turns import Rule, TurnReply, Verdict, always, grade_turns, label_of
from .critiques import Variant, fixed_answer, index_of, official_answer
from .fit import ThresholdFit, is_judged_by_steps, refuse_one_sided
from .steps import first_wrong, step_scores

METRIC = "match"
_FIT_ON = "gsm8k"


class ProcessBenchOptions(Options, frozen=True):
    """How critiques are read, and above which score (of 0 to 1) a step is right.

    `official` reproduces the published script; `fixed` also reads indices in words, in LaTeX and in
    nested boxes. With the threshold `fit`, it is that with the highest F1 on the subset `fit_on`.
    """

    name: str = "processbench"
    variant: Variant = "official"
    threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] | Literal["fit"] = 0.5
    fit_on: str = _FIT_ON


class ProcessBenchScorer:
    """`match`: 1 if the predicted index equals the label, else 0; -1 stands for no error.

    Of a critique, the index is what its last box holds, as Python's `int` reads it. Several
    critiques of a solution vote, each with the text in its box: with `official` "2" and "02" are
    different, texts that are no numbers vote too, and of equal numbers the first seen wins.

    Of a solution that was judged step by step, it is the first step judged wrong. Steps behind it
    do not count.

    Source: `main` of run_eval.py and `single_process` of run_eval_prm_rlhflow.py of
    QwenLM/ProcessBench, commit e802463.
    """

    Options = ProcessBenchOptions

    def __init__(self, options: ProcessBenchOptions, *, is_fitted: bool = False) -> None:
        """`is_fitted` says that the threshold was fitted, as the label shall tell."""
        self._options = options
        self.label = _label(options, is_fitted=is_fitted)

    def prepared(self, samples: Iterable[Sample]) -> Scorer | FittedScorer:
        """Return the scorer; or what fits its threshold first, for which `samples` are read.

        Raises ConfigError when they hold nothing to fit it to.
        """
        options = self._options
        if options.threshold != "fit":
            return self
        fitting = (s for s in samples if s.task == options.fit_on and is_judged_by_steps(s))
        refuse_one_sided([sample.turns[-1].target for sample in fitting], options.fit_on)
        return ThresholdFit(self.label, options.fit_on, self._with_threshold)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade one critique, several that vote, or the judgements of a solution's steps.

        Raises ConfigError for the latter while the threshold is yet to be fitted.
        """
        if is_judged_by_steps(sample):
            return self._score_steps(sample, prediction)
        rule = Rule((METRIC,), self._grade)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))

    def _with_threshold(self, threshold: float) -> ProcessBenchScorer:
        options = msgspec.structs.replace(self._options, threshold=threshold)
        return ProcessBenchScorer(options, is_fitted=True)

    def _grade(self, reply: TurnReply) -> Verdict:
        read = official_answer if self._options.variant == "official" else fixed_answer
        answer = read(reply.output)
        value = float(index_of(answer) == reply.turn.target)
        return Verdict(scores={METRIC: value}, answer=answer, parsed=answer is not None)

    def _score_steps(self, sample: Sample, prediction: Prediction) -> Score:
        threshold, steps = self._options.threshold, len(sample.turns)
        if threshold == "fit":
            raise ConfigError("scorer.threshold=fit: a prediction alone has no threshold yet")
        index = first_wrong(step_scores(prediction, steps), steps, threshold)
        scores: dict[str, float | None] = {METRIC: float(index == sample.turns[-1].target)}
        status = _status(prediction, index)
        verdict = TurnScore(turn=0, scores=scores, status=status, answer=index)
        return Score(
            id=prediction.id,
            scorer=self.label,
            scores=scores,
            answer=index,
            status=status,
            sample_id=prediction.sample_id,
            epoch=prediction.epoch,
            task=prediction.task,
            group=prediction.group,
            turns=(verdict,),
            labels=sample.labels,
        )


def _label(options: ProcessBenchOptions, *, is_fitted: bool) -> str:
    """Return the label, which names `fit_on` where that is what the threshold comes from."""
    if is_fitted:
        return label_of(options, shown=("variant", "threshold", "fit_on"))
    if options.threshold != "fit":
        options = msgspec.structs.replace(options, fit_on=_FIT_ON)
    return label_of(options, shown=("variant",))


def _status(prediction: Prediction, index: int | None) -> Status:
    if any(record.stop_reason == "refused" for record in prediction.turns):
        return "refused"
    if not any(output.strip() for output in prediction.outputs):
        return "empty"
    return "unparsed" if index is None else "ok"
