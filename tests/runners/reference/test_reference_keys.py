"""Keys of a schema with their values, defaults and meanings."""

from __future__ import annotations

from typing import Any

from msgspec import field

from evalrun.core.schema import Options, Positive
from evalrun.runners.reference.keys import Choice, Key, key_table, keys_of, structs_held


class Leaf(Options, frozen=True):
    """A leaf of the tree; `size` is in cm."""

    size: Positive = 3


class Branch(Options, frozen=True):
    """`leaves` hang on it."""

    leaves: tuple[Leaf, ...] = ()


class Tree(Options, frozen=True):
    """- `name`: what it is called."""

    name: str
    first: Leaf = Leaf()
    second: Leaf | None = None
    branches: dict[str, Branch] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    separator: str = ", "


def keys(choice: Choice | None = None) -> dict[str, Key]:
    return {key.path: key for key in keys_of(Tree, "tree", {}, choice)}


def test_keys_stand_behind_the_name_of_their_section_in_their_order() -> None:
    assert list(keys()) == [
        "tree.name",
        "tree.first",
        "tree.first.size",
        "tree.second",
        "tree.second.size",
        "tree.branches",
        "tree.notes",
        "tree.separator",
    ]


def test_defaults_are_those_of_the_schema() -> None:
    found = keys()
    assert found["tree.name"].default == "required"
    assert found["tree.first.size"].default == "`3`"
    assert found["tree.notes"].default == "`{}`"
    assert found["tree.separator"].default == '`", "`'


def test_what_a_chosen_file_sets_comes_before_the_schema() -> None:
    found = keys(Choice("oak", {"name": "oak", "first": {"size": 5}, "notes": "???"}))
    assert found["tree.name"].default == "`oak`"
    assert found["tree.first.size"].default == "`5`"
    assert found["tree.notes"].default == "required"


def test_a_meaning_is_of_the_docstring_or_else_of_the_file_or_else_of_the_schema_inside() -> None:
    found = keys(Choice("oak", {}, {"name": "not this", "notes": "what else there is"}))
    assert found["tree.name"].meaning == "What it is called."
    assert found["tree.notes"].meaning == "what else there is"
    assert found["tree.first"].meaning == "A leaf of the tree."
    assert found["tree.first.size"].meaning == "`size` is in cm."
    assert found["tree.separator"].meaning == ""


def test_a_schema_with_a_section_of_its_own_is_not_repeated() -> None:
    links = {Leaf: "[leaf](#leaf)"}
    found = {key.path: key.values for key in keys_of(Tree, "", links)}
    assert "first.size" not in found
    assert found["first"] == "[leaf](#leaf)"


def test_schemas_in_lists_and_mappings_are_found_at_any_depth() -> None:
    assert structs_held([Tree]) == [Branch, Leaf]


def test_a_table_has_a_row_a_key() -> None:
    header, _, row = key_table(keys_of(Leaf, "leaf", {})).splitlines()
    assert [cell.strip() for cell in header.strip("|").split("|")] == [
        "key",
        "values",
        "default",
        "meaning",
    ]
    assert row.startswith("| `leaf.size` | integer ≥1 | `3` ")
