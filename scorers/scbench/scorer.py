"""The scorer of SCBench: which rule grades which subtask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from ...core.config import Options
from ...core.errors import ConfigError
from ...core.prediction import Prediction
from ...core.sample import Sample, Turn
from ...core.score import Score
from ...core.suggest import did_you_mean
from ..turns import Rule, TurnReply, Verdict, grade_turns, label_of
from .chinese import fixed_char_f1, official_char_f1
from .choice import fixed_choice, official_choice
from .functions import parser_of
from .numbers import fixed_math_find, official_math_find, passkey
from .repoqa import (
    Function,
    bleu,
    functions_of_repo,
    golden_function,
    metadata_of,
    pass_at_1,
)
from .strings import contains, fixed_mention, fixed_recall, official_mention, official_recall
from .summary import rouge, rouge_lsum

Variant = Literal["official", "fixed"]
Candidates = Mapping[tuple[str, str], Iterable[Function]]

_REPOQA = "scbench_repoqa"
_SUMMARY = "scbench_summary"
_CONTAINS = Rule(("accuracy",), contains)
_SAME_IN_BOTH = {
    "scbench_kv": _CONTAINS,
    "scbench_prefix_suffix": _CONTAINS,
    "scbench_kv_hard": _CONTAINS,
    "scbench_kv_compressible": _CONTAINS,
    "scbench_hashhop": _CONTAINS,
    "scbench_passkey": Rule(("accuracy",), passkey),
    _SUMMARY: Rule(("rouge_lsum",), rouge_lsum),
}
_RULES: dict[Variant, dict[str, Rule]] = {
    "official": {
        **_SAME_IN_BOTH,
        "scbench_vt": Rule(("recall",), official_recall),
        "scbench_qa_eng": Rule(("accuracy",), official_mention),
        "scbench_many_shot": Rule(("accuracy",), official_mention),
        "scbench_qa_chn": Rule(("char_f1",), official_char_f1),
        "scbench_mf": Rule(("accuracy",), official_math_find),
        "scbench_choice_eng": Rule(("accuracy",), official_choice),
    },
    "fixed": {
        **_SAME_IN_BOTH,
        "scbench_vt": Rule(("recall",), fixed_recall),
        "scbench_qa_eng": Rule(("accuracy",), fixed_mention),
        "scbench_many_shot": Rule(("accuracy",), fixed_mention),
        "scbench_qa_chn": Rule(("char_f1",), fixed_char_f1),
        "scbench_mf": Rule(("accuracy",), fixed_math_find),
        "scbench_choice_eng": Rule(("accuracy",), fixed_choice),
    },
}


class SCBenchOptions(Options, frozen=True):
    """`official` reproduces the published scorer, bugs included; `fixed` mends them."""

    name: str = "scbench"
    variant: Variant = "official"


class SCBenchScorer:
    """Grades each turn by the rule of its subtask (else of the sample's task).

    Metrics: `accuracy` (kv, prefix_suffix, kv_hard, hashhop, mf, many_shot, qa_eng, choice_eng,
    passkey), `recall` (vt), `char_f1` (qa_chn), `rouge_lsum` (summary), `pass@1` (repoqa).

    Source of the `official` rules: `compute_scores.py` and `repo_qa_utils.py` in the folder
    `scbench` of microsoft/MInference, commit fb56c91. What `fixed` changes is said at each rule;
    besides, it takes RepoQA's candidates from the whole official file instead of the rows that are
    graded, so that a subset is not easier than the whole.
    """

    Options = SCBenchOptions

    def __init__(self, options: SCBenchOptions, candidates: Candidates | None = None) -> None:
        self._options = options
        self._candidates = candidates
        self.label = label_of(options, shown=("variant",))

    def prepared(self, samples: Iterable[Sample]) -> SCBenchScorer:
        """Return a scorer that knows the functions asked for in `samples`, by task and repository.

        Raises ConfigError for a subtask that is none of SCBench, DataError, MissingExtraError.
        """
        candidates: dict[tuple[str, str], dict[Function, None]] = {}
        for sample in samples:
            for turn in sample.turns:
                subtask = turn.subtask or sample.task
                self._rule_of(sample, turn)
                if subtask == _SUMMARY:
                    rouge()
                if subtask == _REPOQA:
                    parser_of(metadata_of(sample, "lang"))
                    candidates.setdefault(_repo_key(sample), {})[golden_function(turn)] = None
        if candidates:
            bleu()
        return SCBenchScorer(self._options, candidates)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0 in every metric. Raises ConfigError, DataError."""
        return await grade_turns(sample, prediction, label=self.label, rule_of=self._rule_of)

    def _rule_of(self, sample: Sample, turn: Turn) -> Rule:
        subtask = turn.subtask or sample.task
        if subtask == _REPOQA:
            return Rule(("pass@1",), self._grade_function)
        rules = _RULES[self._options.variant]
        if subtask not in rules:
            raise ConfigError(
                f"scorer scbench has no rule for {subtask!r}: "
                + did_you_mean(subtask, [*rules, _REPOQA])
            )
        return rules[subtask]

    async def _grade_function(self, reply: TurnReply) -> Verdict:
        return await pass_at_1(reply, self._candidates_of(reply.sample))

    def _candidates_of(self, sample: Sample) -> Iterable[Function]:
        whole_file = functions_of_repo(sample) if self._options.variant == "fixed" else ()
        if whole_file:
            return whole_file
        if self._candidates is None:
            raise ConfigError("scorer scbench must be prepared with all samples to grade RepoQA")
        return self._candidates.get(_repo_key(sample), ())


def _repo_key(sample: Sample) -> tuple[str, str]:
    return sample.task, metadata_of(sample, "repo")
