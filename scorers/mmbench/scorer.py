"""The scorer of MMBench by rules alone: VLMEvalKit's mode `exact_matching`."""

from __future__ import annotations

from ...core.config import Options
from ...core.prediction import Prediction
from ...core.sample import Sample, Turn
from ...core.score import Score
from ..turns import Rule, TurnReply, Verdict, grade_turns, label_of
from .passes import CIRCULAR, PASS, VANILLA, Variant, is_base, is_won, read_passes, reader


class MMBenchOptions(Options, frozen=True):
    """`official` reads replies by VLMEvalKit's rules; `fixed` reads them as `scorer=choice` does.

    The official rules take "A" for a letter where it is an article, and read neither a small
    letter nor one that Chinese characters stand next to.
    """

    name: str = "mmbench"
    variant: Variant = "official"


class MMBenchScorer:
    """`circular`: 1 if every pass of a question is read as its answer, else 0.

    `vanilla` is the same of the base row alone, `pass` of each row. A reply that the rules cannot
    read is `unparsed`, and wrong. `circular` and `vanilla` stand on the turn of the base row; a
    question without it has none, and other passes that are not there are left out.

    Source: `mcq_circular_eval` and `mcq_vanilla_eval` of vlmeval/dataset/utils/multiple_choice.py
    in open-compass/VLMEvalKit, commit e8e78f05, without a model.
    """

    Options = MMBenchOptions

    def __init__(self, options: MMBenchOptions) -> None:
        self._read = reader(options.variant)
        self.label = label_of(options, shown=("variant",))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the passes of a question; blank replies count 0."""
        readings = read_passes(sample, prediction, self._read)
        circular = float(is_won(sample, readings))

        def grade(reply: TurnReply) -> Verdict:
            reading = readings[reply.index]
            right = float(reading.letter == reply.turn.target)
            scores: dict[str, float | None] = {PASS: right}
            if is_base(reply.turn):
                scores = {CIRCULAR: circular, VANILLA: right, PASS: right}
            return Verdict(scores=scores, answer=reading.letter, parsed=reading.parsed)

        def rule_of(_sample: Sample, turn: Turn) -> Rule:
            return Rule((CIRCULAR, VANILLA, PASS) if is_base(turn) else (PASS,), grade)

        return await grade_turns(sample, prediction, label=self.label, rule_of=rule_of)
