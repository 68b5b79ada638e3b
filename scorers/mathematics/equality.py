"""When two SymPy expressions are equal, exactly or within a tolerance.

Everything here may take forever or raise anything: see `limits`.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any

# Intervals without end are cut off here, and where SymPy names no interval this one is taken.
_FAR = 1e4
_NEAR = (-10.0, 10.0)


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
    return (-_FAR if start == -math.inf else start, _FAR if end == math.inf else end)
