"""Equality of SymPy expressions within a tolerance, and the limits on looking for it."""

from __future__ import annotations

import asyncio

import pytest

sympy = pytest.importorskip("sympy")

from evalrun.scorers.limited import LimitError  # noqa: E402
from evalrun.scorers.mathematics.equality import (  # noqa: E402
    EVERYWHERE,
    far_apart,
    intervals_of,
    is_multiple,
    regular,
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


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (x**2 + 1, x**2 + 3),
        (x**19 * y + 2, x**19 * y - 2),
        (sympy.sin(x), sympy.cos(x)),
        (sympy.Integer(2), sympy.Integer(3)),
        (sympy.sqrt(x), -sympy.sqrt(x)),
    ],
)
def test_what_differs_at_every_point_is_far_apart(first, second) -> None:
    assert far_apart(first, second, 1e-3)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (2 * sympy.sin(x) * sympy.cos(x), sympy.sin(2 * x)),
        # Equal where symbols are positive.
        (sympy.sqrt(x**2), x),
        (sympy.log(x * y), sympy.log(x) + sympy.log(y)),
        # Equal within a tolerance, absolute or relative.
        (x + sympy.Rational(1, 1000), x),
        (sympy.Integer(100_000), sympy.Integer(100_050)),
        (sympy.Float(1e12) * x, sympy.Float(1e12) * x + sympy.Float(0.02)),
        # Equal at some points.
        (x, 1 / x + (x - 1 / x) * sympy.Heaviside(x - 2)),
        # Not looked at, or no number.
        (sympy.Integral(x, (x, 0, 1)), sympy.Integer(7)),
        (sympy.Sum(x, (x, 1, 3)), sympy.Integer(7)),
        (sympy.zoo, sympy.Integer(1)),
        (sympy.Function("f")(x), x),
        (sympy.Eq(x, 1), sympy.Integer(1)),
    ],
)
def test_what_may_be_equal_is_not_said_to_be_far_apart(first, second) -> None:
    assert not far_apart(first, second, 1e-3)


def test_what_only_random_points_far_out_may_miss_is_not_far_apart() -> None:
    assert far_apart(1 / x**2, 2 / x**2, 1e-3)
    assert not far_apart(1 / x**2, 2 / x**2, 1e-3, where=EVERYWHERE)


def test_products_of_very_many_symbols_are_looked_at() -> None:
    letters = [sympy.Symbol(f"x{number}") for number in range(300)]
    assert far_apart(sympy.Mul(*letters), x, 1e-3, where=EVERYWHERE)


def test_sums_in_another_order_are_the_same_without_simplification() -> None:
    first, second = parse_latex("3x^2+2y"), parse_latex("2y+3x^2")
    assert first != second
    assert regular(first) == regular(second)
    assert regular(first) != regular(parse_latex("2y-3x^2"))


def test_integrals_are_not_evaluated() -> None:
    integral = sympy.Integral(x, x)
    assert regular(integral) == integral
