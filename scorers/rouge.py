"""ROUGE-1, ROUGE-L and ROUGE-Lsum, by the rouge-score package."""

from __future__ import annotations

from typing import Any, Literal, cast

from ..core.config import Options
from ..core.errors import MissingExtraError
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .text import texts_of
from .turns import Rule, TurnReply, Verdict, always, grade_turns, label_of

Metric = Literal["rouge_1", "rouge_l", "rouge_lsum"]
_PACKAGE_NAMES: dict[Metric, str] = {
    "rouge_1": "rouge1",
    "rouge_l": "rougeL",
    "rouge_lsum": "rougeLsum",
}


class RougeOptions(Options, frozen=True):
    """Which ROUGE; `stemmer` compares word stems (Porter)."""

    name: str = "rouge"
    metric: Metric = "rouge_lsum"
    stemmer: bool = False


class RougeScorer:
    """`rouge_1`, `rouge_l` or `rouge_lsum`: F-measure against the nearest target."""

    Options = RougeOptions

    def __init__(self, options: RougeOptions) -> None:
        self._metric: Metric = options.metric
        self._rouge = Rouge(options.metric, stemmer=options.stemmer)
        self.label = label_of(options)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0."""
        rule = Rule((self._metric,), self._grade)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))

    def _grade(self, reply: TurnReply) -> Verdict:
        targets = texts_of(reply.turn.target)
        best = max(self._rouge.f_measure(reply.output, target) for target in targets)
        return Verdict(scores={self._metric: best}, answer=reply.output.strip())


class Rouge:
    """F-measure of what two texts share (Lin 2004, ROUGE: A Package for Automatic...).

    `rouge_1` counts common words. The others measure the longest common subsequence: `rouge_l`
    takes the whole text as one sequence, `rouge_lsum` the union over sentences, which newlines
    separate. Tokens are lower-case runs of ASCII letters and digits.
    """

    def __init__(self, metric: Metric, *, stemmer: bool = False) -> None:
        try:
            from rouge_score.rouge_scorer import RougeScorer as PackageScorer
        except ImportError:
            raise MissingExtraError("ROUGE", "rouge") from None
        self._name = _PACKAGE_NAMES[metric]
        self._scorer: Any = PackageScorer([self._name], use_stemmer=stemmer)

    def f_measure(self, prediction: str, reference: str) -> float:
        """Return the F-measure of `prediction` against `reference`, in [0, 1]."""
        return cast(float, self._scorer.score(reference, prediction)[self._name].fmeasure)
