"""The rule of En.MultiChoice. Its label is a list: the option's text and its letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core.errors import DataError
from ..options import chosen_option
from ..turns import TurnReply, Verdict

_LETTERS = "ABCD"
_SPACED = str.maketrans(dict.fromkeys("\n\"'.,?!{}", " "))
_PREFIXES = ("answer is:", "answer:", "answer is", "option is")


def official_choice(reply: TurnReply) -> Verdict:
    """`accuracy` of choice_eng, by the first of these that applies.

    1. The first character is one of ABCD: it is the choice, even in "Answer: C" (A) and
       "Captain Nemo" (C).
    2. The whole reply is the option's text or letter.
    3. With newlines and marks turned into spaces, the first of four prefixes that occurs (in the
       order of `_PREFIXES`, not of the reply) is dropped with one more character; what follows must
       begin with the text or the letter.
    4. The first word that is a part of "ABCD" is the choice; "AB" is such a word, and never right.
    """
    label = _label(reply.turn.target)
    output = reply.output.strip()
    if output[0] in _LETTERS:
        return _verdict(output[0], correct=output[0] in label)
    if output in label:
        return _verdict(output, correct=True)
    text = output.translate(_SPACED)
    while "  " in text:
        text = text.replace("  ", " ")
    for prefix in _PREFIXES:
        _, found, rest = text.partition(prefix)
        if found:
            return _verdict(rest[1:], correct=rest[1:].startswith(tuple(label)))
    word = next((word for word in text.split() if word in _LETTERS), None)
    return _verdict(word, correct=word in label)


def fixed_choice(reply: TurnReply) -> Verdict:
    """`accuracy` of choice_eng: the option the reply chooses, as `chosen_option` reads it.

    Mends "Answer: C" (right when C is), and replies that give the text of an option that begins
    with A, B, C or D ("Captain Nemo"). A reply that chooses no single option is unparsed.
    """
    text, letter = _label(reply.turn.target)
    options = reply.turn.choices or tuple(text if c == letter else "" for c in _LETTERS)
    chosen = chosen_option(reply.output, options)
    answer = None if chosen is None else _LETTERS[chosen]
    return _verdict(answer, correct=answer == letter)


def _label(target: Any) -> Sequence[str]:
    match target:
        case [str(), str()]:
            return target
        case _:
            raise DataError(
                f"the label of choice_eng should be [text, letter], found {target!r:.80}"
            )


def _verdict(answer: str | None, *, correct: bool) -> Verdict:
    return Verdict(scores={"accuracy": float(correct)}, answer=answer, parsed=bool(answer))
