"""The page of one kind of part: every registered one with all its keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..cards.markdown import code, paragraph, table
from .keys import Choice, keys_of, structs_held
from .kinds import Kind, Part, header_of, parts_of
from .sections import NOTICE, joined, keys_section, links_to, prose, structures
from .values import Struct


def kind_page(kind: Kind) -> str:
    """Return the page of a kind."""
    parts = tuple(parts_of(kind))
    held = structs_held(part.schema for part in parts)
    links = links_to(held)
    text = [NOTICE, f"# {kind.title}", paragraph(kind.about), _contents(kind, parts)]
    text += _shipped(kind, parts)
    for part in parts:
        text += _section(kind, part, links)
    return joined([*text, *structures(held, links)])


def _contents(kind: Kind, parts: Sequence[Part]) -> str:
    rows = [(_link(part), part.summary) for part in parts]
    return table((kind.selector, "what it is"), rows)


def _shipped(kind: Kind, parts: Sequence[Part]) -> Iterator[str]:
    """Yield the table of the files that choose a part, where some are not called like it."""
    if all(choice.name == part.name for part in parts for choice in part.choices):
        return
    rows = [
        (code(f"{kind.group}={choice.name}"), _link(part), header_of(kind, choice))
        for part in parts
        for choice in part.choices
    ]
    yield table((f"{kind.group}=", kind.selector, "what it is"), sorted(rows))


def _section(kind: Kind, part: Part, links: Mapping[Struct, str]) -> Iterator[str]:
    """Yield the pieces of the section on one part.

    The defaults are those that the file of the same name sets, where there is one.
    """
    chosen = next((one for one in part.choices if one.name == part.name), Choice(part.name))
    yield f"## {part.name}"
    yield paragraph(part.summary)
    header = header_of(kind, chosen)
    if header:
        yield paragraph(header)
    yield from prose(part.schema)
    told = Choice(chosen.name, chosen.settings, {**kind.shared, **chosen.comments})
    keys = keys_of(part.schema, kind.group, links, told)
    yield keys_section(keys, without=f"{kind.group}.{kind.selector}")


def _link(part: Part) -> str:
    return f"[{code(part.name)}](#{part.name})"
