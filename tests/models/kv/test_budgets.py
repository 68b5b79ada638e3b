"""Budgets, labels and layer shares: what KV sections of a configuration mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import evalrun.recipes
from evalrun.core.errors import ConfigError
from evalrun.models.kv.budget import Budget, BudgetOptions, press_ratio, reserved
from evalrun.models.kv.method import LocalKVMethod
from evalrun.models.kv.pyramidkv import layer_budgets
from evalrun.models.registry import KV_METHODS

RECIPES = Path(evalrun.recipes.__path__[0]) / "kv"


def method(name: str, **changes: Any) -> LocalKVMethod:
    cls = KV_METHODS.load(name)
    section = yaml.safe_load((RECIPES / f"{name}.yaml").read_text())
    return cls(msgspec.convert({**section, **changes}, cls.Options))


# A composition has no recipe: a list on the command line makes it.
@pytest.mark.parametrize("name", sorted(KV_METHODS.builtin.keys() - {"composed"}))
def test_every_recipe_builds_its_method_with_the_options_defaults(name: str) -> None:
    built = method(name)
    assert isinstance(built, LocalKVMethod)
    cls = KV_METHODS.load(name)
    assert built.options == cls.Options()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "changes", "label"),
    [
        ("full", {}, "full"),
        ("snapkv", {}, "snapkv-4096"),
        ("snapkv", {"budget": 256}, "snapkv-256"),
        ("snapkv", {"compression_ratio": 0.5}, "snapkv-50%"),
        ("snapkv", {"compression_ratio": 0.875, "window_size": 64}, "snapkv-87.5%[window_size=64]"),
        ("kivi", {}, "kivi-2bit"),
        ("kivi", {"bits": 4, "residual_length": 128}, "kivi-4bit[residual_length=128]"),
        ("expected_attention", {"budget": 64}, "expected_attention-64"),
    ],
)
def test_labels_tell_uses_apart(name: str, changes: dict[str, Any], label: str) -> None:
    assert method(name, **changes).label == label


def test_budget_and_ratio_together_are_one_clear_error() -> None:
    with pytest.raises(ConfigError, match=r"kv\.budget=64 and kv\.compression_ratio=0\.5"):
        method("snapkv", budget=64, compression_ratio=0.5)


@pytest.mark.parametrize(
    ("name", "changes", "named"),
    [
        ("snapkv", {"kernel_size": 4}, "kernel_size=4"),
        ("kivi", {"residual_length": 48}, "residual_length=48"),
        ("kivi", {"group_size": 2, "residual_length": 2}, "group_size=2"),
    ],
)
def test_settings_that_cannot_work_are_named(
    name: str, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        method(name, **changes)


@pytest.mark.parametrize(
    ("options", "tokens", "kept"),
    [
        (BudgetOptions(), 5000, 4096),
        (BudgetOptions(), 100, 100),
        (BudgetOptions(budget=64), 100, 64),
        (BudgetOptions(compression_ratio=0.5), 101, 50),
        (BudgetOptions(compression_ratio=0.99), 3, 1),
    ],
)
def test_kept_tokens(options: BudgetOptions, tokens: int, kept: int) -> None:
    assert Budget.of(options).kept(tokens) == kept


@given(st.integers(2, 2_000_000), st.data())
def test_a_press_with_that_ratio_keeps_exactly_the_budget(tokens: int, data: st.DataObject) -> None:
    kept = data.draw(st.integers(1, tokens - 1))
    assert int(tokens * (1 - press_ratio(kept, tokens))) == kept


@pytest.mark.parametrize(
    ("wanted", "kept", "got"), [(32, 64, 32), (32, 33, 32), (32, 32, 16), (128, 1, 1)]
)
def test_a_budget_too_small_for_the_reserve_is_halved(wanted: int, kept: int, got: int) -> None:
    assert reserved(wanted, kept) == got


def test_pyramid_by_hand() -> None:
    """100 chosen tokens: 5 at least, 195 at most; a step of 190 // 3 = 63."""
    assert layer_budgets(1000, 108, 4, window=8, beta=20) == (203, 140, 77, 14)


def test_a_pyramid_never_keeps_more_than_the_prompt() -> None:
    """195 > 200 - 8: 192 at most, so 8 at least; a step of 184 // 3 = 61."""
    assert layer_budgets(200, 108, 4, window=8, beta=20) == (200, 139, 78, 17)


def test_a_prompt_below_twice_the_choice_has_no_pyramid() -> None:
    assert layer_budgets(199, 108, 4, window=8, beta=20) == (108,) * 4


@given(st.integers(2, 80), st.integers(1, 40), st.integers(2, 5000), st.data())
def test_pyramids_fall_and_keep_the_capacity_on_average(
    layers: int, beta: int, tokens: int, data: st.DataObject
) -> None:
    capacity = data.draw(st.integers(1, tokens - 1))
    window = reserved(32, capacity)
    shares = layer_budgets(tokens, capacity, layers, window=window, beta=beta)
    assert list(shares) == sorted(shares, reverse=True)
    assert 0 < shares[-1] <= shares[0] <= tokens
    assert capacity <= sum(shares) / layers <= capacity + layers / 2
