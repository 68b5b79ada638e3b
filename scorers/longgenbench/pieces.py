"""Where the answers stand in a reply that holds many of them."""

from __future__ import annotations

import re

_OFFICIAL = re.compile(r"(?<=:\n)(.*?)(?=\n\n|$)", re.DOTALL)
# A label at the begin of a line, with marks of emphasis or of a heading, and with or without colon.
_LABEL = re.compile(r"^[ \t>#*_`]*Answer_([0-9]{1,9})(?!\w)[*_`]*:?[*_`]*", re.MULTILINE)


def official_pieces(reply: str) -> list[str]:
    """Return what the official scripts take for the answers, in order.

    The reply is split at "Answer_" and joined by newlines. Then each text that follows a colon at
    the end of a line is an answer, up to the first blank line or the end: any line that ends so
    begins one, whatever its label says, and an answer beside its label is none. Where the answer is
    empty another one begins at the same place: after an empty match `re` looks for a longer one.
    Source: `extract_ans` and `process_question` of both scripts (commit 9845864).
    """
    text = "\n".join(reply.split("Answer_"))
    return [piece.strip() for piece in _OFFICIAL.findall(text)]


def labelled_pieces(reply: str) -> dict[int, str]:
    """Return the answers by the number in their label `Answer_<n>`.

    An answer begins behind its label, on the same line or the next, and ends before the next label.
    Of a number that comes twice the first answer counts.
    """
    _, *parts = _LABEL.split(reply)
    pieces: dict[int, str] = {}
    for number, piece in zip(parts[::2], parts[1::2], strict=True):
        pieces.setdefault(int(number), piece.strip())
    return pieces
