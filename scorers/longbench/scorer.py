"""The scorer of LongBench: which rule grades which dataset."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Literal

import msgspec

from ...core.config import Options
from ...core.errors import ConfigError
from ...core.prediction import Prediction
from ...core.sample import Sample, Turn
from ...core.score import Score
from ...core.suggest import did_you_mean
from ..turns import Rule, TurnReply, Verdicts, grade_turns, label_of
from .classes import fixed_classes, official_classes
from .edits import EditRatio, edit_similarity, similarity_of
from .numbers import count, retrieval
from .overlap import rouge, rouge_l, token_f1

Variant = Literal["official", "fixed"]

_QUESTIONS = ("narrativeqa", "qasper", "multifieldqa_en", "hotpotqa", "2wikimqa", "musique")
_SUMMARIES = ("gov_report", "qmsum", "multi_news")
_CODE = ("lcc", "repobench-p")


class LongBenchOptions(Options, frozen=True):
    """How the published scorer is followed.

    `official` reproduces it, bugs included; `fixed` mends them. `edit_ratio` is what code is
    compared with: `difflib` where LongBench's own requirements are installed, `levenshtein` where
    python-Levenshtein is there too, as the authors of PyramidKV and WindowKV pin it.
    """

    name: str = "longbench"
    variant: Variant = "official"
    edit_ratio: EditRatio = "difflib"


class LongBenchScorer:
    """Grades each reply by the rule of its dataset, against the answer that gives most.

    Metrics: `f1` (questions, triviaqa), `rouge_l` (summaries, samsum), `accuracy` (trec,
    passage_count, passage_retrieval_en), `edit_similarity` (lcc, repobench-p). Of a reply in the
    few-shot datasets trec, triviaqa and samsum the first line counts.

    Source of the `official` rules: `metrics.py` and `eval.py` in the folder `LongBench` of
    THUDM/LongBench, commit 2e00731. What `fixed` changes is said at each rule.
    """

    Options = LongBenchOptions

    def __init__(self, options: LongBenchOptions) -> None:
        self._edit_ratio: EditRatio = options.edit_ratio
        self._rules = _rules(options)
        self.label = label_of(options, shown=("variant",))

    def prepared(self, samples: Iterable[Sample]) -> LongBenchScorer:
        """Load what the tasks of `samples` need, and return this scorer.

        Raises ConfigError for a task that is none of LongBench's, MissingExtraError.
        """
        for task in {sample.task for sample in samples}:
            rule = self._rule_of_task(task)
            if "rouge_l" in rule.metrics:
                rouge()
            if task in _CODE:
                similarity_of(self._edit_ratio)
        return self

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the reply; a blank one counts 0. Raises ConfigError."""
        return await grade_turns(sample, prediction, label=self.label, rule_of=self._rule_of)

    def _rule_of(self, sample: Sample, _turn: Turn) -> Rule:
        return self._rule_of_task(sample.task)

    def _rule_of_task(self, task: str) -> Rule:
        if task not in self._rules:
            near = did_you_mean(task, self._rules)
            raise ConfigError(f"scorer longbench has no rule for {task!r}: {near}")
        return self._rules[task]


def _rules(options: LongBenchOptions) -> dict[str, Rule]:
    f1, summary = Rule(("f1",), token_f1), Rule(("rouge_l",), rouge_l)
    classes = official_classes if options.variant == "official" else fixed_classes
    return {
        **dict.fromkeys(_QUESTIONS, f1),
        **dict.fromkeys(_SUMMARIES, summary),
        **dict.fromkeys(_CODE, Rule(("edit_similarity",), edit_similarity(options.edit_ratio))),
        "trec": _on_first_line(Rule(("accuracy",), classes)),
        "triviaqa": _on_first_line(f1),
        "samsum": _on_first_line(summary),
        "passage_count": Rule(("accuracy",), count),
        "passage_retrieval_en": Rule(("accuracy",), retrieval),
    }


def _on_first_line(rule: Rule) -> Rule:
    """Return `rule` on the first line of a reply alone, newlines at its start left out."""

    def grade(reply: TurnReply) -> Verdicts | Awaitable[Verdicts]:
        line = reply.output.lstrip("\n").split("\n")[0]
        return rule.grade(msgspec.structs.replace(reply, output=line))

    return msgspec.structs.replace(rule, grade=grade)
