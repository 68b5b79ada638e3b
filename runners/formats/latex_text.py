"""Plain text as LaTeX source that pdfLaTeX sets with its standard fonts."""

from __future__ import annotations

import re
from itertools import groupby
from unicodedata import lookup, normalize

# Letters, digits and signs that pdfLaTeX sets as they stand, wherever they stand.
_PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .:;!?()[]+*/=@'-,"
)

_SPECIAL = {
    "\\": "\\textbackslash{}",
    "{": "\\{",
    "}": "\\}",
    "&": "\\&",
    "%": "\\%",
    "$": "\\$",
    "#": "\\#",
    "_": "\\_",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
    "|": "\\textbar{}",
    '"': "\\textquotedbl{}",
    "`": "\\textasciigrave{}",
}

_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0323": "d",
    "\u0327": "c",
    "\u0328": "k",
    "\u0331": "b",
}

_LETTERS = {
    "ß": "\\ss{}",
    "æ": "\\ae{}",
    "Æ": "\\AE{}",
    "œ": "\\oe{}",
    "Œ": "\\OE{}",
    "ø": "\\o{}",
    "Ø": "\\O{}",
    "ł": "\\l{}",
    "Ł": "\\L{}",
    "đ": "\\dj{}",
    "Đ": "\\DJ{}",
    "ð": "\\dh{}",
    "Ð": "\\DH{}",
    "þ": "\\th{}",
    "Þ": "\\TH{}",
}

_SIGNS = {
    "\N{HYPHEN}": "-",
    "\N{NON-BREAKING HYPHEN}": "-",
    "\N{EN DASH}": "\\textendash{}",
    "\N{EM DASH}": "\\textemdash{}",
    "\N{LEFT SINGLE QUOTATION MARK}": "\\textquoteleft{}",
    "\N{RIGHT SINGLE QUOTATION MARK}": "\\textquoteright{}",
    "\N{LEFT DOUBLE QUOTATION MARK}": "\\textquotedblleft{}",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "\\textquotedblright{}",
    "…": "\\dots{}",
    "†": "\\dag{}",
    "‡": "\\ddag{}",
    "§": "\\S{}",
    "¶": "\\P{}",
    "©": "\\copyright{}",
    "£": "\\pounds{}",
}

_MATHS = {
    "±": "\\pm",
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": "\\times",
    "÷": "\\div",
    "·": "\\cdot",
    "•": "\\bullet",
    "°": "^\\circ",
    "µ": "\\mu",
    "≤": "\\leq",
    "≥": "\\geq",
    "≠": "\\neq",
    "≈": "\\approx",
    "\N{TILDE OPERATOR}": "\\sim",
    "∞": "\\infty",
    "√": "\\surd",
    "←": "\\leftarrow",
    "→": "\\rightarrow",
    "↑": "\\uparrow",
    "↓": "\\downarrow",
    "↔": "\\leftrightarrow",
    **{sign: f"^{{{i}}}" for i, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{sign: f"_{{{i}}}" for i, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}

# Unicode calls the letter lamda. Capitals that look like Latin ones have no command.
_SMALL_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega"
)
_CAPITAL_GREEK = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
_GREEK = {
    lookup(f"GREEK {case} LETTER {name.upper().replace('LAMBDA', 'LAMDA')}"): f"\\{name}"
    for case, names in (("SMALL", _SMALL_GREEK), ("CAPITAL", _CAPITAL_GREEK))
    for name in names.split()
}

_KNOWN = {
    **_SPECIAL,
    **_LETTERS,
    **_SIGNS,
    **{sign: f"\\ensuremath{{{command}}}" for sign, command in (_MATHS | _GREEK).items()},
}

# Between two of a sign that fonts draw as one: "--" is a dash, ",," a German quotation mark.
_LIGATURE = re.compile(r"(?<=([-,']))(?=\1)")


def latex_text(text: str) -> str:
    """Return `text`, on one line, as ASCII source of pdfLaTeX with the T1 encoding.

    Runs of characters that it has no glyphs for become their code points: `[U+4F60 U+597D]`.
    """
    parts: list[str] = []
    for known, chars in groupby(_normal(text), lambda char: _source(char) is not None):
        if known:
            parts.append(_LIGATURE.sub("{}", "".join(_source(char) or "" for char in chars)))
        else:
            parts.append(f"[{' '.join(f'U+{ord(char):04X}' for char in chars)}]")
    return "".join(parts)


def shows_code_points(text: str) -> bool:
    """Tell whether `text` has characters that only code points can show."""
    return any(_source(char) is None for char in _normal(text))


def _normal(text: str) -> str:
    return normalize("NFC", " ".join(text.split()))


def _source(char: str) -> str | None:
    """Return the source of one character, None where pdfLaTeX has no glyph for it."""
    if char in _PLAIN:
        return char
    if char in _KNOWN:
        return _KNOWN[char]
    base, *marks = normalize("NFD", char)
    if len(marks) == 1 and marks[0] in _ACCENTS and base.isascii() and base.isalpha():
        return f"\\{_ACCENTS[marks[0]]}{{{base}}}"
    return None
