"""The passes of a question: the option that each reply chooses, and what they come to together."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from ...core.exchange import Usage
from ...core.prediction import Prediction
from ...core.sample import Sample, Turn
from ..extraction.inferred import NO_OPTION, REFUSALS, inferred_option
from ..options import chosen_option

Variant = Literal["official", "fixed"]
ReadOption = Callable[[str, Mapping[str, str]], str | None]

# Of the question, on the turn of its base row; of that turn; and of every turn.
CIRCULAR, VANILLA, PASS = "circular", "vanilla", "pass"

_HAN, _LATIN = "[\u4e00-\u9fff]", "[A-Za-z]"
_SEAM = re.compile(f"(?<={_HAN})(?={_LATIN})|(?<={_LATIN})(?={_HAN})")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass is read as: the letter of an option, `NO_OPTION`, or None where unread.

    `parsed` is False for a letter that no reply holds. `note` and `usage` are of an extractor.
    """

    letter: str | None
    parsed: bool = True
    note: str | None = None
    usage: Usage | None = None


def options_of(turn: Turn) -> dict[str, str]:
    """Return the texts of the options of a pass by their letters."""
    letters = str(turn.metadata.get("letters", string.ascii_uppercase))
    return dict(zip(letters, turn.choices, strict=False))


def is_base(turn: Turn) -> bool:
    """Tell whether a turn is the base row of its question, which stands for it in tables."""
    return bool(turn.metadata.get("base"))


def read_passes(sample: Sample, prediction: Prediction, read: ReadOption) -> list[Reading]:
    """Return what the rules read of each pass; a reply that is not there is unread."""
    outputs = prediction.outputs + ("",) * (len(sample.turns) - len(prediction.outputs))
    pairs = zip(sample.turns, outputs, strict=False)
    return [_reading(read(output, options_of(turn))) for turn, output in pairs]


def is_lost(sample: Sample, readings: Sequence[Reading]) -> bool:
    """Tell whether some pass was read as a letter that is not its answer."""
    pairs = zip(sample.turns, readings, strict=True)
    return any(reading.letter not in (None, turn.target) for turn, reading in pairs)


def is_won(sample: Sample, readings: Sequence[Reading]) -> bool:
    """Tell whether every pass was read as its answer."""
    pairs = zip(sample.turns, readings, strict=True)
    return all(reading.letter == turn.target for turn, reading in pairs)


def reader(variant: Variant) -> ReadOption:
    """Return the rules: those of VLMEvalKit, or `fixed` ones."""
    return inferred_option if variant == "official" else _fixed_option


def _fixed_option(reply: str, options: Mapping[str, str]) -> str | None:
    """Return the letter chosen, as `scorer=choice` reads it; a refusal chooses no option.

    Chinese characters and letters next to each other are taken for words of their own.
    """
    if any(refusal in reply for refusal in REFUSALS):
        return NO_OPTION
    index = chosen_option(_apart(reply), [_apart(text) for text in options.values()])
    return None if index is None else list(options)[index]


def _apart(text: str) -> str:
    return _SEAM.sub(" ", text)


def _reading(letter: str | None) -> Reading:
    return Reading(letter=letter, parsed=letter is not None)
