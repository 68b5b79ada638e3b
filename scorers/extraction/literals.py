"""Answers that are values: JSON, or what Python would print."""

from __future__ import annotations

import ast
import json
from typing import Any

import msgspec

# Longer texts are no answers, and Python's parser takes memory and stack by their size.
_LONGEST_LITERAL = 20_000


class NoLiteralError(ValueError):
    """A text is not a value."""


def parse_json(text: str) -> Any:
    """Return the value of a JSON text, NaN and Infinity included. Raises NoLiteralError."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NoLiteralError(f"not JSON: {text!r:.80}") from None


def parse_literal(text: str) -> Any:
    """Return the value of a Python literal: numbers, texts, lists, dicts, True, None.

    Nothing is executed. Raises NoLiteralError.
    """
    if len(text) > _LONGEST_LITERAL:
        raise NoLiteralError(f"longer than {_LONGEST_LITERAL} characters")
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise NoLiteralError(f"not a literal: {text!r:.80}") from None


def parse_value(text: str) -> Any:
    """Return the value of a JSON text, or else of a Python literal. Raises NoLiteralError."""
    try:
        return parse_json(text)
    except NoLiteralError:
        return parse_literal(text)
