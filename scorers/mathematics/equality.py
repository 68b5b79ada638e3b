"""When two SymPy expressions are equal, exactly or within a tolerance.

Everything here may take forever or raise anything: see `limits`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Any

# Intervals without end are cut off here, and where SymPy names no interval this one is taken.
_FAR_END = 1e4
_NEAR = (-10.0, 10.0)

Ends = tuple[float, float]
# Where all symbols are positive, on both sides of 1; and over all that a random point may be near.
POSITIVE: tuple[Ends, ...] = ((0.1, 0.9), (0.1, 0.9), (1.1, 4.0), (4.0, 9.0))
EVERYWHERE: tuple[Ends, ...] = (
    *POSITIVE,
    (50.0, 300.0),
    (-0.9, -0.1),
    (-9.0, -1.1),
    (-300.0, -50.0),
)
# So many points of an interval are looked at until one tells expressions apart.
_LOOKS = 2
# So many times a tolerance is far beyond it. Where there are decimal numbers, less than this share
# of a value may be rounding.
_FAR = 10
_ROUNDING = 1e-9


def with_pi(expression: Any) -> Any:
    r"""Return `expression` with the symbol that LaTeX `\pi` becomes replaced by its value."""
    from sympy import Symbol

    return expression.subs(Symbol("pi"), math.pi)


def relatively_close(value: Any, reference: Any, tolerance: float) -> bool:
    """Tell whether |value - reference| / |reference| <= tolerance, both evaluated.

    Raises TypeError when that cannot be told: of a symbol, or of 0 against 0.
    """
    exact = reference.evalf()
    return bool(abs((value.evalf() - exact) / exact) <= tolerance)


def has_symbols(expression: Any) -> bool:
    """Tell whether a symbol stands anywhere in `expression`."""
    from sympy import Symbol

    return bool(expression.has(Symbol))


def simplified_difference(first: Any, second: Any) -> Any:
    """Return first - second, simplified."""
    from sympy import simplify

    return simplify(first - second)


def regular(expression: Any) -> Any:
    """Return an expression of SymPy's parser with its sums and products flat and in order.

    What holds integrals or sums stays as it is.
    """
    return expression.doit() if _is_plain(expression) else expression


def far_apart(
    first: Any, second: Any, tolerance: float, *, where: Sequence[Ends] = POSITIVE
) -> bool:
    """Tell whether expressions differ by far more than `tolerance` everywhere; False: not known.

    They must do so at a random point of each interval of `where`, in which all symbols have values.
    Then no simplification makes them equal, not even one that takes all symbols for positive; nor
    are they two constants within a relative `tolerance`. Integrals and sums are not looked at.
    """
    if not (_is_plain(first) and _is_plain(second)):
        return False
    random = Random(123)  # noqa: S311 (points to look at, no secrets)
    clear, greatest = _FAR * tolerance, 0.0
    try:
        gap = _Gap(first, second, clear)
        for ends in where:
            shares = (gap.share_at(random, ends) for _ in range(_LOOKS))
            share = next(filter(None, shares), 0.0)
            if not share:
                return False
            greatest = max(greatest, share)
    except Exception:  # whatever SymPy raises, it is not known
        return False
    return greatest > clear


class _Gap:
    """The difference of two expressions, which is clear above an absolute bound."""

    def __init__(self, first: Any, second: Any, clear: float) -> None:
        from sympy import Float

        self._clear = clear
        self._expressions = (first - second, second)
        self._symbols = sorted(first.free_symbols | second.free_symbols, key=str)
        self._rounding = _ROUNDING if first.has(Float) or second.has(Float) else 0.0

    def share_at(self, random: Random, ends: Ends) -> float:
        """Return the difference as a share of the second value, at most 1; 0 if not clear."""
        point = {symbol: random.uniform(*ends) for symbol in self._symbols}
        # Not as Python's numbers, which end where products of many symbols begin.
        difference, size = (abs(one.evalf(subs=point)) for one in self._expressions)
        if not difference.is_finite or difference <= max(self._clear, self._rounding * size):
            return 0.0
        return 1.0 if difference > size else float(difference / size)


def _is_plain(expression: Any) -> bool:
    """Tell whether an expression holds nothing of which the value is found by a search."""
    from sympy import Derivative, Expr, Limit
    from sympy.concrete.expr_with_limits import ExprWithLimits

    slow = (Derivative, ExprWithLimits, Limit)
    return isinstance(expression, Expr) and not expression.has(*slow)


def is_multiple(first: Any, second: Any, *, whole: bool) -> bool:
    """Tell whether one expression is a number times the other, not 0: a `whole` one, if so said."""
    from sympy import simplify

    ratios = (simplify(above / below) for above, below in ((first, second), (second, first)))
    if whole:
        return any(ratio.is_Integer and ratio != 0 for ratio in ratios)
    return all(ratio.is_number and ratio.is_finite and ratio != 0 for ratio in ratios)


def vanishes(
    expression: Any, tolerance: float, *, rounds: int = 3, points: int = 100, seed: int = 123
) -> bool:
    """Tell whether |expression| <= tolerance at random points: `rounds` x `points` of them.

    In each round an interval of the domain is drawn for every symbol, and its values from that.
    Raises TypeError where a value is no number.
    """
    random = Random(seed)  # noqa: S311 (points to look at, no secrets)
    symbols = sorted(expression.free_symbols, key=str)
    domains = {symbol: intervals_of(expression, symbol) for symbol in symbols}
    for _ in range(rounds):
        drawn = {symbol: _bounded(random.choice(domains[symbol])) for symbol in symbols}
        for _ in range(points):
            values = {symbol: random.uniform(*ends) for symbol, ends in drawn.items()}
            if abs(expression.evalf(subs=values)) > tolerance:
                return False
    return True


def intervals_of(expression: Any, symbol: Any) -> list[tuple[float, float]]:
    """Return the real intervals of `symbol` on which `expression` is continuous.

    Where SymPy's answer is neither an interval nor a union of some, it is (-10, 10).
    """
    from sympy import S
    from sympy.calculus.util import continuous_domain

    domain = continuous_domain(expression, symbol, S.Reals)
    if domain.is_Union:
        return [(float(part.start), float(part.end)) for part in domain.args]
    if domain.is_Interval:
        return [(float(domain.start), float(domain.end))]
    return [_NEAR]


def _bounded(interval: tuple[float, float]) -> tuple[float, float]:
    start, end = interval
    return (-_FAR_END if start == -math.inf else start, _FAR_END if end == math.inf else end)
