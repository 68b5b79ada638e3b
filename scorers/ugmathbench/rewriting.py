"""One text for the ways of writing the same mathematics.

Source: `norm_math_str` of the official judge and what it calls. Its flaws are kept: `U`, "and" and
":" are rewritten inside of words, and a power stands behind each function it knows.
"""

from __future__ import annotations

import re

from .brackets import first_pair, without_outer_pairs
from .vocabulary import VOCABULARY, replaced, without_ends

_NAMES = "|".join(VOCABULARY.functions)
_ARRAY = r"\begin{array}"

_DEGREES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(\d+) ?\^?\\?circ$"), r"\1"),
    (re.compile(r"(\d+) ?\^?\\?circ"), r"{\1*\\frac{\\pi}{180}}"),
)
_FUNCTIONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"(?<!\\)(pi\b|{_NAMES})"), r"\\\1"),
    (re.compile(rf"\\?({_NAMES})\^(\d+)"), r"\\\1^{\2}"),
    (re.compile(rf"\\?({_NAMES})(?!\^)"), r"\\\1^{1}"),
    (re.compile(r"{[a-z]?matrix}"), r"{array}"),
    (re.compile(r"\\begin{array}{[lcr]*}"), r"\\begin{array}{}"),
)
_ZEROS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(\d+)\.0+([^\d])"), r"\1\2"),
    (re.compile(r"(\d+)\.0+$"), r"\1"),
)
_UNITS = tuple(re.compile(rf"(?<=[-\d.*^{{}}])(?:{unit})e?s?$") for unit in VOCABULARY.units)
_ALTERNATIVE = re.compile(r"[^a-z]or(?:x|[^a-z])")
_ROOTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\\?sqrt[({\[](\w+)[)}\]]"), r"\\sqrt{\1}"),
    (re.compile(r"\\?sqrt\s*(\d+)"), r"\\sqrt{\1}"),
)
_SLASH = re.compile(r"(\b\d+\..*|sqrt\(.*?\))/(\d+\..*|sqrt\(.*?\)\b)")
_MEMBERSHIP = re.compile(r"^[a-z]\\in")
_LEFT_SIDE = re.compile(
    rf"(?:[a-z]|[A-Z]{{2}}|\\?(?:{'|'.join(VOCABULARY.left_sides)}))"
    r"\^?{?-?(?:'|\\prime|\d)*}?(?:\(-?(?:[\d.]+|[a-z])?\))?$"
)
_LETTER = re.compile("[a-zA-Z]")
_PLUS_MINUS = re.compile(r"([\w.\\{}+\-*^]+?)(?:\\pm|\\mp)([\w.\\{}+\-*^]+)")
_LEADING_ZEROS = re.compile(r"^0+([1-9])")
_MID = re.compile(r"\\mid([a-z])")
_NUMBERS = {word: str(value) for value, word in enumerate(VOCABULARY.numbers, start=1)}


def normal_mathematics(text: str, *, keep_equation: bool = False) -> str:
    """Return `text` in the form in which answers are compared.

    Left sides such as "y =" are dropped, unless equations are kept.
    """
    text = _rewritten(without_ends(text, VOCABULARY.leading, VOCABULARY.trailing))
    if not text:
        return text
    text = "0" + text if text[0] == "." else text
    parts = _elements(text) if _is_set(text) else [text]
    text = ",".join(_element(part, keep_equation=keep_equation) for part in parts)
    if "," not in text:
        text = without_outer_pairs(text)
    text = _MID.sub(r"\\mid \1", _NUMBERS.get(text, text))
    return _inequalities(without_ends(text, VOCABULARY.leading, VOCABULARY.trailing))


