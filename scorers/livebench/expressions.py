"""Whether two LaTeX expressions are equal: functions for processes with limits."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ...core.errors import MissingExtraError
from ..mathematics.equality import far_apart
from ..mathematics.lark_latex import lark_readings
from .reading import official_box, without

_INTEGRATION_CONSTANTS = ("+C", "+ C", "+ c", "+c")
_SIZES = ("\\left", "\\right", "\\bigl", "\\bigr", "\\Bigl", "\\Bigr", "\\,", "\\;")
# Shorthand of LaTeX, in this order. Source: Lewkowycz et al. 2022 (arXiv 2206.14858), appendix D.
_SHORTHAND = (
    (re.compile(r"(\\text\{)(.*?)(\})"), r"\2"),
    (re.compile(r"(\\textbf\{)(.*?)(\})"), r"\2"),
    (re.compile(r"(\\overline\{)(.*?)(\})"), r"\2"),
    (re.compile(r"(\\boxed\{)(.*)(\})"), r"\2"),
    (re.compile(r"(frac)([^{])(.)"), r"frac{\2}{\3}"),
    (re.compile(r"(sqrt)([^{\[])"), r"sqrt{\2}"),
)
# Absolute, of expressions and of values of integrals.
_TOLERANCE = 1e-3
_VALUE_TOLERANCE = 1e-5
_OR = "\\quad \\text{or} \\quad"


def amps_answer(reply: str) -> str | None:
    """Return the expression in the last box of `reply`, or else in its last `$...$`; or None.

    Raises ReplyError.
    """
    box = official_box(reply)
    if box is not None:
        return _normal(box)
    close = reply.rfind("$")
    if reply.count("$") < 2:
        return None
    if reply[close - 1] == "$":
        close -= 1
    math = reply[reply.rfind("$", 0, close) + 1 : close]
    if "=" in math:
        math = math.split("=")[-1].strip()
    elif _OR in math:
        math = math.split(_OR)[-1].strip()
    return _normal(math)


def amps_reply(reply: str) -> str:
    """Return `reply` on one line, without constants of integration, sizes and thin spaces."""
    reply = without(reply, *_INTEGRATION_CONSTANTS).replace("\\\\fbox{", "\\\\boxed{")
    reply = reply.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    return without(reply, *_SIZES, "\n").replace("\\cdot", "*")


def amps_truth(truth: str) -> str:
    """Return a golden expression as it is compared."""
    return without(truth, "\\left", "\\right").replace(" ^", "^").replace("\\ ", "*")


def amps_grade(truth: str, reply: str) -> tuple[bool | None, str | None]:
    """Tell whether `reply` is right, and what it answers. None means: sympy finds no equality.

    Raises ReplyError, MissingExtraError. Source: `amps_hard_process_results`.
    """
    golden, text = amps_truth(truth), amps_reply(reply)
    answer = amps_answer(text)
    if answer is not None:
        return equal(golden, answer) or None, answer
    text = text.removesuffix(".")
    right = text[-len(golden) :] == golden
    return right, golden if right else None


@lru_cache(maxsize=4096)
def equal(a: str, b: str) -> bool:
    """Tell whether a reading of `a` less a reading of `b` simplifies to 0, or is below 0.001.

    Raises MissingExtraError.
    """
    return any(_differ_by_nothing(x, y) for x in _readings(a) for y in _readings(b))


def integral_grade(truth: str, reply: str) -> tuple[bool, str | None]:
    """Tell whether the last solution, the last box or the end of `reply` has the value `truth`.

    Raises ReplyError, MissingExtraError. Source: `integrals_with_game/utils.py`.
    """
    golden = _value(truth)
    if golden is None:
        return False, None
    tagged = re.findall(r"<solution>(.*?)</solution>", reply, re.IGNORECASE | re.DOTALL)
    texts = [tagged[-1].strip()] if tagged else []
    if texts and texts[0] and _same_value(golden, _value(texts[0])):
        return True, texts[0]
    box = official_box(reply.replace("\\\\fbox{", "\\\\boxed{"))
    if box is not None and _same_value(golden, _value(box)):
        return True, box
    right = _plain(truth) in _plain(reply[-200:])
    return right, truth if right else (box or next(iter(texts), None))


def _normal(answer: str) -> str:
    """Return an answer with LaTeX shorthand written out. It holds no dollar sign."""
    answer = answer.rsplit("=", maxsplit=1)[-1]
    for pattern, replacement in _SHORTHAND:
        answer = pattern.sub(replacement, answer)
    bare = answer.replace(",", "")
    return bare if bare.isdigit() else answer


def _differ_by_nothing(x: Any, y: Any) -> bool:
    import sympy

    if far_apart(x, y, _TOLERANCE):
        return False
    try:
        difference = sympy.simplify(x - y)
        return bool(difference == 0) or bool(sympy.Abs(difference) < _TOLERANCE)
    except Exception:
        return False


@lru_cache(maxsize=1024)
def _readings(text: str) -> tuple[Any, ...]:
    """Return what `text` may mean: several expressions where it is ambiguous, none if unreadable.

    Raises MissingExtraError.
    """
    for attempt in _attempts(text):
        try:
            return lark_readings(attempt)
        except MissingExtraError:
            raise
        except Exception:  # noqa: S112 - parsers of mathematics raise whatever they meet
            continue
    return _by_latex2sympy(text)


def _by_latex2sympy(text: str) -> tuple[Any, ...]:
    try:
        from latex2sympy2_extended import latex2sympy
    except ImportError:
        raise MissingExtraError("grading mathematics", "math") from None
    for attempt in _attempts(text):
        try:
            return (latex2sympy(attempt),)
        except Exception:  # noqa: S112 - as above
            continue
    return ()


def _attempts(text: str) -> tuple[str, ...]:
    """Return `text`, and with backslashes for doubled ones if it has any."""
    return tuple(dict.fromkeys((text, text.replace("\\\\", "\\"))))


def _plain(text: str) -> str:
    text = text.strip().replace("\\\\", "\\")
    text = text.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    text = without(text, *_SIZES[:6]).replace("\\cdot", "*")
    return without(text, "\\,", "\\;", "\n", " ")


def _value(text: str) -> Any:
    """Return the number or expression that `text` is; None if unreadable."""
    text = _plain(text)
    number = _fraction(text)
    if number is not None:
        import sympy

        return sympy.Rational(number.numerator, number.denominator)
    try:
        return lark_readings(text)[0]
    except MissingExtraError:
        raise
    except Exception:
        return None


def _fraction(text: str) -> Fraction | None:
    r"""Return a number written as 3, 1/2, 0.5 or `\frac{1}{2}`."""
    latex = re.match(r"\\frac\{(\d+)\}\{(\d+)\}", text)
    try:
        if latex:
            return Fraction(int(latex[1]), int(latex[2]))
        return Fraction(text) if "/" in text else Fraction(text).limit_denominator(10**7)
    except (ValueError, ZeroDivisionError):
        return None


def _same_value(golden: Any, value: Any) -> bool:
    import sympy

    if value is None or far_apart(golden, value, _VALUE_TOLERANCE):
        return False
    try:
        difference = sympy.simplify(golden - value)
        return bool(difference == 0) or bool(sympy.Abs(difference).evalf() < _VALUE_TOLERANCE)
    except Exception:
        return False
