"""A prompt on its way through the model: stored layer by layer, in pieces where it is long."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("kvpress")

import torch
from kvpress import KnormPress

from evalrun.models.kv.method import LayerFacts, Treatment
from evalrun.models.kv.store import DenseStore, LayerStore
from evalrun.models.local.attention_lm import AttentionLM
from evalrun.models.local.loading import LoadedModel
from evalrun.models.local.prefill import attention_modules

IDS = list(range(90))


@pytest.fixture
def model(tiny: LoadedModel) -> Any:
    return tiny.lm._model  # type: ignore[attr-defined]


def noting(events: list[str]) -> Treatment:
    """A treatment that drops half of the tokens and notes which layer is stored when."""

    def keep(keys: torch.Tensor, values: torch.Tensor, facts: LayerFacts) -> LayerStore:
        events.append(f"stored {facts.layer}: {keys.shape[2]} of {facts.tokens_seen}")
        return DenseStore(keys, values)

    return Treatment(press=KnormPress(0.5), storage=keep)


def test_a_layer_is_compressed_and_stored_before_the_next_one_attends(model: Any) -> None:
    events: list[str] = []
    hooks = [
        module.register_forward_pre_hook(
            lambda module, _args: events.append(f"attends {module.layer_idx}")
        )
        for module in attention_modules(model)
    ]
    AttentionLM(model, rows_at_once=1000).encode(IDS, noting(events))
    for hook in hooks:
        hook.remove()
    assert events == [
        event for i in range(3) for event in (f"attends {i}", f"stored {i}: 45 of 90")
    ]


@pytest.mark.parametrize(("rows", "largest"), [(1000, 90), (90, 90), (32, 32), (1, 1)])
def test_feed_forward_blocks_take_so_many_tokens_at_a_time(
    model: Any, rows: int, largest: int
) -> None:
    seen: list[int] = []
    hook = model.model.layers[1].mlp.down_proj.register_forward_pre_hook(
        lambda _module, args: seen.append(args[0].shape[1])
    )
    AttentionLM(model, rows_at_once=rows).encode(IDS, Treatment())
    hook.remove()
    assert max(seen) == largest
    assert sum(seen) == len(IDS)


def test_a_prompt_that_fails_leaves_the_model_as_it_was(model: Any) -> None:
    def fail(*_: Any) -> LayerStore:
        raise MemoryError

    before = AttentionLM(model, rows_at_once=1000).encode(IDS, Treatment()).logits
    with pytest.raises(MemoryError):
        AttentionLM(model, rows_at_once=10).encode(
            IDS, Treatment(press=KnormPress(0.5), storage=fail)
        )
    assert not any(module._forward_hooks for module in attention_modules(model))
    assert "forward" not in vars(model.model.layers[0].mlp)
    after = AttentionLM(model, rows_at_once=1000).encode(IDS, Treatment()).logits
    assert torch.equal(before, after)
