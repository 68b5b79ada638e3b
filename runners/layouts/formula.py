"""Formulas over columns: `longgen - base`, `harmonic(errors, correct)`.

They are parsed by Python's own parser and evaluated by walking the tree, so that nothing but what
is listed here can be written. Every step carries the derivatives by the columns along (forward
automatic differentiation), which is what the delta method needs.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from ...core.errors import ConfigError
from ...core.suggest import did_you_mean
from .arrays import Floats

Operands = Mapping[str, tuple[int, ...]]
"""The positions of the columns that each name stands for: several for a column with `each`."""


class Number(msgspec.Struct, frozen=True):
    """A value with its derivatives by each of the columns."""

    value: float
    gradient: Floats


def parsed(formula: str, place: str) -> ast.expr:
    """Return the tree of a formula. Raises ConfigError, which `place` begins."""
    try:
        tree = ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise ConfigError(f"{place}: cannot read the formula {formula!r}") from None
    _refuse_others(tree, formula, place)
    return tree


def names_in(tree: ast.expr) -> list[str]:
    """Return the ids of columns that a formula names, each once."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called]
    return list(dict.fromkeys(node.id for node in names))


def single_names_in(tree: ast.expr) -> list[str]:
    """Return the ids that stand where one number must: not as arguments of a mean, say."""
    several = {
        id(arg)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id not in _OF_ONE
        for arg in node.args
    }
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return [name.id for name in names if id(name) not in several | called]


def evaluated(tree: ast.expr, operands: Operands, values: Sequence[float]) -> Number | None:
    """Return what a formula comes to for `values` of the columns; None where it is undefined.

    NaN stands for a column without a value: then a formula has one only if that is in `or_zero`.
    """
    try:
        number = _Evaluation(operands, values).of(tree)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return number if math.isfinite(number.value) else None


def _refuse_others(tree: ast.expr, formula: str, place: str) -> None:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if args:
                if name not in FUNCTIONS:
                    hint = did_you_mean(name, FUNCTIONS)
                    raise ConfigError(f"{place}: unknown function {name!r} in its formula; {hint}")
                if name in _OF_ONE and len(args) > 1:
                    raise ConfigError(f"{place}: {name} takes one argument, in {formula!r}")
            case ast.Constant(value=value) if type(value) in (int, float):
                pass
            case ast.BinOp(op=op) if type(op) in _OPERATORS:
                pass
            case ast.UnaryOp(op=ast.USub()) | ast.Name() | ast.expr_context():
                pass
            case ast.operator() | ast.unaryop():
                pass
            case _:
                raise ConfigError(
                    f"{place}: {ast.unparse(node)!r} in {formula!r} is not allowed; formulas hold "
                    f"numbers, ids, + - * / ** and {', '.join(FUNCTIONS)}"
                )


class _Evaluation:
    def __init__(self, operands: Operands, values: Sequence[float]) -> None:
        self._operands = operands
        self._values = values

    def of(self, node: ast.expr) -> Number:
        match node:
            case ast.Constant(value=value):
                return self._constant(float(value))  # type: ignore[arg-type]  # parsed() saw it
            case ast.Name(id=name):
                return self._columns(name)[0]
            case ast.UnaryOp(operand=operand):
                return _times(self._constant(-1.0), self.of(operand))
            case ast.BinOp(left=left, op=op, right=right):
                return _OPERATORS[type(op)](self.of(left), self.of(right))
            case ast.Call(func=ast.Name(id="or_zero"), args=[argument]):
                return self._or_zero(argument)
            case ast.Call(func=ast.Name(id=name), args=args):
                return FUNCTIONS[name]([number for arg in args for number in self._all_of(arg)])
            case _:
                raise AssertionError(ast.dump(node))

    def _or_zero(self, node: ast.expr) -> Number:
        """Return what a formula comes to, or 0 where it is undefined."""
        try:
            return self.of(node)
        except (ZeroDivisionError, OverflowError, ValueError):
            return self._constant(0.0)

    def _all_of(self, node: ast.expr) -> list[Number]:
        return self._columns(node.id) if isinstance(node, ast.Name) else [self.of(node)]

    def _columns(self, name: str) -> list[Number]:
        numbers: list[Number] = []
        for position in self._operands[name]:
            if math.isnan(self._values[position]):
                raise ValueError(f"there is no {name}")
            number = self._constant(float(self._values[position]))
            number.gradient[position] = 1.0
            numbers.append(number)
        return numbers

    def _constant(self, value: float) -> Number:
        return Number(value, np.zeros(len(self._values)))


