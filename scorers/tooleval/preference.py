"""Which of two answers is better, by what is known of each and by the judge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from .answers import Answer
from .judge import BETTER, Judge
from .passing import AnswerStatus, Passes, coin, status_of

Variant = Literal["official", "fixed"]


class Side(msgspec.Struct, frozen=True):
    """An answer, and whether it passes."""

    answer: Answer
    passes: Passes


class Comparison(msgspec.Struct, frozen=True):
    """A candidate's answer against that of the reference, compared again and again.

    With `stored`, what is known of the answers from judging whether they pass is used; else each
    comparison asks anew. `official` then shuffles the answers and not what is known of them, as the
    published code does, so that where just one is solved the wrong side gets half of the votes.
    """

    judge: Judge
    variant: Variant
    stored: bool
    seed: str

    async def wins(self, reference: Side, candidate: Side, repeats: int) -> int:
        """Return how many of `repeats` votes the candidate gets. Raises NoVerdictError."""
        if reference.passes.label != candidate.passes.label:
            return repeats if candidate.passes.label else 0
        sides = (reference, candidate)
        votes = [await self._preferred(sides, f"{self.seed}/{r}") for r in range(repeats)]
        return sum(votes)

    async def _preferred(self, sides: tuple[Side, Side], repeat: str) -> int:
        """Return which of `sides` is better, 0 or 1 (`annotate_preference` of ToolEval)."""
        order = [0, 1]
        if coin(f"{repeat}/order"):
            order.reverse()
        shown = [sides[place].answer for place in order]
        statuses = await self._statuses(sides, order, repeat)
        return order[await self._better(shown, statuses, repeat)]

    async def _statuses(
        self, sides: tuple[Side, Side], order: Sequence[int], repeat: str
    ) -> list[AnswerStatus]:
        if not self.stored:
            shown = [sides[place].answer for place in order]
            return [await self._asked(a, f"{repeat}/{n}") for n, a in enumerate(shown)]
        known: list[AnswerStatus] = [side.passes.votes[-1].answer for side in sides]
        return known if self.variant == "official" else [known[place] for place in order]

    async def _asked(self, answer: Answer, repeat: str) -> AnswerStatus:
        compared = answer.compared()
        final_answer: str = compared["final_answer"]
        return await status_of(answer.query, final_answer, compared, self.judge, repeat)

    async def _better(
        self, shown: Sequence[Answer], statuses: Sequence[AnswerStatus], repeat: str
    ) -> int:
        """Return the place of the better of two answers (`normalized_openai_completions`).

        The only one that is solved is, or the only unsure one where none is; else the judge says.
        """
        for status in ("Solved", "Unsure"):
            places = [place for place, known in enumerate(statuses) if known == status]
            if len(places) == 1:
                return places[0]
            if places:
                break
        compared = [answer.compared() for answer in shown]
        if _same(*compared):
            return int(coin(f"{repeat}/same"))
        parts = {
            "QUERY": shown[0].query,
            "ANSWER 0": json.dumps(compared[0]),
            "ANSWER 1": json.dumps(compared[1]),
        }
        return await self.judge.ask(BETTER, parts, repeat)


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[field] == other[field] for field in ("final_answer", "answer_details"))
