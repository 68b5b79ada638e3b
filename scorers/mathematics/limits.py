"""Symbolic mathematics with limits on time and memory."""

from __future__ import annotations

from importlib.util import find_spec

from ...core.errors import MissingExtraError
from ..limited import LimitedCalls
from .latex import parse_latex


def require_sympy() -> None:
    """Raise MissingExtraError unless SymPy is installed, since other processes could not say so."""
    if find_spec("sympy") is None:
        raise MissingExtraError("symbolic mathematics", "math")


def symbolic_calls(*, processes: int = 2) -> LimitedCalls:
    """Return calls in processes that have SymPy and its LaTeX grammar loaded before the first.

    So the time limit of a call is that of its mathematics.
    """
    return LimitedCalls(processes=processes, prepare=_warm_up)


def _warm_up() -> None:
    from sympy import simplify, trigsimp

    # Grammar, caches of the automaton, and the modules that simplify imports when first called.
    for text in (r"\frac{1}{2}x^{2}-\sqrt{3}", r"\sin(2x)+\cos(x)^2", r"3\times10^{4}", "e^{-x}"):
        simplify(trigsimp(parse_latex(text)))
