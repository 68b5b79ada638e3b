"""Comparisons that need SymPy: they may hang, so they are made in processes with limits."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, Protocol

from ..mathematics.equality import (
    EVERYWHERE,
    far_apart,
    has_symbols,
    is_multiple,
    regular,
    relatively_close,
    simplified_difference,
    vanishes,
    with_pi,
)
from ..mathematics.latex import parse_latex
from .normal_form import Variant

# The official judge widens its relative tolerance by this.
WIDENED = 1.01
_MANTISSA = 0.1
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)


class UndecidedError(Exception):
    """Only SymPy can tell."""


class Mathematics(Protocol):
    """Whether texts mean the same; any error but UndecidedError means that they do not."""

    def same_number(self, answer: str, golden: str) -> bool:
        """Compare numbers, neither of which Python's own parser found close to the other."""
        ...

    def same_expression(self, answer: str, golden: str) -> bool:
        """Compare expressions."""
        ...

    def same_equation(self, answer: str, golden: str) -> bool:
        """Compare equations."""
        ...


class Arithmetic:
    """Decides what plain decimal numbers decide. Raises UndecidedError for anything else."""

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance

    def same_number(self, answer: str, golden: str) -> bool:
        """Tell what SymPy would, of numbers such as -12.5."""
        value, reference = _plain(answer), _plain(golden)
        if reference == 0:
            return False
        return abs((value - reference) / reference) <= self._tolerance * WIDENED

    def same_expression(self, answer: str, golden: str) -> bool:
        """Tell what SymPy would, of numbers such as -12.5."""
        value, reference = _plain(right_side(answer)), _plain(right_side(golden))
        return value == reference or floats_close(value, reference, self._tolerance)

    def same_equation(self, answer: str, golden: str) -> bool:  # noqa: ARG002 (Mathematics)
        """Leave every equation to SymPy."""
        raise UndecidedError


class SymbolicMathematics:
    """Decides by SymPy. `tolerance` is relative for numbers, absolute for differences."""

    def __init__(self, tolerance: float, variant: Variant) -> None:
        self._tolerance = tolerance
        self._fixed = variant == "fixed"
        self._hybrid = variant == "hybrid"

    def same_number(self, answer: str, golden: str) -> bool:
        """Compare values, then numbers in scientific notation by exponent and mantissa.

        Source: `judge_single_numerical_value`.
        """
        value, reference = with_pi(parse_latex(answer)), with_pi(parse_latex(golden))
        if self._fixed and reference.evalf() == 0:
            return bool(abs(value.evalf()) <= self._tolerance)
        if not self._fixed and _is_lost_in_infinity(value, reference):
            return True
        if relatively_close(value, reference, self._tolerance * WIDENED):
            return True
        if is_scientific(value) and not is_scientific(reference):
            reference = parse_latex(_scientific(float(golden)))
        elif is_scientific(reference) and not is_scientific(value):
            value = parse_latex(_scientific(float(answer)))
        if is_scientific(value) and is_scientific(reference):
            return _same_scientific(value, reference)
        return bool(value.evalf() == reference.evalf())

    def same_expression(self, answer: str, golden: str) -> bool:
        """Compare after trigonometric simplification, then values or differences at random points.

        Source: `judge_expression`, whose random points leave all symbols but one as they are, so
        that differences of several symbols must simplify to a number. Raises whatever SymPy raises
        before something is compared.
        """
        first, second = _expression(right_side(answer)), _expression(right_side(golden))
        told = self._told_at_once(first, second)
        if told is not None:
            return told
        first, second = _simplified(first), _simplified(second)
        if first == second:
            return True
        try:
            if not has_symbols(first) and not has_symbols(second):
                return self._same_value(first, second)
            return self._same_function(first, second)
        except Exception:
            return False

    def same_equation(self, answer: str, golden: str) -> bool:
        """Compare what is left when all stands on one side: the same, or a whole multiple.

        `fixed` takes any multiple. Source: `judge_equation`.
        """
        first, second = self._one_sided(answer), self._one_sided(golden)
        if simplified_difference(first, second) == 0:
            return True
        return is_multiple(first, second, whole=not self._fixed)

    def _told_at_once(self, first: Any, second: Any) -> bool | None:
        """Return whether expressions are the same, without simplification; None: it must tell.

        The same sums and products are the same simplified, and of what is far apart everywhere
        random points say so, too. Simplification takes a hundred times longer to come to that.
        """
        first, second = regular(first), regular(second)
        if first == second:
            return True
        if not has_symbols(first) and not has_symbols(second):
            return None
        return False if far_apart(first, second, self._tolerance, where=EVERYWHERE) else None

    def _same_value(self, first: Any, second: Any) -> bool:
        if self._fixed and second.evalf() == 0:
            return bool(abs(first.evalf()) <= self._tolerance)
        if self._fixed:
            return relatively_close(first, second, self._tolerance * WIDENED)
        value, reference = float(first), float(second)
        same = value == reference and first.is_Number and second.is_Number
        return same or floats_close(value, reference, self._tolerance)

    def _same_function(self, first: Any, second: Any) -> bool:
        difference = simplified_difference(first, second)
        value = difference.evalf()
        if not has_symbols(value):
            return bool(abs(value) < self._tolerance)
        if len(difference.free_symbols) > 1 and not self._fixed:
            return False
        return vanishes(difference, self._tolerance)

    def _one_sided(self, equation: str) -> Any:
        """Return left less right side, simplified; `hybrid` takes an expression for "= 0"."""
        from sympy import Eq, simplify

        sides = equation.split("=")
        if self._hybrid and len(sides) != 2:
            sides = [equation, "0"]
        left, right = map(parse_latex, sides)
        if not self._hybrid and not isinstance(Eq(left, right), Eq):
            raise ValueError(f"always true or always false: {equation:.80}")
        return simplify(left - right)


