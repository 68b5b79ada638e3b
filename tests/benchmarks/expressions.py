"""Answers in mathematics as models write them: the golden one, the same otherwise, and a wrong one.

Of the kinds that AMPS_Hard and UGMathBench ask for, with numbers drawn anew for each.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec


class Expression(msgspec.Struct, frozen=True):
    """LaTeX of one value: `golden`, two `others` that are equal to it, and one that is `wrong`."""

    golden: str
    others: tuple[str, str]
    wrong: str


def expression(random: Random) -> Expression:
    """Return an expression of a kind that is drawn, too."""
    return random.choice(KINDS)(*(random.randint(2, 19) for _ in range(4)))


def _fraction(a: int, b: int, _c: int, _d: int) -> Expression:
    others = (rf"\dfrac{{{2 * a}}}{{{2 * (a + b)}}}", f"{a}/{a + b}")
    return Expression(rf"\frac{{{a}}}{{{a + b}}}", others, rf"\frac{{{a + 1}}}{{{a + b}}}")


def _root(a: int, b: int, _c: int, _d: int) -> Expression:
    others = (rf"\frac{{{b}}}{{\sqrt{{{a}}}}}", rf"\frac{{{2 * b}\sqrt{{{a}}}}}{{{2 * a}}}")
    return Expression(rf"\frac{{{b} \sqrt{{{a}}}}}{{{a}}}", others, rf"{b} \sqrt{{{a}}}")


def _factors(a: int, b: int, _c: int, _d: int) -> Expression:
    quadratic = f"x^2{a - b:+}x-{a * b}"
    others = (f"(x-{b})(x+{a})", quadratic)
    return Expression(f"(x+{a}) (x-{b})", others, f"(x-{a})(x+{b + 1})")


def _square(a: int, b: int, c: int, _d: int) -> Expression:
    golden = rf"{a} \left(x-\frac{{{b}}}{{2}}\right)^2+{c}"
    others = (rf"{a}(x-\frac{{{b}}}{{2}})^{{2}}+{c}", rf"{c}+{a}\left(\frac{{{b}}}{{2}}-x\right)^2")
    return Expression(golden, others, rf"{a}(x-{b})^2+{c}")


def _polynomial(a: int, b: int, c: int, _d: int) -> Expression:
    others = (f"-x^{{3}}+{a}x^{{2}}-{b}x+{c}", f"{c} - {b} x + {a} x^2 - x^3")
    return Expression(f"-x^3+{a} x^2-{b} x+{c}", others, f"-x^3+{a} x^2-{b} x-{c}")


def _derivative(a: int, b: int, c: int, _d: int) -> Expression:
    golden = rf"{a} x^{{{b}}} \cos ({c} x)-{b} \sin ({c} x)"
    others = (rf"{a}x^{{{b}}}\cos({c}x)-{b}\sin({c}x)", rf"-{b}\sin({c}x)+{a}x^{{{b}}}\cos({c}x)")
    return Expression(golden, others, rf"{a}x^{{{b}}}\cos({c}x)+{b}\sin({c}x)")


def _quotient(a: int, b: int, c: int, _d: int) -> Expression:
    golden = rf"\frac{{{a} x^2+{b}}}{{\left(x^2+{c}\right)^2}}"
    others = (
        rf"\frac{{{a}x^2+{b}}}{{(x^2+{c})^2}}",
        rf"\frac{{{a}x^2+{b}}}{{x^4+{2 * c}x^2+{c * c}}}",
    )
    return Expression(golden, others, rf"\frac{{{a}x^2-{b}}}{{(x^2+{c})^2}}")


def _identity(a: int, b: int, _c: int, _d: int) -> Expression:
    others = (rf"{a}\sin({2 * b}x)", rf"{a} \sin \left({2 * b} x\right)")
    golden = rf"{2 * a} \sin ({b} x) \cos ({b} x)"
    return Expression(golden, others, rf"{a}\cos({2 * b}x)")


def _logarithm(a: int, b: int, c: int, _d: int) -> Expression:
    golden = rf"\frac{{{a}}}{{{b}}} \log \left(x^2+{c}\right)"
    others = (rf"\frac{{{a}}}{{{b}}}\ln(x^2+{c})+C", rf"\frac{{{a}\ln(x^2+{c})}}{{{b}}}")
    return Expression(golden, others, rf"\frac{{{a}}}{{{b}}}\ln(x+{c})")


def _exponential(a: int, b: int, c: int, _d: int) -> Expression:
    golden = rf"\frac{{{a}}}{{{b}}} e^{{{b} x}}-{c} x^2"
    others = (
        rf"\frac{{{a}e^{{{b}x}}}}{{{b}}}-{c}x^{{2}}",
        rf"-{c}x^2+\frac{{{a}}}{{{b}}}e^{{{b}x}}",
    )
    return Expression(golden, others, rf"{a}e^{{{b}x}}-{c}x^2")


KINDS: tuple[Callable[[int, int, int, int], Expression], ...] = (
    _fraction,
    _root,
    _factors,
    _square,
    _polynomial,
    _derivative,
    _quotient,
    _identity,
    _logarithm,
    _exponential,
)
