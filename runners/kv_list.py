"""Several KV methods in one run, as users write them: `kv=[minference,snapkv] kv.budget=1024`.

The list becomes the section of the method `composed`: each option of the group is a part of it,
under its own name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

import msgspec

from ..core.config import Section
from ..core.errors import ConfigError
from ..core.options import to_options
from ..core.suggest import did_you_mean

_COMPOSED = "composed"
# What Hydra takes for a key, without the dots that would split it.
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def names_listed(line: str, values: Sequence[Any]) -> list[str]:
    """Return the names in the override `line`, whose value is the list `values`.

    Raises ConfigError unless there are some, all different, that can stand in `kv.parts.NAME`.
    """
    if not values:
        raise ConfigError(f"{line}: the list is empty; `evalrun ls kv` lists KV methods")
    for value in values:
        if not isinstance(value, str):
            raise ConfigError(f"{line}: kv takes the name of one kv, or a list of names")
        if not _KEY.fullmatch(value):
            raise ConfigError(
                f"{line}: {value!r} cannot stand in a list; "
                "give its file a name of letters, digits, - and _"
            )
        if values.count(value) > 1:
            raise ConfigError(f"{line}: {value} stands there twice")
    return list(values)


def hydra_overrides(names: Sequence[str]) -> list[str]:
    """Return the overrides that compose the options `names` of the group `kv`.

    An empty list takes the group's own choice away; each name is then read into a package.
    """
    parts = (f"+kv@kv.parts.{name}={name}" for name in names)
    return ["kv=[]", f"++kv.method={_COMPOSED}", *parts]


def settled(kv: Section) -> Section:
    """Return the section of a composition as its parts' own sections say it; another one as it is.

    A key beside the parts goes to the one part whose options have it: `kv.budget` to
    `kv.parts.snapkv.budget`. A single part stands for itself. Raises ConfigError.
    """
    if kv.get("method") != _COMPOSED:
        return kv
    # Listings import this module, and no KV method.
    from ..models.kv.composed import ComposedOptions, part_class

    own = {key: kv[key] for key in ComposedOptions.__struct_fields__ if key in kv}
    composed = to_options(own, ComposedOptions, "kv")
    parts = dict(composed.parts)
    options = {name: _options(part_class(parts, name)) for name in parts}
    for key in (key for key in kv if key not in own):
        name = _owner(key, options)
        parts[name] = _overridden(parts[name], key, kv[key])
    if len(parts) == 1:
        return next(iter(parts.values()))
    return msgspec.to_builtins(msgspec.structs.replace(composed, parts=parts))


def _options(part: Any) -> Set[str]:
    return {field.encode_name for field in msgspec.structs.fields(part.Options)}


def _owner(key: str, options: Mapping[str, Set[str]]) -> str:
    """Return the only part that has the option `key`."""
    owners = [name for name, known in options.items() if key in known]
    if not owners:
        known = {option for one in options.values() for option in one}
        raise ConfigError(f"unknown key 'kv.{key}': {did_you_mean(key, known)}")
    if len(owners) > 1:
        ways = " or ".join(f"kv.parts.{name}.{key}=VALUE" for name in owners)
        raise ConfigError(f"kv.{key}: {' and '.join(owners)} have it; say {ways}")
    return owners[0]


def _overridden(section: Section, key: str, value: Any) -> Section:
    """Return `section` with `key` set as Hydra sets it: mappings are merged into."""
    from omegaconf import OmegaConf

    merged: Any = OmegaConf.to_container(OmegaConf.merge(section, {key: value}))
    return merged
