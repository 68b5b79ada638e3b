"""The scorer of TMGBench: which outcomes are given, and whether they are just the equilibria."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ...core.config import Options
from ...core.errors import ConfigError, DataError
from ...core.exchange import StopReason
from ...core.prediction import Prediction
from ...core.sample import Sample
from ...core.score import Score, Status, TurnScore
from ...core.suggest import did_you_mean
from ..turns import label_of
from .answers import Answer, last_answer, numbered_answers

SINGLE = ("classic", "story")
COMPOSED = ("sequential", "parallel", "nested")

# Where the sister of a game has each of its outcomes.
_IN_SISTER = {1: 4, 2: 2, 3: 3, 4: 1}
# Outcomes on and off the diagonal, which the significance degree sets against each other.
_DIAGONAL = {1: 1, 2: -1, 3: -1, 4: 1}


class TMGBenchOptions(Options, frozen=True):
    """Nothing to choose."""

    name: str = "tmgbench"


class TMGBenchScorer:
    """`perfect`: 1 if the outcomes given are just the equilibria, else 0.

    One game has a verdict on each of its four outcomes, in the order of the game of its class that
    `all_games` lists. Beside `perfect`, which is the same for all four, each has:

    - `wrong`: 1 if the outcome is given and no equilibrium, or the other way round. Its mean over
      epochs is |frequency - standard|; the square of that, averaged over outcomes and games, is the
      inconsistency degree.
    - `bias`, where the sister is asked too: its mean over epochs, and then over the game and its
      sister, is the difference of the frequencies of an outcome and of what it is in the sister.
      The square of that, averaged over outcomes and games, is the bias degree.
    - `significance`, where the area of the game is known: its mean over epochs, outcomes and games
      is the significance degree.

    A reply without an answer that can be read is not perfect, and gives no outcome. Several replies
    to a game are several tests of it: each score is their mean, as over epochs.

    Composed tasks have one verdict: `perfect` if all their games are, and `games`, the share of
    those that are. One reply may hold all answers; else there is a reply a game.

    Source: the paper's definitions of PAR, ID, BD and SD; no official scorer is published.
    """

    Options = TMGBenchOptions

    def __init__(self, options: TMGBenchOptions) -> None:
        self.label = label_of(options)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies about one game, or all replies of a composed task. Raises DataError."""
        if sample.task in SINGLE:
            return self._single(sample, prediction)
        if sample.task in COMPOSED:
            return self._composed(sample, prediction)
        hint = did_you_mean(sample.task, (*SINGLE, *COMPOSED))
        raise ConfigError(f"scorer tmgbench has no rule for {sample.task!r}: {hint}")

    def _single(self, sample: Sample, prediction: Prediction) -> Score:
        answers = [last_answer(reply) for reply in prediction.outputs or ("",)]
        status, turn = _status(prediction, answers), sample.turns[0]
        tests = [_by_outcome(one, frozenset(turn.target), turn.metadata) for one in answers]
        turns = [
            TurnScore(turn=position, scores=_means(of_outcome), status=status)
            for position, of_outcome in enumerate(zip(*tests, strict=True))
        ]
        listed = [_listed(answer) for answer in answers]
        answer = listed[0] if len(listed) == 1 else listed
        return self._score(sample, prediction, turns, answer, status)

    def _composed(self, sample: Sample, prediction: Prediction) -> Score:
        standard = [frozenset(one) for one in cast("list[list[int]]", sample.metadata["standard"])]
        answers = _answers(sample, prediction, len(standard))
        right = [a == s for a, s in zip(answers, standard, strict=True)]
        scores: dict[str, float | None] = {
            "perfect": float(all(right)),
            "games": sum(right) / len(right),
        }
        status = _status(prediction, answers)
        listed = [_listed(answer) for answer in answers]
        verdict = TurnScore(turn=0, scores=scores, status=status, answer=listed)
        return self._score(sample, prediction, [verdict], listed, status)

    def _score(
        self,
        sample: Sample,
        prediction: Prediction,
        turns: Sequence[TurnScore],
        answer: Any,
        status: Status,
    ) -> Score:
        return Score(
            id=prediction.id,
            scorer=self.label,
            scores=_means([turn.scores for turn in turns]),
            answer=answer,
            status=status,
            sample_id=prediction.sample_id,
            epoch=prediction.epoch,
            task=prediction.task,
            group=prediction.group,
            turns=tuple(turns),
            labels=sample.labels,
        )


def _answers(sample: Sample, prediction: Prediction, games: int) -> tuple[Answer | None, ...]:
    """Return the answer to each game of a composed task. Raises DataError for too many replies."""
    replies = prediction.outputs
    one_by_one = sample.task == "sequential" or len(replies) == games
    if len(replies) > (games if one_by_one else 1):
        raise DataError(
            f"prediction {prediction.id}: {len(replies)} replies for a {sample.task} task of "
            f"{games} games; give one reply a game"
        )
    if one_by_one:
        return tuple(map(last_answer, (*replies, *[""] * (games - len(replies)))))
    return numbered_answers("".join(replies), games)


def _means(scores: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    """Return the mean of each metric, of which every entry has a value."""
    return {name: sum(one[name] or 0.0 for one in scores) / len(scores) for name in scores[0]}


def _by_outcome(
    given_answer: Answer | None, equilibria: Answer, metadata: dict[str, Any]
) -> list[dict[str, float | None]]:
    """Return the scores of each outcome; `outcomes` are those of the reply, in their order."""
    answer, perfect = given_answer or frozenset[int](), float(given_answer == equilibria)
    outcomes = metadata["outcomes"]
    given = {number: float(one in answer) for number, one in enumerate(outcomes, start=1)}
    found: list[dict[str, float | None]] = []
    for number, one in enumerate(outcomes, start=1):
        wrong = float((one in answer) != (one in equilibria))
        scores: dict[str, float | None] = {"perfect": perfect, "wrong": wrong}
        if "sister" in metadata:
            scores["bias"] = _bias(given, number, metadata["sister"])
        if "area" in metadata:
            scores["significance"] = metadata["area"] * _DIAGONAL[number] * given[number]
        found.append(scores)
    return found


def _bias(given: dict[int, float], number: int, sister: str) -> float:
    """Return what a game contributes to the mean over it and its sister: twice its frequency.

    The second of two contributes that of the outcome that is `number` in the first, with a minus. A
    game that is its own sister contributes the whole difference.
    """
    if sister == "self":
        return given[number] - given[_IN_SISTER[number]]
    return 2 * given[number] if sister == "first" else -2 * given[_IN_SISTER[number]]


def _listed(answer: Answer | None) -> list[int] | None:
    return None if answer is None else sorted(answer)


def _status(prediction: Prediction, answers: Sequence[Answer | None]) -> Status:
    stops: set[StopReason] = {record.stop_reason for record in prediction.turns}
    if "refused" in stops:
        return "refused"
    if not any(output.strip() for output in prediction.outputs):
        return "empty"
    if None in answers:
        return "unparsed"
    return "truncated" if "length" in stops else "ok"
