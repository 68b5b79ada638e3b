"""Arithmetic formulas: how they are drawn at random, evaluated and written."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import msgspec

Notation = Literal["infix", "prefix", "postfix"]
Operator = Literal["+", "-", "*", "/", "^"]

NOTATIONS: tuple[Notation, ...] = ("infix", "postfix", "prefix")

_STRENGTH: dict[str, int] = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}
# Exponents are literals, so that powers stay small.
_EXPONENTS = (1, 2, 3)


class Operation(msgspec.Struct, frozen=True):
    """Two formulas and the operator between them."""

    operator: Operator
    left: Formula
    right: Formula


Formula = Operation | int


def value_of(formula: Formula) -> Fraction:
    """Return the exact value. Raises ZeroDivisionError."""
    if isinstance(formula, int):
        return Fraction(formula)
    left, right = value_of(formula.left), value_of(formula.right)
    match formula.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case "^":
            return left ** int(right)


def printed(value: Fraction) -> str:
    """Return a value with two decimals at most, and no zeros at their end: `12`, `3.5`, `-0.33`."""
    text = f"{float(round(value, 2)):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def written(formula: Formula, notation: Notation) -> str:
    """Return a formula, its symbols parted by spaces; infix with no more parentheses than needed.

    Operators of the same strength are read from left to right.
    """
    return " ".join(_symbols(formula, notation))


def _symbols(formula: Formula, notation: Notation) -> list[str]:
    if isinstance(formula, int):
        return [str(formula)]
    left, right = (_symbols(part, notation) for part in (formula.left, formula.right))
    if notation == "prefix":
        return [formula.operator, *left, *right]
    if notation == "postfix":
        return [*left, *right, formula.operator]
    own = _STRENGTH[formula.operator]
    # Powers of powers are read in two ways, and so is the power of a negative number.
    weakest = own + 1 if formula.operator == "^" else own
    left = _enclosed(left) if _strength(formula.left) < weakest else left
    right = _enclosed(right) if _strength(formula.right) <= own else right
    return [*left, formula.operator, *right]


def _strength(formula: Formula) -> int:
    if isinstance(formula, Operation):
        return _STRENGTH[formula.operator]
    return _STRENGTH["^"] if formula < 0 else _STRENGTH["^"] + 1


def _enclosed(symbols: list[str]) -> list[str]:
    return ["(", *symbols, ")"]


def random_formula(
    operators: Sequence[Operator], values: Sequence[int], length: int, rng: random.Random
) -> Formula:
    """Return a formula of `length` operators."""
    if length == 0:
        return rng.choice(values)
    operator = rng.choice(operators)
    if operator == "^":
        base = random_formula(operators, values, length - 1, rng)
        return Operation(operator, base, rng.choice(_EXPONENTS))
    left = rng.randrange(length)
    return Operation(
        operator,
        random_formula(operators, values, left, rng),
        random_formula(operators, values, length - 1 - left, rng),
    )


def altered(formula: Formula, values: Sequence[int], rng: random.Random) -> Formula:
    """Return a formula in which one of the numbers, exponents aside, is another one."""
    if isinstance(formula, int):
        return rng.choice([value for value in values if value != formula])
    operator, left, right = formula.operator, formula.left, formula.right
    if operator == "^" or rng.random() < 1 / 2:
        return Operation(operator, altered(left, values, rng), right)
    return Operation(operator, left, altered(right, values, rng))
