"""What values a key of a schema takes, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from ..cards.markdown import code

Struct = type[msgspec.Struct]

# One of them, and several.
_NAMES: dict[Any, tuple[str, str]] = {
    bool: ("`true`, `false`", "`true`, `false`"),
    int: ("integer", "integers"),
    float: ("number", "numbers"),
    str: ("text", "texts"),
    NoneType: ("`null`", "`null`"),
    dict: ("mapping", "mappings"),
    Any: ("anything", "anything"),
}
_BOUNDS = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))


def in_words(kind: Any, links: Mapping[Struct, str], *, several: bool = False) -> str:
    """Return the values of a type: "integer ≥1, `null`".

    `several` says what a list of them holds. A schema is said as the link that `links` have for it,
    or as a mapping.
    """
    match get_origin(kind):
        case origin if origin is Literal:
            return ", ".join(code(_literal(value)) for value in get_args(kind))
        case origin if origin is Annotated:
            return _bounded(kind, links, several=several)
        case origin if origin is Union or origin is UnionType:
            return ", ".join(in_words(one, links, several=several) for one in get_args(kind))
        case origin if origin in (list, tuple):
            return _list(get_args(kind), links, several=several)
        case origin if origin in (dict, Mapping):
            return _mapping(kind, links, several=several)
        case _:
            return _named(kind, links, several=several)


def structs_in(kind: Any) -> Iterator[Struct]:
    """Yield the schemas anywhere in a type, but not those inside them."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    elif get_origin(kind) is not Literal:
        for one in get_args(kind):
            yield from structs_in(one)


def struct_of(kind: Any) -> Struct | None:
    """Return the schema that a value of the type is itself, if it is one or null."""
    for one in get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            return one
    return None


def literals(kind: Any) -> Iterator[str]:
    """Yield the texts that a type takes as they stand."""
    if get_origin(kind) is Literal:
        yield from (value for value in get_args(kind) if isinstance(value, str))
    else:
        for one in get_args(kind):
            yield from literals(one)


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bounded(kind: Any, links: Mapping[Struct, str], *, several: bool) -> str:
    inner, *metas = get_args(kind)
    bounds = [
        f"{sign}{bound:g}"
        for meta in metas
        for name, sign in _BOUNDS
        if (bound := getattr(meta, name, None)) is not None
    ]
    told = in_words(inner, links, several=several)
    least = next((meta.min_length for meta in metas if meta.min_length), 0)
    if least:
        told = told.replace("list of", f"list of at least {least} of", 1)
    return f"{told} {' and '.join(bounds)}" if bounds else told


def _list(items: tuple[Any, ...], links: Mapping[Struct, str], *, several: bool) -> str:
    head = "lists" if several else "list"
    if (len(items) == 2 and items[1] is Ellipsis) or len(items) == 1:
        return f"{head} of {in_words(items[0], links, several=True)}"
    return f"{head} of {len(items)}: {', '.join(in_words(one, links) for one in items)}"


def _mapping(kind: Any, links: Mapping[Struct, str], *, several: bool) -> str:
    head = "mappings" if several else "mapping"
    value = get_args(kind)[1]
    return head if value is Any else f"{head} to {in_words(value, links, several=True)}"


def _named(kind: Any, links: Mapping[Struct, str], *, several: bool) -> str:
    if kind in links:
        return links[kind]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        kind = dict
    return _NAMES[kind][several]
