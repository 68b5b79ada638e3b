"""Which sentences of a docstring are of which key."""

from __future__ import annotations

from typing import Literal

from evalrun.core.schema import Options
from evalrun.runners.reference.explained import explained


class Base(Options, frozen=True):
    """What is kept.

    `budget` is the number of tokens kept, `ratio` the share dropped. One of them may be set.
    """

    budget: int = 0
    ratio: float = 0.0


class Method(Base, frozen=True):
    """How tokens are chosen; nothing else is.

    Some words on the whole. They go on.

    - `window`, `sinks`: the last and the first tokens
      stay in any case.
    - `order`: by length, whatever `budget` says.
    - `pooling` of votes. It is never negative; `seed` starts it.

    The code differs, e.g. `window` is another one there.
    With `mean`, scores are averaged; with `max` they are not.
    """

    window: int = 0
    sinks: int = 0
    order: str = ""
    pooling: float = 0.0
    seed: int = 0
    merge: Literal["mean", "max"] = "mean"
    untold: int = 0


def test_an_item_is_of_the_keys_before_its_colon_and_does_not_repeat_them() -> None:
    told = explained(Method).of
    assert told["window"].startswith("The last and the first tokens stay in any case.")
    assert told["sinks"] == "The last and the first tokens stay in any case."
    assert told["order"] == "By length, whatever `budget` says."


def test_a_sentence_is_of_every_key_that_it_names() -> None:
    told = explained(Base).of
    assert told["budget"] == told["ratio"]
    assert told["ratio"].startswith("`budget` is the number of tokens kept, `ratio` the share")


def test_a_sentence_that_names_no_key_is_of_those_of_the_sentence_before() -> None:
    assert explained(Base).of["ratio"].endswith("One of them may be set.")


def test_half_a_sentence_that_begins_with_a_key_is_of_that_key_alone() -> None:
    told = explained(Method).of
    assert told["pooling"] == "`pooling` of votes. It is never negative."
    assert told["seed"] == "`seed` starts it."


def test_a_sentence_that_names_values_of_one_key_is_of_that_key() -> None:
    told = explained(Method).of
    assert told["merge"] == "With `mean`, scores are averaged; with `max` they are not."


def test_an_abbreviation_ends_no_sentence() -> None:
    assert explained(Method).of["window"].endswith("e.g. `window` is another one there.")


def test_what_names_no_key_stays_prose() -> None:
    assert explained(Method).paragraphs == (
        "How tokens are chosen; nothing else is.",
        "Some words on the whole. They go on.",
    )


def test_keys_of_a_base_are_explained_by_it() -> None:
    assert explained(Method).of["budget"] == explained(Base).of["budget"]
    assert explained(Method).beside["budget"] == "`order`: by length, whatever `budget` says."


def test_a_key_that_no_docstring_names_has_no_meaning() -> None:
    assert "untold" not in explained(Method).of
    assert "untold" not in explained(Method).beside


class Silent(Options, frozen=True):
    key: int = 0


def test_a_schema_without_a_docstring_explains_nothing() -> None:
    assert explained(Silent).of == {}
    assert explained(Silent).paragraphs == ()
