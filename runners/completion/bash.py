r"""A command line as bash holds it: quoted, and replaced from its last word break on.

bash breaks words at the characters of COMP_WORDBREAKS, = and : among them, and at an open quote;
what is offered replaces the text after the break alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from .grammar import Candidate

_QUOTES = "'\""
# Words that bash would read as something else.
_SPECIAL = re.compile(r"""[\s"'\\$`&|;<>()*?!#{}]""")
_SPECIAL_IN_DOUBLE = re.compile(r'["\\$`]')


class BashLine(msgspec.Struct, frozen=True):
    """Words of a line up to the cursor, without quotes; the last is the one at the cursor.

    `kept` characters of the last stand before the break; `quote` is the open one, or "".
    """

    words: tuple[str, ...]
    kept: int
    quote: str


def read_line(line: str, breaks: str) -> BashLine:
    """Return the words of `line`, which ends at the cursor; `breaks` are bash's COMP_WORDBREAKS."""
    words, kept, quote, begun = [""], 0, "", False
    characters = iter(line)
    for character in characters:
        if character == "\\" and quote != "'":
            words[-1] += next(characters, "")
        elif character == quote:
            quote = ""
        elif character in _QUOTES and not quote:
            quote, kept = character, len(words[-1])
        elif character.isspace() and not quote:
            if begun:
                words, kept = [*words, ""], 0
        else:
            words[-1] += character
            if character in breaks and not quote:
                kept = len(words[-1])
        begun = bool(quote) or bool(words[-1]) or not character.isspace()
    return BashLine(tuple(words), kept, quote)


def replies(line: BashLine, candidates: Sequence[Candidate]) -> Iterator[str]:
    """Yield what bash shall put after the break, for each candidate."""
    for candidate in candidates:
        yield _quoted(candidate.word[line.kept :], line.quote)


def _quoted(text: str, quote: str) -> str:
    if quote == "'":
        return text
    return (_SPECIAL_IN_DOUBLE if quote else _SPECIAL).sub(lambda match: "\\" + match[0], text)