def _plus(a: Number, b: Number) -> Number:
    return Number(a.value + b.value, a.gradient + b.gradient)


def _minus(a: Number, b: Number) -> Number:
    return Number(a.value - b.value, a.gradient - b.gradient)


def _times(a: Number, b: Number) -> Number:
    return Number(a.value * b.value, a.gradient * b.value + b.gradient * a.value)


def _over(a: Number, b: Number) -> Number:
    value = a.value / b.value
    return Number(value, (a.gradient - value * b.gradient) / b.value)


def _power(a: Number, b: Number) -> Number:
    value = math.pow(a.value, b.value)
    by_base = b.value * math.pow(a.value, b.value - 1) if b.value and a.gradient.any() else 0.0
    by_exponent = value * math.log(a.value) if b.gradient.any() else 0.0
    return Number(value, by_base * a.gradient + by_exponent * b.gradient)


def _mean(numbers: Sequence[Number]) -> Number:
    return Number(
        math.fsum(number.value for number in numbers) / len(numbers),
        np.mean([number.gradient for number in numbers], axis=0),
    )


def _harmonic(numbers: Sequence[Number]) -> Number:
    """Return the harmonic mean; 0 where a number is 0, as its limit is.

    Its derivative by x is (H / x)^2 / n, which for a single 0 goes to n. Raises ValueError.
    """
    values, n = [number.value for number in numbers], len(numbers)
    if min(values) < 0:
        raise ValueError("the harmonic mean is of positive numbers")
    if zeros := values.count(0.0):
        slopes = [float(n) if value == 0 and zeros == 1 else 0.0 for value in values]
        return Number(0.0, _chained(slopes, numbers))
    mean = n / math.fsum(1 / value for value in values)
    return Number(mean, _chained([(mean / value) ** 2 / n for value in values], numbers))


def _geometric(numbers: Sequence[Number]) -> Number:
    """Return the geometric mean; its derivative by x is G / (n x). Raises ValueError."""
    values, n = [number.value for number in numbers], len(numbers)
    if min(values) < 0:
        raise ValueError("the geometric mean is of positive numbers")
    mean = math.prod(values) ** (1 / n)
    slopes = [mean / (n * value) if value else math.inf for value in values]
    return Number(mean, _chained(slopes, numbers))


def _min(numbers: Sequence[Number]) -> Number:
    return min(numbers, key=lambda number: number.value)


def _max(numbers: Sequence[Number]) -> Number:
    return max(numbers, key=lambda number: number.value)


def _sqrt(numbers: Sequence[Number]) -> Number:
    root = math.sqrt(numbers[0].value)
    return Number(root, _chained([0.5 / root if root else math.inf], numbers))


def _abs(numbers: Sequence[Number]) -> Number:
    return Number(abs(numbers[0].value), math.copysign(1.0, numbers[0].value) * numbers[0].gradient)


def _sole(numbers: Sequence[Number]) -> Number:
    """Return the only number: what `or_zero` does where its argument is defined."""
    return numbers[0]


def _chained(slopes: Sequence[float], numbers: Sequence[Number]) -> Floats:
    """Return the sum of slope times gradient; what a number does not depend on stays 0."""
    total = np.zeros(len(numbers[0].gradient))
    for slope, number in zip(slopes, numbers, strict=True):
        depends = number.gradient != 0
        total[depends] += slope * number.gradient[depends]
    return total


_OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: _plus,
    ast.Sub: _minus,
    ast.Mult: _times,
    ast.Div: _over,
    ast.Pow: _power,
}
_OF_ONE = ("sqrt", "abs", "or_zero")
FUNCTIONS: dict[str, Callable[[Sequence[Number]], Number]] = {
    "mean": _mean,
    "harmonic": _harmonic,
    "geometric": _geometric,
    "min": _min,
    "max": _max,
    "sqrt": _sqrt,
    "abs": _abs,
    "or_zero": _sole,
}
