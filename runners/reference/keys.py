"""The keys of a schema as a table shows them: what they take, their defaults and meanings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ..cards.markdown import code, table
from ..cards.options import default_text
from .explained import explained
from .values import Struct, in_words, struct_of, structs_in

REQUIRED = "required"
_HEADER = ("key", "values", "default", "meaning")
# What Hydra reads as a value that has to be given.
_MISSING = "???"


class Key(msgspec.Struct, frozen=True):
    """A key by its full path; texts are Markdown."""

    path: str
    values: str
    default: str
    meaning: str


class Choice(msgspec.Struct, frozen=True):
    """A file that selects a part: its name, what it sets, and its comments on that, by key."""

    name: str
    settings: Mapping[str, Any] = {}
    comments: Mapping[str, str] = {}


def keys_of(
    schema: Struct, path: str, links: Mapping[Struct, str], choice: Choice | None = None
) -> Iterator[Key]:
    """Yield the keys of `schema`, each behind `path`.

    Defaults are those of `choice` where it sets any; meanings those of the docstrings, or else the
    comments of `choice`, or else what the docstrings say of it beside another key. The keys of a
    schema inside follow its own key, unless `links` have it.
    """
    settings = choice.settings if choice else {}
    comments = choice.comments if choice else {}
    told = explained(schema)
    for field in msgspec.structs.fields(schema):
        full = f"{path}.{field.name}" if path else field.name
        default = settings[field.name] if field.name in settings else _default(field)
        inner = struct_of(field.type)
        meanings = (told.of.get(field.name), comments.get(field.name), _summary(inner))
        meaning = next(filter(None, meanings), told.beside.get(field.name, ""))
        shown = "" if inner and field.name not in settings else _shown(default)
        yield Key(full, in_words(field.type, links), shown, meaning)
        if inner is not None and inner not in links:
            nested = Choice("", default) if isinstance(default, Mapping) else None
            yield from keys_of(inner, full, links, nested)


def key_table(keys: Iterable[Key]) -> str:
    """Return the keys as a table."""
    return table(_HEADER, [(code(k.path), k.values, k.default, k.meaning) for k in keys])


def structs_held(schemas: Iterable[Struct]) -> list[Struct]:
    """Return the schemas that lists and mappings of `schemas` hold, and those that these hold."""
    found: list[Struct] = []
    seen: set[Struct] = set()
    waiting = list(schemas)
    while waiting:
        schema = waiting.pop(0)
        if schema in seen:
            continue
        seen.add(schema)
        for field in msgspec.structs.fields(schema):
            held = [one for one in structs_in(field.type) if one is not struct_of(field.type)]
            found += [one for one in held if one not in found]
            waiting += structs_in(field.type)
    return found


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.to_builtins(field.default_factory())
    if field.default is msgspec.NODEFAULT:
        return _MISSING
    return msgspec.to_builtins(field.default)


def _summary(schema: Struct | None) -> str:
    return next(iter(explained(schema).paragraphs), "") if schema else ""


def _shown(value: Any) -> str:
    return REQUIRED if value == _MISSING else code(default_text(value))
