"""Which tokens are kept; with nothing to drop, the prompt is left as it is."""

from __future__ import annotations

import pytest
from evalrun.core.errors import ConfigError
from evalrun.models.kv.method import LocalKVMethod, ModelShape, PromptFacts

from evalrun_vowels.kv_method import Evenly, EvenlyOptions, kept_positions

SHAPE = ModelShape(layers=2, heads=4, kv_heads=2, head_dim=8)


def test_positions_rise_from_the_first_to_the_last() -> None:
    assert kept_positions(9, 3) == [0, 4, 8]
    assert kept_positions(10, 4) == [0, 3, 6, 9]
    assert kept_positions(7, 1) == [6]
    for tokens in range(1, 40):
        for kept in range(1, tokens + 1):
            positions = kept_positions(tokens, kept)
            assert positions == sorted(set(positions))
            assert len(positions) == kept
            assert positions[-1] == tokens - 1


def test_a_prompt_that_fits_is_left_as_it_is() -> None:
    method = Evenly(EvenlyOptions(budget=16))
    assert isinstance(method, LocalKVMethod)
    assert method.treatment(PromptFacts(tokens=16), SHAPE).press is None


def test_the_press_keeps_the_budget_and_nothing_but_it() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("kvpress")
    method = Evenly(EvenlyOptions(compression_ratio=0.5))
    press = method.treatment(PromptFacts(tokens=10), SHAPE).press
    keys = torch.arange(10.0).reshape(1, 1, 10, 1).expand(1, 2, 10, 8)
    kept, values = press.compress(None, None, keys, -keys, None, {})
    assert kept[0, :, :, 0].tolist() == [[0, 2, 4, 6, 9]] * 2
    assert torch.equal(values, -kept)


def test_labels_tell_budgets_apart_and_two_budgets_are_refused() -> None:
    assert Evenly(EvenlyOptions(budget=64)).label == "evenly-64"
    assert Evenly(EvenlyOptions(compression_ratio=0.75)).label == "evenly-75%"
    with pytest.raises(ConfigError, match="both set"):
        Evenly(EvenlyOptions(budget=64, compression_ratio=0.5))
