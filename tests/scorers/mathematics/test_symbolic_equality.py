"""Equality of SymPy expressions within a tolerance, and the limits on looking for it."""

from __future__ import annotations

import asyncio

import pytest

sympy = pytest.importorskip("sympy")

from evalrun.scorers.limited import LimitError  # noqa: E402
from evalrun.scorers.mathematics.equality import (  # noqa: E402
    intervals_of,
    is_multiple,
    relatively_close,
    vanishes,
    with_pi,
)
from evalrun.scorers.mathematics.latex import parse_latex  # noqa: E402
from evalrun.scorers.mathematics.limits import symbolic_calls  # noqa: E402

x, y = sympy.symbols("x y")


def number(value: float):
    return sympy.Float(value)


@pytest.mark.parametrize(
    ("value", "close"), [(100.0, True), (100.09, True), (99.91, True), (100.2, False), (0.0, False)]
)
def test_closeness_is_relative_to_the_reference(value, close) -> None:
    assert relatively_close(number(value), number(100.0), 1e-3) is close


def test_nothing_is_close_to_zero_and_zero_is_no_case() -> None:
    assert not relatively_close(number(1e-9), sympy.Integer(0), 1e-3)
    with pytest.raises(TypeError):
        relatively_close(sympy.Integer(0), sympy.Integer(0), 1e-3)
    with pytest.raises(TypeError):
        relatively_close(x, number(1.0), 1e-3)


def test_the_symbol_pi_gets_its_value() -> None:
    assert float(with_pi(parse_latex(r"2\pi"))) == pytest.approx(6.283185307)


def test_what_is_small_everywhere_vanishes() -> None:
    assert vanishes(x - x + number(1e-6), 1e-3)
    assert vanishes(sympy.sin(x) * number(1e-4), 1e-3)
    assert not vanishes(x * number(1e-4), 1e-3)
    assert not vanishes(x - y, 1e-3)
    assert vanishes((x * y - y * x + number(1e-5)).subs(x, x), 1e-3)


def test_points_are_taken_from_the_domain() -> None:
    assert intervals_of(sympy.log(x), x) == [(0.0, float("inf"))]
    assert sorted(intervals_of(1 / x, x)) == [(-float("inf"), 0.0), (0.0, float("inf"))]


@pytest.mark.parametrize(
    ("factor", "whole", "any_number"),
    [
        (sympy.Integer(2), True, True),
        (sympy.Integer(-1), True, True),
        (sympy.Rational(1, 3), True, True),
        (sympy.Rational(2, 3), False, True),
        (x, False, False),
        (sympy.Integer(0), False, False),
    ],
)
def test_multiples_are_told(factor, whole, any_number) -> None:
    equation = x - y
    assert is_multiple(factor * equation, equation, whole=True) is whole
    assert is_multiple(factor * equation, equation, whole=False) is any_number


def evaluated(text: str) -> str:
    return str(sympy.simplify(parse_latex(text).doit()))


def test_what_takes_too_long_is_stopped_and_others_are_served() -> None:
    calls = symbolic_calls(processes=1)

    async def both() -> str:
        with pytest.raises(LimitError):
            await calls.call(evaluated, "9^{9^{9}}", timeout_s=2.0)
        return await calls.call(evaluated, "2^{3}", timeout_s=30.0)

    try:
        assert asyncio.run(both()) == "8"
    finally:
        calls.close()
