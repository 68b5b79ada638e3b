"""Sections of a configuration to typed options."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest

from evalrun.core.config import Config, Options, RunOptions
from evalrun.core.errors import ConfigError
from evalrun.core.options import to_options


class Inner(Options, frozen=True):
    size: int = 1


class Outer(Options, frozen=True):
    name: str
    inner: Inner = Inner()
    maybe: Inner | None = None
    several: dict[str, Inner] = msgspec.field(default_factory=dict)


def error_of(section: dict, schema: type, path: str = "") -> str:
    with pytest.raises(ConfigError) as caught:
        to_options(section, schema, path)
    return str(caught.value)


def test_defaults_fill_what_is_not_said() -> None:
    assert to_options({"name": "a"}, Outer) == Outer(name="a")


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"nam": "a"}, "unknown key 'part.nam': did you mean 'name'?"),
        (
            {"name": "a", "inner": {"sise": 2}},
            "unknown key 'part.inner.sise': did you mean 'size'?",
        ),
        (
            {"name": "a", "maybe": {"sise": 2}},
            "unknown key 'part.maybe.sise': did you mean 'size'?",
        ),
        (
            {"name": "a", "several": {"x": {"size": "y"}}},
            "part.several[...].size: expected int, got str",
        ),
        ({"name": "a", "inner": {"size": "x"}}, "part.inner.size: expected int, got str"),
        ({}, "part: object missing required field name"),
        ({"name": 3}, "part.name: expected str, got int"),
    ],
)
def test_a_fault_is_one_line_with_the_full_key(section: dict, message: str) -> None:
    assert error_of(section, Outer, "part") == message


class Chosen(Options, frozen=True):
    variant: Literal["official", "fixed"] = "official"
    shots: Literal[0, 5] = 0
    checks: tuple[Literal["null", "order"], ...] = ()
    threshold: Annotated[float, msgspec.Meta(ge=0)] | Literal["fit"] | None = None
    inner: Inner = Inner()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"variant": "offical"}, "variant: invalid enum value 'offical'; did you mean 'official'?"),
        ({"variant": "x"}, "variant: invalid enum value 'x'; valid: fixed, official"),
        ({"threshold": "fitt"}, "threshold: invalid enum value 'fitt'; did you mean 'fit'?"),
        ({"shots": 3}, "shots: invalid enum value 3; valid: 0, 5"),
        ({"shots": "x"}, "shots: expected int, got str"),
        (
            {"checks": ["null", "ordr"]},
            "checks[1]: invalid enum value 'ordr'; did you mean 'order'?",
        ),
        ({"threshold": -1}, "threshold: expected float >= 0.0"),
        ({"inner": {"size": "x"}}, "inner.size: expected int, got str"),
    ],
)
def test_of_a_few_valid_values_the_nearest_is_named(section: dict, message: str) -> None:
    assert error_of(section, Chosen) == message


def test_bounds_are_checked() -> None:
    assert error_of({"limit": 0}, RunOptions, "run") == "run.limit: expected int >= 1"


def test_every_section_of_a_run_is_known() -> None:
    assert "did you mean 'benchmark'" in error_of({"benchmrk": {}}, Config)
