"""The reported numbers that are shipped: sourced, and each of a column of a layout."""

from __future__ import annotations

from functools import cache

import pytest

from evalrun.core.config import Config
from evalrun.core.layout import Column, Layout
from evalrun.runners.compose import Composer
from evalrun.runners.layouts.dimensions import RUN_DIMENSIONS, keys_of
from evalrun.runners.papers.names import method_key
from evalrun.runners.papers.reported import ReportedNumber, read_reported
from evalrun.runners.recipe_trees import TREE
from evalrun.runners.tables.grid import column_names

SYSTEMS = sorted(path.stem for path in (TREE / "papers").glob("*.csv"))
NUMBERS = {system: read_reported(system) for system in SYSTEMS}
ROWS = [number for numbers in NUMBERS.values() for number in numbers]


@cache
def composed(*overrides: str) -> Config:
    return Composer().compose(overrides)


@cache
def layouts() -> list[tuple[str, Layout]]:
    """Return (recipe, layout) for all layouts that are shipped."""
    recipes = Composer().options("recipe")
    return [
        (recipe, layout)
        for recipe in recipes
        for layout in composed(f"recipe={recipe}").table.layouts.values()
    ]


def claiming(number: ReportedNumber) -> list[tuple[str, Layout]]:
    return [
        (recipe, layout)
        for recipe, layout in layouts()
        for table in layout.reported
        if (table.system, table.source) == (number.system, number.source)
        and table.table in (None, number.table)
    ]


def columns_of(number: ReportedNumber) -> list[Column]:
    """Return the shown columns that a number stands in, of all layouts that claim its table."""
    found: list[Column] = []
    for _, layout in claiming(number):
        shown = [column for column in layout.columns if not column.hidden]
        named = dict(zip(column_names(shown), shown, strict=True))
        found += [named[number.column]] if number.column in named else []
    return found


@cache
def valid_keys(recipe: str, method: str) -> frozenset[str]:
    """Return the keys of a recipe's runs with a KV method; of any, if evalrun has none of it."""
    options = Composer().options("kv")
    chosen = [kv for kv in options if method_key(kv) == method_key(method)] or options
    keys = (keys_of(composed(f"recipe={recipe}", f"kv={kv}")) for kv in chosen)
    return frozenset(RUN_DIMENSIONS).union(*keys)


def ids(number: ReportedNumber) -> str:
    return f"{number.system}: {number.source}, {number.table}, {number.model}, {number.column}"


def test_no_number_is_lost() -> None:
    counts = {system: len(numbers) for system, numbers in NUMBERS.items()}
    assert counts["scbench"] == 11 + 29 * 5
    assert counts["longgenbench"] == 11 * 9 + 8 + 2
    assert counts["windowkv"] == 26 * 17 + 5
    assert counts["processbench"] == 376
    assert counts["tmgbench"] == 247
    assert counts["simplebench"] == 32
    assert counts["turtlebench"] == 24 * 11
    assert counts["pokerbench"] == 8 * 6 + 6 + 12 + 3 + 5 + 4
    assert counts["hibench"] == 10 * 5 + 10 * 2 + 7 * 7
    assert counts["javabench"] == 384
    assert counts["logicom"] == 2 + 6 + 2 + 24
    assert counts["mmbench"] == 89
    assert counts["toolllm"] == 147 + 133
    assert counts["wildbench"] == 1184


def test_every_number_says_where_it_stands_and_where_it_was_seen() -> None:
    for number in ROWS:
        assert all((number.source, number.table, number.seen, number.model, number.column)), number


def test_every_table_is_one_of_a_layout_and_every_number_of_a_column() -> None:
    for number in ROWS:
        assert columns_of(number), ids(number)


def test_every_table_that_a_layout_names_has_numbers() -> None:
    for recipe, layout in layouts():
        for table in layout.reported:
            numbers = NUMBERS.get(table.system, ())
            tables = {(n.source, wanted) for n in numbers for wanted in (n.table, None)}
            assert (table.source, table.table) in tables, (recipe, layout.title)


def test_every_number_lies_in_the_range_of_its_column() -> None:
    for number in ROWS:
        for column in columns_of(number):
            if number.value is None or column.range is None:
                continue
            low, high = (end * column.scale for end in column.range)
            assert low <= number.value <= high, ids(number)


def test_only_signed_columns_hold_numbers_below_zero() -> None:
    for number in ROWS:
        if number.value is not None and number.value < 0:
            assert all(column.signed for column in columns_of(number)), ids(number)


def test_no_number_has_more_digits_than_its_column_prints() -> None:
    for number in ROWS:
        digits = len(number.printed.partition(".")[2])
        assert all(digits <= column.digits for column in columns_of(number)), ids(number)


@pytest.mark.parametrize("system", SYSTEMS)
def test_conditions_are_on_dimensions_that_runs_of_the_recipe_have(system: str) -> None:
    asked = {
        (recipe, number.method, dimension)
        for number in NUMBERS[system]
        for recipe, _ in claiming(number)
        for dimension, _ in number.where
    }
    assert asked
    for recipe, method, dimension in asked:
        assert dimension in valid_keys(recipe, method), (recipe, method, dimension)