def right_side(expression: str) -> str:
    """Return what stands between the first "=" and the next, or the whole expression."""
    return (expression.split("=")[1] if "=" in expression else expression).strip()


def floats_close(value: float, reference: float, tolerance: float) -> bool:
    """Tell whether |value - reference| / |reference| <= tolerance, the latter with six decimals.

    A reference that rounds to 0 is close to nothing.
    """
    rounded = round(reference, 6)
    if rounded == 0:
        return False
    return abs((value - rounded) / rounded) <= tolerance * WIDENED


def _expression(text: str) -> Any:
    return with_pi(parse_latex(text))


@lru_cache(maxsize=1024)
def _simplified(expression: Any) -> Any:
    """Return an expression, its trigonometric functions simplified."""
    from sympy import trigsimp

    return trigsimp(expression)


def _is_lost_in_infinity(value: Any, reference: Any) -> bool:
    """Tell whether SymPy 1.12, the judge's, finds (x - oo) / oo = 0, so that any x equals oo.

    That is so of every expression with symbols, also against oo times something. Later versions
    find no number.
    """
    from sympy import Expr, Mul, oo

    if not isinstance(value, Expr) or not has_symbols(value) or value.has(oo):
        return False
    return any(factor.is_infinite for factor in Mul.make_args(reference.evalf()))


def is_scientific(expression: Any) -> bool:
    """Tell whether an expression is a product whose second factor is a power of ten."""
    from sympy import Mul, Pow

    if not isinstance(expression, Mul):
        return False
    second: Any = expression.args[1]
    return isinstance(second, Pow) and bool(second.args[0] == 10)


def _same_scientific(value: Any, reference: Any) -> bool:
    (mantissa, power), (golden_mantissa, golden_power) = value.args[:2], reference.args[:2]
    if power.args[1].evalf() != golden_power.args[1].evalf():
        return False
    return bool(abs(mantissa.evalf() - golden_mantissa.evalf()) <= _MANTISSA * WIDENED)


def _scientific(value: float) -> str:
    """Return `value` in LaTeX with two decimals, as the official judge writes it."""
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa}\\times 10^{{{int(exponent)}}}"


def _plain(text: str) -> float:
    """Return the value of digits with or without a decimal point. Raises UndecidedError."""
    if _PLAIN.fullmatch(text) is None:
        raise UndecidedError
    value = float(text)
    if not math.isfinite(value):
        raise UndecidedError
    return value
