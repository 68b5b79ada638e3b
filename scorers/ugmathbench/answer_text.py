"""The answers in a reply: where they stand, and how they are cut apart."""

from __future__ import annotations

import re

from ..extraction.boxed import last_boxed
from .vocabulary import VOCABULARY, replaced, without_ends

# All that stands before the last of each is cut off, in this order.
_CUTS = ("herefore", "####", "# Answer")
_BOX = r"\boxed{"
# What precedes an answer, in the order in which they are looked for.
_ANNOUNCEMENTS = ("answer is", "answer:", "answer :")
_POSTPONED = ("is the ans", "is our ans")
_CLAUSE_END = re.compile(r"[,.]|!\|?")
_WRAPPED = re.compile(r"\\(?:mathrm|mathbf)\{~?([^}]*)\}")
_TEXT = re.compile(r"\\text\{(.*?)\}")
_BOLD = re.compile(r"\\textbf\{(.*?)\}")
_SHORT_FRACTION = re.compile(r"frac([^{])(.)")
_SHORT_ROOT = re.compile(r"sqrt([^{])")


def official_answer(reply: str) -> str | None:
    """Return the text that the official judge takes for the answers; "" or None: there is none.

    Source: `extract_explicit_ans` and `extract_boxed_answer` with `strict_extract`.
    """
    text = without_ends(reply, "", VOCABULARY.trailing)
    for cut in _CUTS:
        if cut in text:
            text = text.rpartition(cut)[2].strip()
    return _boxed(text) if "oxed{" in text else _announced(text)


def fixed_answer(reply: str) -> str | None:
    """Return the content of the last box of a reply, wherever it stands, or what is announced."""
    content = last_boxed(reply)
    return official_answer(reply) if content is None else cleaned(content)


def cleaned(content: str) -> str:
    """Return the content of a box without marks of layout. Source: `normalize_answer`."""
    content = replaced(content, VOCABULARY.box_marks)
    for pattern in (_WRAPPED, _TEXT, _BOLD):
        content = pattern.sub(r"\1", content)
    content = _SHORT_FRACTION.sub(r"frac{\1}{\2}", content)
    content = _SHORT_ROOT.sub(r"sqrt{\1}", content)
    return content.strip().strip("$").strip()


def _boxed(text: str) -> str:
    r"""Return the content of the last box, or of the first if the last is no `\boxed{...}`.

    Without either it is the whole text.
    """
    start = text.rfind(r"\boxed")
    start = start if start >= 0 else text.rfind(r"\fbox")
    end = _closed(text, start) if start >= 0 else -1
    if end >= 0 and text.startswith(_BOX, start):
        return cleaned(text[start + len(_BOX) : end])
    first = text.find(_BOX)
    end = _closed(text, first) if first >= 0 else -1
    content = text[first + len(_BOX) : end] if end >= 0 else ""
    return cleaned(content) if content else text


def _closed(text: str, start: int) -> int:
    """Return where the braces that follow `start` are balanced for the first time, or -1."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, start):
        depth += 1 if match[0] == "{" else -1
        if match[0] == "}" and depth == 0:
            return match.start()
    return -1


def _announced(text: str) -> str | None:
    found = _announcement(text)
    if found is not None and found.startswith("$") and found.endswith("$"):
        return found[1:-1]
    return found


def _announcement(text: str) -> str | None:
    for mark in _POSTPONED:
        if mark in text:
            return _CLAUSE_END.split(text.split(mark)[-2].strip())[-1].strip()
    for mark in _ANNOUNCEMENTS:
        if mark in text:
            return text.rpartition(mark)[2].strip()
    return None
