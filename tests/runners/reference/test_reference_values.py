"""Types in words, as the configuration reference says them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest

from evalrun.core.schema import NonNegative, Positive, PositiveSeconds
from evalrun.runners.reference.values import in_words, literals, struct_of, structs_in


class Inner(msgspec.Struct):
    depth: int = 0


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (str, "text"),
        (bool, "`true`, `false`"),
        (int, "integer"),
        (float, "number"),
        (Any, "anything"),
        (Positive, "integer ≥1"),
        (NonNegative, "integer ≥0"),
        (PositiveSeconds, "number >0"),
        (Annotated[float, msgspec.Meta(ge=0, lt=1)], "number ≥0 and <1"),
        (Annotated[float, msgspec.Meta(gt=0, le=2.5)], "number >0 and ≤2.5"),
        (Positive | None, "integer ≥1, `null`"),
        (Literal["hash", "full"], "`hash`, `full`"),
        (Literal[0, 5], "`0`, `5`"),
        (Literal["x", True], "`x`, `true`"),
        (str | tuple[str, ...], "text, list of texts"),
        (tuple[Positive, ...], "list of integers ≥1"),
        (tuple[tuple[str, ...], ...], "list of lists of texts"),
        (list[Literal["a", "b"]], "list of `a`, `b`"),
        (tuple[float, float], "list of 2: number, number"),
        (Annotated[tuple[str, ...], msgspec.Meta(min_length=1)], "list of at least 1 of texts"),
        (dict[str, Any], "mapping"),
        (dict[str, str], "mapping to texts"),
        (dict[str, dict[str, int]], "mapping to mappings to integers"),
        (dict[str, tuple[float, float]], "mapping to lists of 2: number, number"),
        (Inner, "mapping"),
        (tuple[Inner, ...] | None, "list of mappings, `null`"),
    ],
)
def test_a_type_is_said_in_words(kind: Any, words: str) -> None:
    assert in_words(kind, {}) == words


def test_a_schema_with_a_section_of_its_own_is_a_link_to_it() -> None:
    assert in_words(tuple[Inner, ...], {Inner: "[inner](#inner)"}) == "list of [inner](#inner)"


def test_schemas_are_found_wherever_they_stand_in_a_type() -> None:
    assert list(structs_in(dict[str, tuple[Inner, ...]] | Inner | Literal["a"] | None)) == [
        Inner,
        Inner,
    ]
    assert struct_of(Inner | None) is Inner
    assert struct_of(tuple[Inner, ...]) is None


def test_the_texts_that_a_type_takes_are_its_literals() -> None:
    assert list(literals(tuple[Literal["a", 1], ...] | Literal["b"] | None)) == ["a", "b"]
