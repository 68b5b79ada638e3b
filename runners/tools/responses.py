"""Responses of tool servers, in the form of ToolBench: an error and a response, and a status."""

from __future__ import annotations

import json
from typing import Any, cast

from ...core.tools import Observation

TIMED_OUT = 5
NOT_WORKING = 6
FAILED_REQUEST = 12
UNAVAILABLE = "unavailable"

# By `error`, as ToolBench's client tells them apart; 7 and 8 stand there in this order, though its
# own list of statuses has them the other way round.
_STATUSES = {
    "API not working error...": NOT_WORKING,
    "Unauthorized error...": 7,
    "Unsubscribed error...": 8,
    "Too many requests error...": 9,
    "Rate limit per minute error...": 10,
    "Message error...": 11,
}


def responded(response: Any, source: str) -> Observation:
    """Return what the model sees of a server's response, a JSON object with the field `error`."""
    error = response.get("error") if isinstance(response, dict) else None
    status = _STATUSES.get(error, 0) if isinstance(error, str) else FAILED_REQUEST
    if status == FAILED_REQUEST:
        return failed(FAILED_REQUEST, "request invalid, data error", source)
    return Observation(status=status, text=json.dumps(response), source=source)


def failed(status: int, error: str, source: str) -> Observation:
    """Return an observation of nothing but an error."""
    text = json.dumps({"error": error, "response": ""})
    return Observation(status=status, text=text, source=source)


def unavailable() -> Observation:
    """Return what a call comes to that nobody answers (ToolBench's status 6)."""
    return failed(NOT_WORKING, "API not working error...", UNAVAILABLE)


def parse_arguments(arguments: str) -> dict[str, Any] | None:
    """Return the input of a call, of which "" is an empty one; None if it is no JSON object."""
    if not arguments.strip():
        return {}
    try:
        parsed = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else None
