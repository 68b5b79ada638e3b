"""Instructions of IFBench on the form of a reply: `format:...`."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from itertools import pairwise

from ....core.errors import MissingExtraError
from ...text import without_ascii_punctuation
from ..check import Arguments, Check, UncheckableReplyError
from .reading import EDGES, spelled_tokens
from .splitting import split_sentences

_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}
_NESTED_BRACKETS = 5
_NESTED_QUOTES = 3
_LETTERED = re.compile(r"\W*[aA]\W*[bB]\W*[cC]\W*")
_NO_ENDS = string.digits + string.punctuation.replace('"', "")
_TEMPLATE = ("My Answer:", "My Conclusion:", "Future Outlook:")


def _parentheses(reply: str, _given: Arguments) -> bool:
    """Look for a bracket that is closed five levels deep; a wrong one begins anew."""
    closing: list[str] = []
    for character in reply:
        if character in _CLOSED_BY:
            closing.append(_CLOSED_BY[character])
        elif closing and character == closing[-1]:
            if len(closing) >= _NESTED_BRACKETS:
                return True
            closing.pop()
        elif character in _CLOSED_BY.values():
            closing.clear()
    return False


def _quotes(reply: str, _given: Arguments) -> bool:
    """Look for quotes that are closed three levels above the deepest so far."""
    opened: list[str] = []
    deepest = 0
    for character in reply:
        if opened and character == opened[-1]:
            opened.pop()
            if deepest - len(opened) >= _NESTED_QUOTES:
                return True
        elif character in "\"'":
            opened.append(character)
            deepest = max(deepest, len(opened))
    return False


def _options(reply: str, given: Arguments) -> bool:
    """Compare the reply with the options: where they are lettered, to the letter."""
    listed: str = given["options"]
    separator = next((mark for mark in ("/", "or") if mark in listed), ",")
    options = [option.strip() for option in listed.split(separator)]
    if _LETTERED.match(listed):
        return reply in options
    return reply.strip(EDGES).lower() in [option.strip(EDGES).lower() for option in options]


def _newline(reply: str, _given: Arguments) -> bool:
    text = without_ascii_punctuation(reply).strip()
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) == len(text.split())


def _emoji(reply: str, _given: Arguments) -> bool:
    """Look for an emoji at the end of each sentence, or at the beginning of the next.

    Raises MissingExtraError.
    """
    texts = [without_ascii_punctuation(text).strip() for text in split_sentences(reply)]
    places = [_emoji_places(text) for text in texts]
    # One more character may follow the emoji.
    return all(
        text and (last_end >= len(text) - 1 or next_begin == 0)
        for text, ((_, last_end), (next_begin, _)) in zip(
            texts, pairwise([*places, _NO_EMOJI]), strict=True
        )
    )


_NO_EMOJI = (-1, -1)


def _emoji_places(text: str) -> tuple[int, int]:
    """Return where the first emoji of `text` begins and the last ends. Raises MissingExtraError."""
    try:
        import emoji
    except ImportError:
        raise MissingExtraError("finding emoji", "livebench") from None
    found = emoji.emoji_list(text)
    return (found[0]["match_start"], found[-1]["match_end"]) if found else _NO_EMOJI


def _line_indent(reply: str, _given: Arguments) -> bool:
    """Look whether each line is indented more than the one before it, some blank ones left out."""
    lines = reply.split("\n")
    # Blank lines can only spoil it, and leaving them out costs a search each.
    filled = [line for line in lines if line.strip()]
    return _rises(filled) and _rises(_without_some_blanks(lines))


def _without_some_blanks(lines: Sequence[str]) -> list[str]:
    """Return the lines that the published loop leaves: it goes on while it deletes from the list.

    So it passes over the line behind each deleted one, and deletes the first blank line that is
    the same, not the one it stands on.
    """
    left = list(lines)
    for line in left:
        if not line.strip():
            left.remove(line)
    return left


def _rises(lines: Sequence[str]) -> bool:
    indents = [len(line) - len(line.lstrip(" ")) for line in lines]
    return all(before < after for before, after in pairwise(indents))


def _quote_unquote(reply: str, _given: Arguments) -> bool:
    """Look whether something stands between quotes, and behind the last one.

    Digits and punctuation at the end do not count. Raises UncheckableReplyError for a reply of
    nothing else.
    """
    text = reply.replace("\N{LEFT DOUBLE QUOTATION MARK}", '"')
    text = text.replace("\N{RIGHT DOUBLE QUOTATION MARK}", '"').replace("'\"'", "")
    text = "".join(text.split())
    if '""' in text:
        return False
    text = text.strip(_NO_ENDS)
    if not text:
        raise UncheckableReplyError("there is nothing but digits and punctuation")
    return not text.endswith('"')


def _list(reply: str, given: Arguments) -> bool:
    return reply.count(given["sep"]) >= 2


def _thesis(reply: str, _given: Arguments) -> bool:
    """Look for italics with something in them and behind them.

    The tags `<em>` are one character longer than what is taken off, so that this always is so.
    """
    begin = _first_of(reply, "<i>", "<em>")
    text = reply[begin:] if begin >= 0 else ""
    end = _first_of(text, "</i>", "</em>")
    return end >= 0 and bool(text[3:end].strip()) and bool(text[end + 4 :].strip())


def _first_of(text: str, *tags: str) -> int:
    """Return where the first of `tags` that `text` has begins; -1 without any."""
    return next((place for tag in tags if (place := text.find(tag)) >= 0), -1)


def _sub_bullets(reply: str, _given: Arguments) -> bool:
    """Look for a dash behind each asterisk, before the next."""
    return all("-" in bullet for bullet in reply.split("*")[1:])


def _no_bullets_bullets(reply: str, _given: Arguments) -> bool:
    """Look for two sentences, then for lines that all begin with an asterisk, at least two.

    The sentences end with the first blank line or bullet.
    """
    sentences = bullets = 0
    in_text = True
    for line in map(str.strip, reply.split("\n")):
        if line.startswith("*"):
            in_text = False
            bullets += 1
            if sentences < 2:
                return False
        elif in_text:
            found = len(split_sentences(line))
            in_text = found > 0
            sentences += found
        else:
            return False
    return bullets >= 2


def _title_case(reply: str, _given: Arguments) -> bool:
    """Look for no word that begins in lower case, and goes on in one case."""
    return not any(
        word[0].islower() and (word[1:].isupper() or word[1:].islower())
        for word in spelled_tokens(reply)
    )


def _output_template(reply: str, _given: Arguments) -> bool:
    return all(part in reply for part in _TEMPLATE)


def _no_whitespace(reply: str, _given: Arguments) -> bool:
    return not any(map(str.isspace, reply))


CHECKS: Mapping[str, Check] = {
    "format:parentheses": _parentheses,
    "format:quotes": _quotes,
    "format:options": _options,
    "format:newline": _newline,
    "format:emoji": _emoji,
    "format:line_indent": _line_indent,
    "format:quote_unquote": _quote_unquote,
    "format:list": _list,
    "format:thesis": _thesis,
    "format:sub-bullets": _sub_bullets,
    "format:no_bullets_bullets": _no_bullets_bullets,
    "format:title_case": _title_case,
    "format:output_template": _output_template,
    "format:no_whitespace": _no_whitespace,
}
