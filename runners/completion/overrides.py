"""Overrides at the cursor: `recipe=`, `kv=full,snapkv`, `run.limit=`, and keys of the chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_origin

import msgspec

from ...core.config import Config
from ...core.errors import ConfigError
from ...core.options import choices
from ..compose import GROUPS, Composer
from .grammar import Candidate
from .paths import folders, paths
from .sections import SCHEMAS, chosen, option_section, remark, section, title

# What says which part a section configures; the option has chosen it already.
_SELECTORS = {
    "benchmark": "name",
    "protocol": "name",
    "kv": "method",
    "scorer": "name",
    "sandbox": "name",
    "launcher": "name",
}
# Keys of sections that take a path; others end in _dir.
_FILES = ("path", "arch", "haystack", "prompts", "train")


class Overrides(msgspec.Struct, frozen=True):
    """The overrides `given` before the cursor, and what they choose from.

    `beside` are keys that a command takes beside those of a configuration: each is of a file.
    """

    composer: Composer
    given: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def overrides(typed: str, known: Overrides) -> Iterator[Candidate]:
    """Yield what the override `typed` may become: a key, or with its `=` a value."""
    key, equals, value = typed.partition("=")
    if equals:
        for candidate in _values(key, value, known):
            yield Candidate(f"{key}={candidate.word}", candidate.help)
    elif "." in key:
        yield from _keys_within(key.rpartition(".")[0], known)
    else:
        yield from _keys(known)


def options(group: str, composer: Composer) -> Iterator[Candidate]:
    """Yield the options of a group, and what each is."""
    describe: Callable[[Path], str] = title if group in ("recipe", "agreement") else remark
    for name in composer.options(group):
        try:
            yield Candidate(name, describe(composer.file(group, name)))
        except ConfigError:  # defined twice, and so of no use
            continue


def _keys(known: Overrides) -> Iterator[Candidate]:
    """Yield the groups that nothing was chosen of, and the sections."""
    given = {override.partition("=")[0] for override in known.given}
    for key in known.beside:
        if key not in given:
            yield Candidate(f"{key}=")
    for group in GROUPS:
        if group not in given:
            now = chosen(known.composer, group, known.given)
            yield Candidate(f"{group}=", f"now {','.join(now)}" if now else "")
    for field in msgspec.structs.fields(Config):
        if field.name != "recipe":
            plain = field.type is str or get_origin(field.type) is tuple
            yield Candidate(f"{field.name}{'=' if plain else '.'}")


def _keys_within(path: str, known: Overrides) -> Iterator[Candidate]:
    """Yield the keys of the section, or of the mapping in one, at `path`."""
    hidden = ("defaults", _SELECTORS.get(path))
    for key, value in _at(path, known).items():
        if key not in hidden:
            inner = isinstance(value, Mapping) and value
            yield (
                Candidate(f"{path}.{key}.")
                if inner
                else Candidate(f"{path}.{key}=", "" if value is None else f"now {_written(value)}")
            )


def _values(key: str, typed: str, known: Overrides) -> Iterator[Candidate]:
    """Yield the values that `typed` may become: of a list, its items but the last stay.

    The only item that fits into an open bracket comes with both ways to go on.
    """
    if key in known.beside or _takes_path(key):
        yield from folders(typed) if key == "outputs" or key.endswith("_dir") else paths(typed)
        return
    cut = max(typed.rfind(","), typed.rfind("[")) + 1
    before, begun = typed[:cut], typed[cut:]
    there = before.strip("[,").split(",")
    found = [
        one
        for one in _single_values(key, known)
        if one.word.startswith(begun) and one.word not in there
    ]
    ends = ("]", ",") if before.startswith("[") and len(found) == 1 else ("",)
    yield from (Candidate(before + one.word + end, one.help) for one in found for end in ends)


def _single_values(key: str, known: Overrides) -> Iterator[Candidate]:
    head, _, rest = key.partition(".")
    if key in GROUPS:
        yield from options(key, known.composer)
    elif head == "roles" and rest and "." not in rest:
        yield from options("model", known.composer)
    elif words := _words(key):
        yield from (Candidate(word) for word in words)
    else:
        now = _at(head + "." + rest.rpartition(".")[0] if "." in rest else head, known)
        yield from _now(now.get(key.rpartition(".")[2]))


def _now(value: Any) -> Iterator[Candidate]:
    """Yield what a key is if nothing is said, and its opposite if it has one."""
    if isinstance(value, bool):
        yield from (Candidate("true"), Candidate("false"))
    elif isinstance(value, str | int | float) and "${" not in str(value):
        yield Candidate(_written(value), "now")


def _at(path: str, known: Overrides) -> dict[str, Any]:
    """Return the mapping at `path`, which begins with a section's name, or an empty one."""
    head, *rest = path.split(".")
    if head == "roles" and rest:
        role, *rest = rest
        found = _of_role(role, known)
    else:
        found = section(known.composer, head, known.given)
    for key in rest:
        inner = found.get(key)
        found = cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}
    return found


def _of_role(role: str, known: Overrides) -> dict[str, Any]:
    """Return the section of a role's model, which decodes in a way of its own if told to."""
    found: dict[str, Any] = {}
    for override in known.given:
        key, _, name = override.partition("=")
        if key == f"roles.{role}":
            found = option_section(known.composer, "model", name)
    return {**found, "generation": section(known.composer, "generation", ())}


def _words(key: str) -> Sequence[str]:
    """Return the values of a key whose type lists them."""
    head, _, name = key.rpartition(".")
    schema = SCHEMAS.get(head) or (Config if not head else None)
    fields = msgspec.structs.fields(schema) if schema is not None else ()
    kind = next((field.type for field in fields if field.name == name), None)
    return ("true", "false") if kind is bool else [str(one) for one in choices(kind)]


def _takes_path(key: str) -> bool:
    _, dot, name = key.rpartition(".")
    return key == "outputs" or (bool(dot) and (name in _FILES or name.endswith("_dir")))


def _written(value: Any) -> str:
    """Return a value as an override gives it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
