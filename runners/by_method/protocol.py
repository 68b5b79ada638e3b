"""A class synthesised method by method, by calls that see a skeleton with one hole."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from ...core.config import Options
from ...core.content import Message, text_of
from ...core.errors import DataError
from ...core.exchange import Prompt, Reply, ReplyTiming, SampleKey, Sampling
from ...core.interfaces import Endpoint, Play, RoleReply
from ...core.sample import Sample, Turn
from ...core.suggest import did_you_mean
from ..prompts import whole_prompt
from ..protocols import only_turn, request_of
from ..votes import seeded
from .hole import Hole, Variant
from .skeleton import LANGUAGES, Holes

Mode = Literal["independent", "incremental"]
Order = Literal["sequential", "reverse", "random"]


class ByMethodOptions(Options, frozen=True):
    """The section `protocol` of `protocol=by_method`.

    With `incremental`, a call sees the methods that are filled already, in this `order`; with
    `independent` it sees none of them. `official` cuts methods out as published, bugs included;
    `fixed` mends them.
    """

    name: str
    mode: Mode = "incremental"
    order: Order = "sequential"
    variant: Variant = "official"


class ByMethod:
    """A call for each method that is yet to be written; the composed class is the reply.

    Each call asks the sample's question with the skeleton as it is then: all holes but one are
    emptied. Of the reply, the body of that method is taken. A sample says in the metadata of its
    turn what in its query the `skeleton` is, and in which `language`.

    As the strategies independent and incremental of JavaBench (inference.py of
    java-bench/JavaBench, commit 0551d7b); its holistic one is protocol=single_turn.
    """

    Options = ByMethodOptions
    many_calls = True

    def __init__(self, options: ByMethodOptions) -> None:
        self.options = options

    @property
    def label(self) -> str:
        """How tables call it: with the strategy."""
        order = "" if self.options.order == "sequential" else f"-{self.options.order}"
        return f"by_method[{self.options.mode}{order}]"

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Fill the holes of the only turn of `sample`. Raises DataError where it has none."""
        turn = only_turn(sample, "protocol=by_method asks one")
        skeleton, holes = self._skeleton_of(sample, turn)
        code = skeleton
        replies: list[Reply] = []
        calls = self._ordered(holes.find(skeleton), sampling, sample.id)
        for number, hole in enumerate(calls):
            seen = skeleton if self.options.mode == "independent" else code
            prompt = _prompt(sample, skeleton, holes.with_only(seen, hole))
            async with endpoint.open(prompt, key) as session:
                request = request_of(turn, seeded(sampling, number), number)
                replies.append(await session.generate(request))
            code = holes.filled(code, hole, replies[-1].text)
        return Play(
            replies=(_composed(code, replies),), intermediate=tuple(map(RoleReply, replies))
        )

    def _skeleton_of(self, sample: Sample, turn: Turn) -> tuple[str, Holes]:
        metadata: dict[str, Any] = turn.metadata
        skeleton, language = metadata.get("skeleton"), metadata.get("language")
        if not isinstance(skeleton, str) or skeleton not in text_of(turn.query):
            raise DataError(f"sample {sample.id} has no skeleton to fill; use protocol=single_turn")
        holes_of = LANGUAGES.get(str(language))
        if holes_of is None:
            near = did_you_mean(str(language), LANGUAGES)
            raise DataError(f"sample {sample.id}: no methods are found in {language!r}; {near}")
        return skeleton, holes_of(self.options.variant)

    def _ordered(self, found: Sequence[Hole], sampling: Sampling, sample_id: str) -> list[Hole]:
        """Return the holes in the order in which they are filled; a draw is of the play's seed."""
        if self.options.order == "reverse":
            return list(reversed(found))
        if self.options.order == "random":
            # A string is a seed that is the same in every process.
            draw = random.Random(f"{sampling.seed}/{sample_id}/order of methods")  # noqa: S311  # no secret
            return draw.sample(list(found), len(found))
        return list(found)


def _prompt(sample: Sample, skeleton: str, shown: str) -> Prompt:
    """Return the question of `sample`, with what is `shown` for its skeleton."""
    whole = whole_prompt(sample)
    *before, asked = whole.messages
    question = text_of(asked.content).replace(skeleton, shown, 1)
    return msgspec.structs.replace(whole, messages=(*before, Message(asked.role, question)))


def _composed(code: str, replies: Sequence[Reply]) -> Reply:
    """Return the class as a reply that took nothing: its calls are counted as such.

    It is cut where one of them was.
    """
    is_cut = any(reply.stop_reason == "length" for reply in replies)
    return Reply(
        text=code,
        stop_reason="length" if is_cut else "stop",
        timing=ReplyTiming(latency_s=0.0),
        kv=replies[0].kv if replies else None,
    )
