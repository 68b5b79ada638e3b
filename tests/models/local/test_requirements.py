"""KV methods that have no meaning for a model are refused by its configuration alone."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("kvpress")

from evalrun.models.kv.full import Full
from evalrun.models.kv.kivi import KIVI, KIVIOptions
from evalrun.models.kv.method import ModelShape
from evalrun.models.kv.snapkv import SnapKV, SnapKVOptions
from evalrun.models.local.requirements import kv_refusal
from evalrun.models.local.shape import shape_of

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "num_hidden_layers": 4,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "hidden_size": 512,
}
UNLIKE = [
    ({"kv_lora_rank": 512}, "latents"),
    ({"num_key_value_heads": [2, 4, 4, 8]}, "different numbers of heads"),
    ({"sliding_window": 4096}, "sliding window"),
    ({"model_type": "mamba2"}, "recurrent state"),
]


@pytest.mark.parametrize(("changes", "reason"), UNLIKE)
def test_a_method_is_refused_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    refusal = kv_refusal({**LLAMA, **changes}, SnapKV(SnapKVOptions()))
    assert refusal is not None
    assert str(refusal).startswith("kv=snapkv-4096 does not apply: ")
    assert reason in str(refusal)
    assert kv_refusal({**LLAMA, **changes}, Full()) is None


def test_settings_that_do_not_fit_the_heads_are_named() -> None:
    assert kv_refusal(LLAMA, KIVI(KIVIOptions())) is None
    refusal = kv_refusal({**LLAMA, "head_dim": 80}, KIVI(KIVIOptions()))
    assert refusal is not None
    assert "group_size" in str(refusal)


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        (LLAMA, ModelShape(layers=4, heads=8, kv_heads=2, head_dim=64)),
        ({"text_config": LLAMA}, ModelShape(layers=4, heads=8, kv_heads=2, head_dim=64)),
        (
            {**LLAMA, "num_key_value_heads": None, "head_dim": 32},
            ModelShape(layers=4, heads=8, kv_heads=8, head_dim=32),
        ),
        ({**LLAMA, "num_key_value_heads": [2, 2]}, None),
        ({"model_type": "rwkv", "hidden_size": 4}, None),
        ({}, None),
    ],
)
def test_the_shape_of_a_model_is_read_from_its_configuration(
    config: dict[str, Any], shape: ModelShape | None
) -> None:
    assert shape_of(config) == shape
