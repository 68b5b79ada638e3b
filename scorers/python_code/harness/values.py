"""What a function returned, as JSON that is equal to the expected value if the value itself is."""

from __future__ import annotations

import numbers
from typing import Any

# Equal to nothing: for what no JSON value is equal to.
_ODD = float("nan")


def plain(value: Any) -> Any:
    """Return `value` in JSON's types; NaN for what is equal to no value that JSON can hold.

    So an inner tuple is not a list and a key is a text, while numbers of any type are what they
    are worth. Raises RecursionError.
    """
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        is_json = all(isinstance(key, str) for key in value)
        return {key: plain(one) for key, one in value.items()} if is_json else _ODD
    return _number(value)


def _number(value: Any) -> Any:
    """Return the number that `value` is: NumPy's, a fraction, a decimal, a complex one."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        value = value.item()
    if not isinstance(value, (bool, numbers.Number)):
        return _ODD
    if isinstance(value, complex) and not value.imag:
        value = value.real
    for kind in (int, float):
        try:
            if kind(value) == value:  # type: ignore[arg-type] - what it is not, it refuses
                return value if isinstance(value, bool) else kind(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError, ArithmeticError):
            continue
    return _ODD
