"""A row of WildBench v2: a conversation that ends with a request, and what a reply should do."""

from __future__ import annotations

from typing import Any, cast, get_args

import msgspec

from ...core.content import Message, Role
from ...core.errors import DataError
from ...core.rows import Row, require
from ...core.suggest import did_you_mean
from .groups import CATEGORIES

_ROLES = tuple(role for role in get_args(Role) if role != "tool")


class Request(msgspec.Struct, frozen=True):
    """A user's message `query` behind `history`; the primary one of `categories` is first."""

    session: str
    history: tuple[Message, ...]
    query: str
    checklist: tuple[str, ...]
    categories: tuple[str, ...]
    intent: str | None


def parse_request(row: Row, place: str) -> Request:
    """Return a row of an official file. Raises DataError naming `place`."""
    *history, last = _conversation(row, place)
    if last.role != "user":
        raise DataError(f"{place}: field 'conversation_input' should end with a turn of the user")
    primary = require(row, "primary_tag", str, place)
    categories = (primary, *_texts(row, "secondary_tags", place))
    for category in categories:
        if category not in CATEGORIES:
            near = did_you_mean(category, CATEGORIES)
            raise DataError(f"{place}: unknown category {category!r}; {near}")
    intent = row.get("intent")
    return Request(
        session=_session(row, place),
        history=tuple(history),
        query=cast(str, last.content),
        checklist=_texts(row, "checklist", place),
        categories=categories,
        intent=intent if isinstance(intent, str) else None,
    )


def _session(row: Row, place: str) -> str:
    return require(row, "session_id" if "session_id" in row else "id", str, place)


def _conversation(row: Row, place: str) -> list[Message]:
    turns = cast("list[Any]", require(row, "conversation_input", list, place))
    if not turns:
        raise DataError(f"{place}: field 'conversation_input' holds no turn")
    return [_message(turn, f"{place}, turn {number}") for number, turn in enumerate(turns, 1)]


def _message(turn: Any, place: str) -> Message:
    if not isinstance(turn, dict):
        raise DataError(f"{place}: should be an object, found {type(turn).__name__}")
    fields = cast(Row, turn)
    role = require(fields, "role", str, place)
    if role not in _ROLES:
        raise DataError(f"{place}: unknown role {role!r}; {did_you_mean(role, _ROLES)}")
    return Message(cast(Role, role), require(fields, "content", str, place))


def _texts(row: Row, field: str, place: str) -> tuple[str, ...]:
    texts = cast("list[Any]", require(row, field, list, place))
    if not all(isinstance(text, str) for text in texts):
        raise DataError(f"{place}: field {field!r} should be a list of texts")
    return tuple(texts)
