"""A judge asked which of two texts is better, in one order or in both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from ...core.exchange import FREE_TEXT, ReplyForm, Sampling, Usage
from ...core.interfaces import Endpoint
from ..asking import ask_judge
from ..turns import TurnReply
from .extents import Labels
from .order import Orders
from .reading import Reading, read_text

Combining = Literal["mean", "agreement"]


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What the judge says of one order.

    `extent` is by how much it finds the graded text better; None where its words could not be read.
    `text` is its last reply, and `attempts` how often it was asked.
    """

    graded_is_a: bool
    extent: int | None
    text: str
    attempts: int = 1
    usage: Usage = Usage()


class Comparison(msgspec.Struct, frozen=True):
    """What the judge says of a pair: an opinion for each order that was asked."""

    opinions: tuple[Opinion, ...]

    @property
    def usage(self) -> Usage:
        """What the judge spent."""
        return sum((opinion.usage for opinion in self.opinions), Usage())

    @property
    def is_consistent(self) -> bool | None:
        """Whether both orders have the same winner; None where just one was asked or read."""
        signs = [_sign(one.extent) for one in self.opinions if one.extent is not None]
        return len(set(signs)) == 1 if len(signs) > 1 else None

    def extent(self, combining: Combining) -> float | None:
        """Return by how much the graded text is better; None unless every opinion could be read.

        `mean` is that over the orders. With `agreement` it is a tie unless they agree on the winner
        (Zheng et al. 2023, arXiv 2306.05685, section 3.4).
        """
        extents = [one.extent for one in self.opinions if one.extent is not None]
        if len(extents) < len(self.opinions) or not extents:
            return None
        if combining == "agreement" and self.is_consistent is False:
            return 0.0
        return sum(extents) / len(extents)

    def told(self) -> str:
        """Return the judge's words, each below a line that says which text was A."""
        return "\n\n".join(
            f"[the reply was {'A' if one.graded_is_a else 'B'}]\n{one.text}"
            for one in self.opinions
        )


class PairJudge(msgspec.Struct, frozen=True, kw_only=True):
    """A judge, how it is asked and how its words are read.

    `labels` are what the field `field` of its reply may say. A reply that cannot be read is asked
    for again, `attempts` times in all, each with a seed of its own.
    """

    endpoint: Endpoint
    sampling: Sampling
    orders: Orders
    labels: Labels
    field: str
    reading: Reading
    attempts: int = 1
    form: ReplyForm = FREE_TEXT

    async def compare(
        self, reply: TurnReply, other: str, question: Callable[[str, str], str]
    ) -> Comparison:
        """Return the comparison of `reply` with the text `other`.

        `question` makes the prompt of the texts A and B. Raises EndpointError.
        """
        opinions: list[Opinion] = []
        for graded_is_a in self.orders.graded_is_a(reply.sample.row):
            texts = (reply.output, other) if graded_is_a else (other, reply.output)
            opinions.append(await self._opinion(reply, question(*texts), graded_is_a=graded_is_a))
        return Comparison(tuple(opinions))

    async def _opinion(self, reply: TurnReply, question: str, *, graded_is_a: bool) -> Opinion:
        spent, text, attempt = Usage(), "", 0
        for attempt in range(1, self.attempts + 1):
            sampling = self.sampling
            if attempt > 1:
                sampling = msgspec.structs.replace(sampling, seed=attempt)
            judgement = await ask_judge(self.endpoint, reply, question, sampling, self.form)
            spent, text = spent + judgement.usage, judgement.text
            if self._for_a(text) is not None:
                break
        for_a = self._for_a(text)
        extent = for_a if for_a is None or graded_is_a else -for_a
        return Opinion(
            graded_is_a=graded_is_a, extent=extent, text=text, attempts=attempt, usage=spent
        )

    def _for_a(self, text: str) -> int | None:
        """Return by how much a reply of the judge finds A better."""
        return self.labels.get(read_text(text, self.field, self.reading) or "")


def _sign(extent: int) -> int:
    return (extent > 0) - (extent < 0)
