"""Presses of kvpress by name: each one works on a prompt, or is refused with its reason."""

from __future__ import annotations

import sys
from typing import Any

import pytest

pytest.importorskip("kvpress")

import kvpress
from kvpress.presses.expected_attention_with_stats import ExpectedAttentionStats
from pressing import (
    CHANNELS,
    HEADS,
    KV_HEADS,
    LAYERS,
    cached,
    kept_positions,
    method,
    random_ids,
    sets,
    tiny_llama,
    treatment,
)

from evalrun.core.errors import ConfigError, MissingExtraError, SampleError
from evalrun.models.kv.method import UNTREATED
from evalrun.models.kv.presses.refused import NEEDS_FOLDER, REFUSED

TOKENS = 90

# What a press needs beside a budget; those in NO_BUDGET say in their settings what they drop.
SETTINGS: dict[str, dict[str, Any]] = {
    "AdaKVPress": {"press": {"press": "SnapKVPress", "settings": {"window_size": 8}}},
    "BlockPress": {"press": "KeyDiffPress", "block_size": 16},
    "ChunkKVPress": {"press": "KnormPress"},
    "ChunkPress": {"press": "KnormPress", "chunk_length": 30},
    "CriticalAdaKVPress": {"press": {"press": "SnapKVPress", "settings": {"window_size": 8}}},
    "CriticalKVPress": {"press": {"press": "SnapKVPress", "settings": {"window_size": 8}}},
    "EntropyGatedChunkKVPress": {"press": "KnormPress"},
    "LagKVPress": {"lag_size": 16},
    "MergingPress": {"press": "KnormPress"},
    "PyramidKVPress": {"window_size": 8},
    "SnapKVPress": {"window_size": 8},
}
NO_BUDGET: dict[str, dict[str, Any]] = {
    "ComposedPress": {
        "presses": [
            {"press": "KnormPress", "settings": {"compression_ratio": 0.5}},
            {"press": "ThinKPress", "settings": {"key_channel_compression_ratio": 0.5}},
        ]
    },
    "PerLayerCompressionPress": {"press": "KnormPress", "compression_ratios": [0.2, 0.4, 0.6, 0.8]},
    "SimLayerKVPress": {"lazy_threshold": 0.0, "n_recent": 20},
    "ThinKPress": {"key_channel_compression_ratio": 0.5},
}


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny_llama()


def settings_of(name: str, folder: Any) -> dict[str, Any]:
    if name not in NEEDS_FOLDER:
        return SETTINGS.get(name) or NO_BUDGET.get(name) or {}
    ExpectedAttentionStats(
        num_layers=LAYERS,
        num_heads=HEADS,
        head_dim=CHANNELS,
        dataset_name="none",
        model_name="tiny",
        num_samples=1,
        sample_seq_len=1,
        n_sink=4,
    ).save_pretrained(folder)
    return {"stats_folder": str(folder)}


@pytest.mark.parametrize("name", sorted(kvpress.__all__))
def test_every_press_of_kvpress_works_or_is_refused(name: str, model: Any, tmp_path: Any) -> None:
    if name in REFUSED:
        with pytest.raises(ConfigError, match=f"kv.press={name} does not run") as refused:
            method("press", press=name)
        assert REFUSED[name] in str(refused.value)
        return
    budget = {} if name in NO_BUDGET else {"budget": 40}
    kv = method("press", press=name, settings=settings_of(name, tmp_path), **budget)
    press = treatment(kv, TOKENS).press
    whole, kept = cached(model, random_ids(TOKENS)), cached(model, random_ids(TOKENS), press)
    tokens = sum(len(keys) for heads in kept for keys, _ in heads) / LAYERS / KV_HEADS
    if name == "ThinKPress":
        assert (kept[0][0][0] == 0).all(0).sum() == CHANNELS // 2
        assert (whole[0][0][0] == 0).all(0).sum() == 0
    elif name in NO_BUDGET:
        assert tokens < TOKENS - 10
    else:
        # Some round in chunks, and PyramidKVPress counts its window on top.
        assert 40 - 20 <= tokens <= 40 + 10


def test_refusals_and_exceptions_name_presses_that_exist() -> None:
    assert {*REFUSED, *NEEDS_FOLDER, *SETTINGS, *NO_BUDGET} <= {*kvpress.__all__}


def test_scorers_keep_exactly_the_budget(model: Any) -> None:
    kept = kept_positions(model, random_ids(TOKENS), method("press", budget=33))
    assert {len(head) for heads in kept for head in heads} == {33}


def test_a_press_is_the_same_as_the_method_of_its_own(model: Any) -> None:
    named = method("press", press="SnapKVPress", settings={"window_size": 8}, budget=30)
    own = method("snapkv", window_size=8, budget=30)
    ids = random_ids(TOKENS)
    assert kept_positions(model, ids, named) == kept_positions(model, ids, own)


def test_random_numbers_come_from_the_seed(model: Any) -> None:
    ids = random_ids(TOKENS)
    kept = [
        sets(kept_positions(model, ids, method("press", budget=30, seed=seed)))
        for seed in (0, 0, 1)
    ]
    assert kept[0] == kept[1] != kept[2]
    assert kept[0][0] != kept[0][1]


