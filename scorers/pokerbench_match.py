"""PokerBench's heads-up matches: chips won, in all and by the stage in which hands end."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..core.config import Options
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .plays import grade_play
from .structured import outcome_of
from .turns import label_of
from .verdict import Verdict

STAGES = ("preflop", "flop", "turn", "river")
METRICS = (
    "chips",
    "big_blinds",
    *(f"{stage}_{what}" for stage in STAGES for what in ("chips", "ended", "hand")),
)

# Both players begin each hand with 100 big blinds of two chips.
_ALL_CHIPS = 400
_BIG_BLIND = 2


class PokerBenchMatchOptions(Options, frozen=True):
    """There is nothing to choose: both ways to count are columns of the tables."""

    name: str = "pokerbench_match"


class HandLog(msgspec.Struct, frozen=True):
    """What is read of the log of a hand: chips that the model under test won or lost, and how far.

    `ending_chips` are its chips and the opponent's after the hand.
    """

    chips: int
    stage: Literal["preflop", "flop", "turn", "river"]
    ending_chips: tuple[int, int] | None = None


class PokerBenchMatchScorer:
    """Reads the log of a hand: the outcome of `protocol=heads_up`, or what was played elsewhere.

    - `chips`: won by the model under test, below 0 if lost; `big_blinds`: half as many.
    - `preflop_chips`, `flop_chips`, ...: the same of hands that end in this stage, 0 for others.
    - `preflop_ended`, ...: 1 if the hand ends in this stage, else 0.
    - `preflop_hand`, ...: the 1-based number of such a hand, 0 for others. Officially the highest
      stands for how many hands end in that stage (`report_winning` of
      gameplay/parse_game_results.py of richardzhuang0412/PokerBench, commit 682def9).

    A hand after which there are not as many chips as before is left out (`parse_poker_log`, ibid.):
    it has no values. What is no log has none either, `unparsed`.
    """

    Options = PokerBenchMatchOptions

    def __init__(self, options: PokerBenchMatchOptions) -> None:
        self.label = label_of(options)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade one hand."""
        return await grade_play(sample, prediction, _grade, label=self.label, metrics=METRICS)


def _grade(sample: Sample, prediction: Prediction) -> Verdict:
    nothing: dict[str, float | None] = dict.fromkeys(METRICS)
    try:
        log = msgspec.convert(outcome_of(prediction), HandLog)
    except msgspec.ValidationError:
        return Verdict(scores=nothing, parsed=False)
    left = _ALL_CHIPS if log.ending_chips is None else sum(log.ending_chips)
    if left != _ALL_CHIPS:
        return Verdict(scores=nothing, explanation=f"left out: {left} chips after the hand")
    scores: dict[str, float | None] = {**dict.fromkeys(METRICS, 0.0), "chips": float(log.chips)}
    scores["big_blinds"] = log.chips / _BIG_BLIND
    scores[f"{log.stage}_chips"] = float(log.chips)
    scores[f"{log.stage}_ended"] = 1.0
    scores[f"{log.stage}_hand"] = float(sample.row + 1)
    return Verdict(scores=scores, answer=log.chips, explanation=f"ended: {log.stage}")
