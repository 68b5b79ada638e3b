"""Replies that are a JSON object: what a play came to, or what somebody's run wrote down."""

from __future__ import annotations

from typing import Any, cast

from ..core.prediction import Prediction
from .extraction.literals import NoLiteralError, parse_json


def outcome_of(prediction: Prediction) -> dict[str, Any] | None:
    """Return the outcome of a play, or else the JSON object that the only reply is.

    None if there is neither.
    """
    if isinstance(prediction.outcome, dict):
        return cast("dict[str, Any]", prediction.outcome)
    if len(prediction.outputs) != 1:
        return None
    try:
        value = parse_json(prediction.outputs[0])
    except NoLiteralError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
