"""The scorer of ToolBench: whether answers pass, and whether they are better than others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import msgspec

from ...core.config import Options, Positive
from ...core.exchange import SampleKey, Sampling
from ...core.interfaces import Endpoint
from ...core.prediction import Prediction
from ...core.sample import Sample
from ...core.score import Score
from ..plays import grade_play
from ..structured import outcome_of
from ..turns import label_of
from ..verdict import Verdict
from .answers import Answer, MalformedError, parse_answer
from .judge import Asks, Judge, NoVerdictError
from .passing import judge_passes
from .preference import Comparison, Side, Variant
from .reference import References

PASSED = "pass_rate"
SOLVED = "solvable_pass_rate"
WIN = "win_rate"
TIE = "tie_rate"
UNANSWERED = "unanswered_calls"

# Who answers calls that go to no tool at all, in the outcome of a play.
_NO_TOOLS = ("finish", "unknown tool")
_NOBODY = "unavailable"


class ToolEvalOptions(Options, frozen=True):
    """How the judge is asked, how often, and what answers are compared with.

    - `repeats`: votes on each answer, and on each comparison.
    - `asks`: `call`, by a function that the judge calls; `json`, for an object in its text.
    - `reference`: answers to compare with, see `References`; null: there is no win rate.
    - `stored`: comparisons use what is known of whether the answers are solved, and ask no more.
    - `seed`: for coins, orders and the judge's own draws.
    """

    name: str = "tooleval"
    variant: Variant = "official"
    repeats: Positive = 7
    asks: Asks = "call"
    reference: str | None = None
    stored: bool = True
    seed: int = 0
    temperature: Annotated[float, msgspec.Meta(ge=0)] = 0.2
    max_tokens: Positive = 1000


class ToolEvalScorer:
    """ToolEval of ToolBench, for answer files, converted answers, and plays of react and dfsdt.

    - `pass_rate`: 1 if as many votes pass the answer as fail it, or more.
    - `solvable_pass_rate`: StableToolBench's: 1 where the judge finds the query solved, 0.5 where
      it is unsure, the mean of the votes.
    - `win_rate` and `tie_rate`, with a reference: 1 if the answer gets more votes than the
      reference's, or as many.
    - `unanswered_calls`, of plays: which part of the calls of tools nobody answered, for no
      response was stored and no model stood in for the tool.

    An answer whose last call is not Finish fails without being asked about. What is no answer at
    all fails, too, and loses. Without a verdict that can be read in three replies there is none.

    Source: tooleval of OpenBMB/ToolBench, commit d56fdd8, and of THUNLP-MT/StableToolBench, commit
    aa4ed9f.
    """

    Options = ToolEvalOptions
    needs_judge = True

    def __init__(self, options: ToolEvalOptions, judge: Endpoint) -> None:
        """Raise ConfigError when there is nothing at `reference`."""
        self._options = options
        self._judge = judge
        self._references = None
        if options.reference is not None:
            self._references = References(Path(options.reference))
        self.label = label_of(options, shown=("variant",))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade an answer. Raises EndpointError."""
        compared = (WIN, TIE) if self._references else ()
        metrics = (PASSED, SOLVED, *compared)
        return await grade_play(sample, prediction, self._grade, label=self.label, metrics=metrics)

    async def _grade(self, sample: Sample, prediction: Prediction) -> Verdict:
        verdict = await self._verdict(sample, prediction)
        scores = {**verdict.scores, **_unanswered(prediction)}
        return msgspec.structs.replace(verdict, scores=scores)

    async def _verdict(self, sample: Sample, prediction: Prediction) -> Verdict:
        seed = f"{self._options.seed}/{prediction.id}"
        judge = self._asked(sample, prediction.epoch, seed)
        answer = _answer(prediction, seed)
        if answer is None:
            return self._nothing()
        try:
            return await self._judged(sample, answer, judge, seed)
        except NoVerdictError as error:
            metrics = self._nothing().scores
            return Verdict(
                scores=dict.fromkeys(metrics),
                answer=answer.final_answer,
                explanation=str(error),
                parsed=False,
                usage=judge.usage,
            )

    async def _judged(self, sample: Sample, answer: Answer, judge: Judge, seed: str) -> Verdict:
        repeats = self._options.repeats
        passes = await judge_passes(answer, judge, repeats, f"{seed}/candidate")
        scores: dict[str, float | None] = {PASSED: float(passes.passed), SOLVED: passes.solved}
        told: dict[str, Any] = {"votes": passes.votes, "label": passes.label}
        if self._references is not None:
            reference = self._references.answer(sample, f"{seed}/reference")
            wins = await self._wins(reference, Side(answer, passes), judge, seed)
            scores |= {WIN: float(2 * wins > repeats), TIE: float(2 * wins == repeats)}
            told["wins"] = wins
        return Verdict(
            scores=scores,
            answer=answer.final_answer,
            explanation=msgspec.json.encode(told).decode(),
            usage=judge.usage,
        )

    async def _wins(
        self, reference: Answer | None, candidate: Side, judge: Judge, seed: str
    ) -> int:
        """Return the votes for the candidate; a reference without an answer gets none."""
        repeats = self._options.repeats
        if reference is None:
            return repeats
        passes = await judge_passes(reference, judge, repeats, f"{seed}/reference")
        comparison = Comparison(judge, self._options.variant, self._options.stored, seed)
        return await comparison.wins(Side(reference, passes), candidate, repeats)

    def _asked(self, sample: Sample, epoch: int, seed: str) -> Judge:
        options = self._options
        key = SampleKey(sample.id, epoch, sample.row, sample.row_id)
        sampling = Sampling(temperature=options.temperature, max_tokens=options.max_tokens)
        return Judge(self._judge, key, options.asks, sampling, seed)

    def _nothing(self) -> Verdict:
        scores: dict[str, float | None] = {PASSED: 0.0, SOLVED: 0.0}
        if self._references is not None:
            scores |= {WIN: 0.0, TIE: 0.0}
        return Verdict(scores=scores, parsed=False)


def _answer(prediction: Prediction, seed: str) -> Answer | None:
    outcome = outcome_of(prediction)
    if outcome is None:
        return None
    try:
        return parse_answer(outcome, f"{seed}/converted")
    except MalformedError:
        return None


def _unanswered(prediction: Prediction) -> dict[str, float]:
    """Return how many of the calls of tools nobody answered, where a play counted them."""
    counted = (outcome_of(prediction) or {}).get("tool_sources")
    if not isinstance(counted, dict):
        return {}
    calls = cast("dict[str, int]", counted)
    asked = sum(number for source, number in calls.items() if source not in _NO_TOOLS)
    return {UNANSWERED: calls.get(_NOBODY, 0) / asked if asked else 0.0}
