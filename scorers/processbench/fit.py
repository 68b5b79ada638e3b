"""A scorer whose threshold is fitted to the solutions of one subset."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from ...core.errors import ConfigError
from ...core.interfaces import Scorer
from ...core.prediction import Prediction
from ...core.sample import Sample
from .steps import NO_ERROR, step_scores
from .threshold import JudgedSolution, best_threshold

# Kinds of solutions, by whether no step is wrong.
_KINDS = {False: "erroneous", True: "correct"}


class ThresholdFit:
    """Finds the threshold with the highest F1 on the subset `fit_on`, for all subsets.

    `scorer_with` makes the scorer of a threshold. Source: arXiv 2412.06559, on models of Skywork.
    """

    def __init__(self, label: str, fit_on: str, scorer_with: Callable[[float], Scorer]) -> None:
        self.label = label
        self._fit_on = fit_on
        self._scorer_with = scorer_with

    def fitted(self, predicted: Iterable[tuple[Sample, Prediction]]) -> Scorer:
        """Return the scorer with the fitted threshold.

        Raises ConfigError where scores of either kind of solutions are missing.
        """
        solutions = [
            JudgedSolution(
                step_scores(prediction, len(sample.turns)),
                len(sample.turns),
                sample.turns[-1].target,
            )
            for sample, prediction in predicted
            if sample.task == self._fit_on and is_judged_by_steps(sample)
        ]
        scored = any(math.isfinite(score) for one in solutions for score in one.scores)
        refuse_one_sided([one.label for one in solutions] if scored else [], self._fit_on)
        return self._scorer_with(best_threshold(solutions))


def is_judged_by_steps(sample: Sample) -> bool:
    """Tell whether the steps of a solution are judged one by one, and not the whole of it."""
    last = sample.turns[-1]
    return len(sample.turns) > 1 or bool(last.reference or last.choices)


def refuse_one_sided(labels: Sequence[int], task: str) -> None:
    """Raise ConfigError unless there are labels of erroneous and of correct solutions."""
    present = {label == NO_ERROR for label in labels}
    missing = [name for side, name in _KINDS.items() if side not in present]
    if missing:
        raise ConfigError(
            f"scorer.threshold=fit needs scores of steps of {task}, and has none of its "
            f"{' and '.join(missing)} solutions; grade those too, name another subset with "
            "scorer.fit_on=NAME, or set scorer.threshold=NUMBER"
        )
