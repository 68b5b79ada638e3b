"""A model finds the option that a reply means, where the rules cannot."""

from __future__ import annotations

import random
import re
from pathlib import Path

import msgspec

from ...core.content import text_of
from ...core.exchange import Sampling, Usage
from ...core.interfaces import Endpoint
from ..asking import ask_judge, framed
from ..extraction.inferred import NO_OPTION, inferred_option
from ..turns import TurnReply
from .passes import Reading, Variant, options_of

_TRIES = 3
_MAX_TOKENS = 1024
_CHINESE = re.compile("[\u4e00-\u9fff]")


class _Wording(msgspec.Struct, frozen=True):
    version: int
    english: str
    chinese: str


_WORDING = msgspec.yaml.decode(
    Path(__file__).with_name("extractor.yaml").read_bytes(), type=_Wording
)


class Extractor:
    """Asks up to three times for a letter, each time with another seed.

    Where no answer holds one, `official` draws an option, or none of them, at random, told by
    `seed` and the row; `fixed` leaves the reply unread.

    Source: `extract_answer_from_item` of multiple_choice.py; the question is in our own words,
    Chinese where the question of the row holds Chinese characters.
    """

    def __init__(self, endpoint: Endpoint, variant: Variant, seed: int) -> None:
        self._endpoint = endpoint
        self._variant: Variant = variant
        self._seed = seed

    async def read(self, reply: TurnReply) -> Reading:
        """Return what a reply is read as. Raises SampleError, EndpointError."""
        options = options_of(reply.turn)
        question = _question(reply)
        said: list[str] = []
        usage = Usage()
        for attempt in range(_TRIES):
            sampling = Sampling(max_tokens=_MAX_TOKENS, seed=self._seed + attempt)
            judgement = await ask_judge(self._endpoint, reply, question, sampling)
            said.append(judgement.text)
            usage += judgement.usage
            letter = inferred_option(judgement.text, options)
            if letter is not None:
                return Reading(letter=letter, note="\n".join(said), usage=usage)
        drawn = self._drawn(reply, list(options)) if self._variant == "official" else None
        outcome = f"drawn at random: {drawn}" if drawn else "left unread"
        note = "\n".join([*said, f"No letter in {_TRIES} answers; {outcome}."])
        return Reading(letter=drawn, parsed=False, note=note, usage=usage)

    def _drawn(self, reply: TurnReply, letters: list[str]) -> str:
        row = f"{self._seed}/{reply.sample.id}/{reply.epoch}/{reply.index}"
        return random.Random(row).choice([*letters, NO_OPTION])  # noqa: S311 - no secret


def _question(reply: TurnReply) -> str:
    asked = str(reply.turn.metadata.get("question", text_of(reply.turn.query)))
    options = options_of(reply.turn)
    parts = {
        "QUESTION": asked,
        "OPTIONS": "\n".join(f"{letter}. {text}" for letter, text in options.items()),
        "ANSWER": reply.output,
    }
    words = _WORDING.chinese if _CHINESE.search(asked) else _WORDING.english
    return words.format(parts=framed(parts)).strip()