def _rewritten(text: str) -> str:
    """Return `text` after everything that is done to it as a whole."""
    text = replaced(text, VOCABULARY.marks)
    if "\\infty" not in text:
        text = text.replace("inf", "\\infty")
    text = text.replace(" ", "")
    for command in VOCABULARY.commands:
        text = _unwrapped(text, command)
    for name in VOCABULARY.environments:
        text = text.replace(f"\\begin{{{name}}}", "").replace(f"\\end{{{name}}}", "")
    text = _substituted(text.replace("rad", ""), _DEGREES)
    text = _substituted(replaced(text, VOCABULARY.inverse), _FUNCTIONS)
    if _ARRAY not in text:
        text = text.replace("\\\\", "")
    if "j" in text and "i" not in text:
        text = text.replace("j", "i")
    text = _substituted(text, _ZEROS)
    for unit in _UNITS:
        text = unit.sub("", text, count=1)
    return text


def _substituted(text: str, rules: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text


def _unwrapped(text: str, command: str) -> str:
    """Return `text` without the first `command`: `{...}` behind it or around it loses its braces.

    Source: `remove_latex_cmd`.
    """
    before, found, after = text.partition(command)
    if not found:
        return text
    before, after = before.strip(), after.strip()
    if after.startswith("{"):
        start, end = first_pair(after, "{", "}")
        if end >= 0:
            after = after[:start] + after[start + 1 : end] + after[end + 1 :]
    elif before.endswith("{") and "}" in after:
        before, after = before[:-1], after.replace("}", "", 1)
    return before + after


def _is_set(text: str) -> bool:
    return (
        _ALTERNATIVE.search(text) is not None
        or (text.startswith("{") and text.endswith("}"))
        or (text.startswith("\\{") and text.endswith("\\}"))
    )


def _elements(text: str) -> list[str]:
    """Return the different elements of a set, sorted."""
    parts = without_outer_pairs(text).replace("or", ",").split(",")
    return sorted({part.strip() for part in parts})


def _element(text: str, *, keep_equation: bool) -> str:
    text = _substituted(text, _ROOTS)
    text = _fractions("\\" + text if text.startswith("frac") else text)
    text = _SLASH.sub(r"\\frac{\1}{\2}", text)
    text = _MEMBERSHIP.sub("", text)
    if "," not in text:
        text = without_outer_pairs(text)
    if _ARRAY not in text and not keep_equation:
        text = _right_side(text)
    return _LEADING_ZEROS.sub(r"\1", _plus_minus(text))


def _right_side(text: str) -> str:
    """Return what "y=" and the like stand before, or the last member of a chain of equalities."""
    sides = text.split("=")
    if len(sides) > 2:
        return sides[-1]
    if len(sides) == 2 and _LEFT_SIDE.match(sides[0].strip()):
        return sides[1]
    if len(sides) == 2 and not _LETTER.search(sides[0]):
        return sides[1]
    return text


def _fractions(text: str) -> str:
    r"""Return `text` with braces around the parts of each `\frac12`. Source: `fix_fracs`."""
    first, *rest = text.split("\\frac")
    done = first
    for part in rest:
        if part.startswith("{"):
            done += "\\frac" + part
        elif len(part) < 2:
            return text
        elif part[1] == "{":
            done += f"\\frac{{{part[0]}}}{part[1:]}"
        else:
            done += f"\\frac{{{part[0]}}}{{{part[1]}}}{part[2:]}"
    return done


def _plus_minus(text: str) -> str:
    r"""Return "a\pm b" as "a-b,a+b"; without one, brackets around `text` stay."""
    if "\\pm" not in text and "\\mp" not in text:
        return text
    bare = without_outer_pairs(text)
    both = _PLUS_MINUS.sub(r"\1-\2,\1+\2", bare)
    return text if both == bare else both


def _inequalities(text: str) -> str:
    """Return `text` with commas for the signs of a double inequality, unless it has commas."""
    for sign in "<>":
        if text.count(sign) > 1 and not any(word in text.lower() for word in (",", "and", "or")):
            text = text.replace(sign, ",")
    return text
