"""The scorer of LongGenBench: many answers in one reply, a verdict on each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal, cast

import msgspec

from ...core.config import Options
from ...core.errors import ConfigError, DataError
from ...core.prediction import Prediction
from ...core.sample import Sample, Turn
from ...core.score import Score
from ...core.suggest import did_you_mean
from ..turns import Rule, TurnReply, Verdict, grade_turns, label_of
from .pieces import labelled_pieces, official_pieces

Variant = Literal["official", "strict"]

_BASELINE = "_baseline"


class Reading(msgspec.Struct, frozen=True):
    """What an answer of a data set is: the last match of `pattern` in a text.

    `ignored` is left out of replies before. A question that got no answer counts `missing` in the
    official scripts; None takes it out of the denominator.
    """

    pattern: re.Pattern[str]
    missing: float | None
    ignored: str = ""

    def last(self, text: str) -> str | None:
        """Return the last match, or None."""
        found = self.pattern.findall(text)
        return found[-1] if found else None

    def last_of_reply(self, text: str) -> str | None:
        """Return the last match in what a model wrote, or None."""
        return self.last(text.replace(self.ignored, "") if self.ignored else text)


# Of CSQA no script is published; it is read as MMLU is, with one more letter.
_READINGS = {
    "gsm8k": Reading(re.compile(r"\d*\.?\d+"), missing=None, ignored=","),
    "mmlu": Reading(re.compile("[A-D]"), missing=0.0),
    "csqa": Reading(re.compile("[A-E]"), missing=0.0),
}


class LongGenBenchOptions(Options, frozen=True):
    """`official` reproduces the published scripts, flaws included; `strict` matches by label."""

    name: str = "longgenbench"
    variant: Variant = "official"


class LongGenBenchScorer:
    """`accuracy` of each question: 1 if its answer equals the golden one as a string, else 0.

    The answer is the last number of a text (GSM8K; signs are not seen, and commas in replies are
    left out), or the last capital letter of an option anywhere in it (MMLU, CSQA).

    `official`: the i-th piece that is found belongs to the i-th question. It is read together with
    its header in the official result file, "A_model:Q_<i>", so that a piece without number gives
    i, and one without letter "A". A comma of a golden number is not left out: of "2,125" the answer
    is 125. Questions beyond the last piece have no verdict in GSM8K, and count 0 in MMLU.
    `strict`: an answer belongs to the question of its label, is read without header, and counts
    0 when it is missing; golden commas are left out.

    The baseline of a data set has one answer a reply, which is the whole reply.

    Source of `official`: `test_answer`, `extract_ans` and `process_question` in both scripts of
    Dominic789654/LongGenBench, commit 9845864. The retries of its MMLU script are not made.
    """

    Options = LongGenBenchOptions

    def __init__(self, options: LongGenBenchOptions) -> None:
        self._variant: Variant = options.variant
        self.label = label_of(options, shown=("variant",))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade every answer of the reply. Raises ConfigError for a task of another benchmark."""
        return await grade_turns(sample, prediction, label=self.label, rule_of=self._rule_of)

    def _rule_of(self, sample: Sample, _turn: Turn) -> Rule:
        name = sample.task.removesuffix(_BASELINE)
        if name not in _READINGS:
            raise ConfigError(
                f"scorer longgenbench has no rule for {name!r}: {did_you_mean(name, _READINGS)}"
            )
        reading = _READINGS[name]
        strict = self._variant == "strict"
        if sample.task.endswith(_BASELINE):
            return Rule(("accuracy",), partial(_single, reading, strict=strict))
        if strict:
            return Rule(("accuracy",), partial(_strict, reading))
        return Rule(("accuracy",), partial(_official, reading), blank=reading.missing)


def _official(reading: Reading, reply: TurnReply) -> list[Verdict]:
    pieces = official_pieces(reply.output)
    verdicts: list[Verdict] = []
    for index, target in enumerate(_targets(reply.turn)):
        if index >= len(pieces):
            verdicts.append(Verdict(scores={"accuracy": reading.missing}, parsed=False))
            continue
        answer = reading.last_of_reply(f"A_model:Q_{index}\n{pieces[index]}\n")
        verdict = _compared(answer, reading.last(target))
        found = reading.last_of_reply(pieces[index]) is not None
        verdicts.append(msgspec.structs.replace(verdict, parsed=found))
    return verdicts


def _strict(reading: Reading, reply: TurnReply) -> list[Verdict]:
    pieces = labelled_pieces(reply.output)
    first = reply.turn.metadata["first_label"]
    return [
        _compared(reading.last_of_reply(pieces.get(label, "")), reading.last_of_reply(target))
        for label, target in enumerate(_targets(reply.turn), start=first)
    ]


def _single(reading: Reading, reply: TurnReply, *, strict: bool) -> Verdict:
    target = str(reply.turn.target)
    golden = reading.last_of_reply(target) if strict else reading.last(target)
    return _compared(reading.last_of_reply(reply.output), golden)


def _compared(answer: str | None, golden: str | None) -> Verdict:
    correct = answer is not None and answer == golden
    return Verdict(scores={"accuracy": float(correct)}, answer=answer, parsed=answer is not None)


def _targets(turn: Turn) -> list[str]:
    """Return the golden answers. Raises DataError when there is not one for each question."""
    targets = cast("Sequence[Any]", turn.target) if isinstance(turn.target, list) else ()
    if len(targets) != turn.answers:
        raise DataError(f"the target should list {turn.answers} answers, found {targets!r:.80}")
    return [str(target) for target in targets]
