"""Texts inside figures, in which Plotly takes some HTML for markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

BREAK = "<br>"

# What cannot be seen, or turns the text around it; the page shows it in the same way.
_HIDDEN = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
# Plotly knows <a href>, <b>, <i>, <br> and more of HTML, and `%{...}` as a place to fill in.
_SHOWN = {
    **{code: f"⟨U+{code:04X}⟩" for code in _HIDDEN},
    **{ord(character): f"&#{ord(character)};" for character in "&<>{"},
}
# Where a word that is too long for a line may be broken: behind one of these.
_PART = re.compile(r"[^/_+\-\[,:.]*[/_+\-\[,:.]?")


def literal(text: str) -> str:
    """Return `text` so that Plotly shows it as it is: on one line, nothing in it being markup."""
    return " ".join(text.split()).translate(_SHOWN)


def shortened(text: str, most: int = 40) -> str:
    """Return `text` as it is shown, its middle left out if it has more than `most` characters."""
    text = " ".join(text.split())
    if len(text) > most:
        half = (most - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    return literal(text)


def wrapped(text: str, width: int = 20, lines: int = 3) -> str:
    """Return `text` in up to so many lines of so many characters, the rest of it left out."""
    found = [""]
    for part in _parts(text, width):
        if len(found[-1]) + len(part.rstrip()) > width and found[-1]:
            found.append("")
        found[-1] += part
    if len(found) > lines:
        found[lines - 1] = found[lines - 1][: width - 1] + "…"
    return BREAK.join(literal(line) for line in found[:lines])


def _parts(text: str, width: int) -> Iterator[str]:
    """Yield what belongs on one line: words, or pieces of those that are longer than a line."""
    for word in text.split():
        pieces = [word] if len(word) <= width else _PART.findall(word)
        cut = [piece[at : at + width] for piece in pieces for at in range(0, len(piece), width)]
        yield from cut[:-1]
        yield f"{cut[-1]} "


def hover(lines: Iterable[str | None]) -> str:
    """Return what is shown of a point: a line each, the first one bold."""
    first, *others = (literal(line) for line in lines if line)
    return BREAK.join([f"<b>{first}</b>", *others])