def test_prompts_that_fit_are_left_alone_unless_there_is_no_budget() -> None:
    assert treatment(method("press", budget=90), TOKENS) is UNTREATED
    assert treatment(method("press", compression_ratio=0.0), TOKENS) is UNTREATED
    think = method("press", press="ThinKPress", settings=NO_BUDGET["ThinKPress"])
    assert treatment(think, 1) is not UNTREATED


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"press": "SnapPress"},
            r"kv\.press: unknown press 'SnapPress': did you mean 'SnapKVPress",
        ),
        (
            {"press": "SnapKVPress", "settings": {"window": 3}},
            r"unknown key 'kv\.settings\.window' of SnapKVPress: did you mean 'window_size'",
        ),
        (
            {"press": "SnapKVPress", "settings": {"window_size": "all"}},
            r"kv\.settings\.window_size: Expected `int`, got `str`",
        ),
        (
            {"press": "KnormPress", "settings": {"compression_ratio": 0.5}},
            r"kv\.settings\.compression_ratio: set kv\.compression_ratio or kv\.budget",
        ),
        ({"press": "AdaKVPress"}, r"kv\.press=AdaKVPress needs kv\.settings\.press"),
        (
            {"press": "AdaKVPress", "settings": {"press": "Knorm"}},
            r"kv\.settings\.press: unknown press 'Knorm': did you mean 'KnormPress'",
        ),
        (
            {"press": "AdaKVPress", "settings": {"press": "ThinKPress"}},
            r"kv\.press=AdaKVPress: AdaKVPress requires a ScorerPress",
        ),
        (
            {"press": "AdaKVPress", "settings": {"press": "ObservedAttentionPress"}},
            r"kv\.settings\.press=ObservedAttentionPress does not run .*kv=h2o",
        ),
        (
            {"press": "AdaKVPress", "settings": {"press": {"name": "KnormPress"}}},
            r"unknown key 'kv\.settings\.press\.name'",
        ),
        (
            {
                "press": "AdaKVPress",
                "settings": {"press": {"press": "SnapKVPress", "settings": {"window": 3}}},
            },
            r"unknown key 'kv\.settings\.press\.settings\.window' of SnapKVPress",
        ),
        ({"press": "AdaKVPress", "settings": {"press": 3}}, r"kv\.settings\.press: give the name"),
        (
            {"press": "ComposedPress", "settings": {"presses": "KnormPress"}},
            r"kv\.settings\.presses: Expected `array`, got `str`",
        ),
        (
            {"press": "ComposedPress", "settings": {"presses": ["KnormPress", "Foo"]}},
            r"kv\.settings\.presses\.1: unknown press 'Foo'",
        ),
        (
            {"press": "ThinKPress", "budget": 40},
            r"kv\.budget: kv\.press=ThinKPress drops no share of the tokens",
        ),
        (
            {"press": "ExpectedAttentionStatsPress"},
            r"needs a local folder in settings\.stats_folder",
        ),
        ({"budget": 4, "compression_ratio": 0.5}, r"kv\.budget=4 and kv\.compression_ratio=0\.5"),
    ],
)
def test_what_cannot_be_made_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        method("press", **options)


def test_a_missing_kvpress_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evalrun.models.kv.presses.by_name", None)
    with pytest.raises(MissingExtraError, match=r"kv=press needs an extra: .*\[local\]"):
        method("press")


def test_a_ratio_for_each_layer_has_to_fit_the_model() -> None:
    settings = {"press": "KnormPress", "compression_ratios": [0.5, 0.5]}
    kv = method("press", press="PerLayerCompressionPress", settings=settings)
    with pytest.raises(ConfigError, match=r"holds 2 ratios; this model has 4 layers"):
        treatment(kv, TOKENS)


def test_a_prompt_that_a_press_does_not_take_fails_alone(model: Any) -> None:
    kv = method("press", press="SnapKVPress", settings={"window_size": 95}, budget=40)
    with pytest.raises(SampleError, match=r"kv\.press=SnapKVPress: Query length 90"):
        cached(model, random_ids(TOKENS), treatment(kv, TOKENS).press)


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ({}, "RandomPress-4096"),
        ({"seed": 3, "budget": 10}, "RandomPress-10[seed=3]"),
        (
            {
                "press": "AdaKVPress",
                "settings": {
                    "press": {"press": "SnapKVPress", "settings": {"window_size": 8}},
                    "alpha_safeguard": 0.1,
                },
                "compression_ratio": 0.5,
            },
            "AdaKVPress(press=SnapKVPress(window_size=8),alpha_safeguard=0.1)-50%",
        ),
        (
            {"press": "ThinKPress", "settings": {"key_channel_compression_ratio": 0.5}},
            "ThinKPress(key_channel_compression_ratio=0.5)",
        ),
        (
            {"press": "ComposedPress", "settings": {"presses": ["ThinKPress"]}},
            "ComposedPress(presses=[ThinKPress])",
        ),
    ],
)
def test_labels_spell_the_press(options: dict[str, Any], label: str) -> None:
    assert method("press", **options).label == label
