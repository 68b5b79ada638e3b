"""Rows about random formulas, in the format of the official files; all answers are computed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction

import msgspec

from ...core.rows import Row
from .formulas import (
    Formula,
    Notation,
    Operator,
    altered,
    printed,
    random_formula,
    value_of,
    written,
)

LEVELS = ("easy", "medium", "hard")
SYMBOLS: dict[str, tuple[Operator, ...]] = {
    "easy": ("+", "-"),
    "medium": ("+", "-", "*", "/"),
    "hard": ("+", "-", "*", "/", "^"),
}
VALUES = {
    "easy": range(1, 10),
    "medium": range(1, 100),
    "hard": tuple(value for value in range(-999, 1000) if value),
}
OPERATORS = {"easy": 3, "medium": 6, "hard": 10}

# Larger values ask for long multiplication more than for structure.
_LARGEST = 10**9


class Setting(msgspec.Struct, frozen=True):
    """How hard the symbols, the numbers and the length of a formula are."""

    symbol: str
    value: str
    length: str


def calculate_row(setting: Setting, notation: Notation, rng: random.Random) -> Row:
    """Return a formula and its value."""
    formula, value = _drawn(setting, rng)
    return {"Formula": written(formula, notation), "Result": printed(value)}


def convert_row(setting: Setting, notation: Notation, other: Notation, rng: random.Random) -> Row:
    """Return a formula in two notations."""
    formula, _ = _drawn(setting, rng)
    return {"Formula": written(formula, notation), "Result": written(formula, other)}


def equivalent_row(
    setting: Setting, notation: Notation, other: Notation, rng: random.Random
) -> Row:
    """Return a formula, and the same or one of another value in another notation."""
    formula, value = _drawn(setting, rng)
    second = formula
    if rng.random() < 1 / 2:
        second = _of_another_value(formula, value, VALUES[setting.value], rng)
    return {
        "Original": written(formula, notation),
        "Perturbed": written(second, other),
        "Is_Equivalent": str(second is formula),
    }


def _drawn(setting: Setting, rng: random.Random) -> tuple[Formula, Fraction]:
    """Draw formulas until one has a value that is not too large."""
    while True:
        formula = random_formula(
            SYMBOLS[setting.symbol], VALUES[setting.value], OPERATORS[setting.length], rng
        )
        value = _value(formula)
        if value is not None and abs(value) <= _LARGEST:
            return formula, value


def _of_another_value(
    formula: Formula, value: Fraction, values: Sequence[int], rng: random.Random
) -> Formula:
    while True:
        other = altered(formula, values, rng)
        if _value(other) not in (None, value):
            return other


def _value(formula: Formula) -> Fraction | None:
    try:
        return value_of(formula)
    except ZeroDivisionError:
        return None
