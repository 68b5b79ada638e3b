"""The page of all sections of a configuration, and those of the parts that it is composed of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ...core.config import Config
from ..agreement.options import AgreementOptions
from ..cards.markdown import paragraph
from ..launch.resources import RESOURCES, Resources
from ..search.options import SearchOptions
from .keys import Key, key_table, keys_of, structs_held
from .kind_page import kind_page
from .kinds import KINDS
from .sections import NOTICE, joined, keys_section, links_to, prose, structures
from .values import Struct, struct_of

_ABOUT = (
    "A run is configured by `key=value` on the command line. A key without a dot chooses a file, "
    "such as `recipe=quickstart`, `model=smollm2` or `kv=snapkv`; a key with dots sets one value, "
    "such as `run.limit=10`. What the command line says comes before what a chosen file says, and "
    "a recipe before the files that it chooses. Lists are written `[a,b]`, mappings `{a: 1}`, "
    "in quotes where the shell would read them; `null` stands for nothing. A key or a value that "
    "does not exist is refused with the nearest one that does, before anything is loaded. `evalrun "
    "show RECIPE key=value` prints a run's whole configuration."
)
_RESOURCES = (
    "In the section of every model, judge and role, for [launchers](configuration/launchers.md) of "
    "clusters. It determines nothing of a run."
)
# What stands inside of sections of parts, and what commands other than `evalrun run` are told: a
# heading, what it is, where its keys begin, and their schema.
_OTHER: tuple[tuple[str, str, str, Struct], ...] = (
    ("resources", _RESOURCES, f"model.{RESOURCES}", Resources),
    ("agreement", "Keys of `evalrun agreement [SOURCE]... KEY=VALUE`.", "", AgreementOptions),
    ("search", "Keys of the file that `evalrun search search=FILE` reads.", "", SearchOptions),
)


def configuration_pages() -> dict[str, str]:
    """Return the pages by their paths in the folder of documents."""
    kinds = {f"configuration/{kind.page}.md": kind_page(kind) for kind in KINDS}
    return {"configuration.md": _configuration_page(), **kinds}


def _configuration_page() -> str:
    sections = {
        field.name: section
        for field in msgspec.structs.fields(Config)
        if (section := struct_of(field.type)) is not None
    }
    held = structs_held([*sections.values(), *(schema for *_, schema in _OTHER)])
    links = links_to(held)
    parts = [NOTICE, "# Configuration", paragraph(_ABOUT), key_table(_top_level(sections))]
    for name, schema in sections.items():
        parts += [f"## {name}", *prose(schema), keys_section(keys_of(schema, name, links))]
    for title, about, path, schema in _OTHER:
        parts += [f"## {title}", about, *prose(schema), keys_section(keys_of(schema, path, links))]
    return joined([*parts, *structures(held, links)])


def _top_level(sections: Mapping[str, Struct]) -> Iterator[Key]:
    """Yield the sections of a configuration, with links to what their keys are."""
    at = {name: f"[keys](#{name})" for name in sections}
    at |= {kind.group: f"[names and keys](configuration/{kind.page}.md)" for kind in KINDS}
    at["judge"] = at["model"]
    for key in keys_of(Config, "", {schema: at[name] for name, schema in sections.items()}):
        if key.path in at:
            yield Key(key.path, at[key.path], "", key.meaning)
        else:
            yield key
