"""The option that a reply chooses, by the rules of VLMEvalKit, which many image benchmarks use."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What stands for none of the options, and what a reply that declines is read as.
NO_OPTION = "Z"
REFUSALS = (
    "Sorry, I can't help with images of people yet.",
    "I can't process this file.",
    "I'm sorry, but without the image provided",
    "Cannot determine the answer",
)

_FAILED_CALL = "Failed to obtain answer via API"
_MARKS = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
# A letter that stands alone counts among so many last words.
_LAST_WORDS = 4
_STATED = re.compile(r"(?:correct\s+)?answer\s+is\s+\**([ABCD])\**", re.IGNORECASE)


def inferred_option(reply: str, options: Mapping[str, str]) -> str | None:
    """Return the letter of the option that `reply` chooses; None where the rules cannot tell.

    `options` are texts by letter. The first of these that applies decides:

    1. a refusal is `NO_OPTION`;
    2. the only letter that stands alone as a capital, if it is among the last four words;
    3. a lone `NO_OPTION` where no letter of an option stands alone;
    4. the first statement such as "answer is B", in any case, if there is such an option;
    5. the only option whose text stands in the reply, in any case, unless the reply is longer than
       twice all texts together.

    Source: `can_infer` of vlmeval/utils/matching_util.py in open-compass/VLMEvalKit, commit
    e8e78f05.
    """
    return _by_letter(reply, options) or _by_text(reply, options)


def _by_letter(reply: str, options: Mapping[str, str]) -> str | None:
    if _FAILED_CALL in reply:
        return None
    if any(refusal in reply for refusal in REFUSALS):
        return NO_OPTION
    words = reply.translate(_MARKS).split()
    named = [letter for letter in options if letter in words]
    if len(named) == 1 and words.index(named[0]) >= len(words) - _LAST_WORDS:
        return named[0]
    if not named and NO_OPTION in words:
        return NO_OPTION
    stated = _STATED.search(reply)
    letter = stated[1].upper() if stated else ""
    return letter if letter in options else None


def _by_text(reply: str, options: Mapping[str, str]) -> str | None:
    text = reply.lower()
    if len(text) > 2 * sum(map(len, options.values())):
        return None
    found = [letter for letter, option in options.items() if option.lower() in text]
    return found[0] if len(found) == 1 else None
