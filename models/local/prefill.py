"""A prompt through the model, once, with a KV method's treatment: what each layer keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from ...core.errors import ConfigError
from ..kv.method import LayerFacts, PrefillAttention, Storage, Treatment
from ..kv.store import DenseStore, LayerStore, RaggedStore, WindowStore

Stores = tuple[LayerStore, ...]


def encode(
    model: PreTrainedModel, ids: Sequence[int], treatment: Treatment, *, rows_at_once: int
) -> tuple[Stores, Tensor]:
    """Return what each layer keeps of a prompt, and the logits (vocabulary,) after its last token.

    Feed-forward blocks take `rows_at_once` tokens at a time: their activations are the largest
    tensors of a long prompt, and each row is computed on its own anyway. A layer's keys and values
    are compressed and stored before the next layer computes its own, so that the whole cache of
    the prompt never exists, unless the press works on all layers at the end.
    """
    inputs = torch.tensor([ids], device=model.device)
    if treatment.encoder is not None:
        with _mlps_in_pieces(model, len(ids), rows_at_once):
            encoded = treatment.encoder(model, inputs)
        keep = treatment.storage or _dense
        layers = enumerate(encoded.layers)
        stores = [keep(k, v, LayerFacts(layer=i, tokens_seen=len(ids))) for i, (k, v) in layers]
        return tuple(stores), encoded.logits
    keeper = _Keeper(model, treatment.storage, len(ids))
    with ExitStack() as stack:
        stack.enter_context(_mlps_in_pieces(model, len(ids), rows_at_once))
        # Hooks run in the order in which they were set: the press first, then the keeper.
        stack.enter_context(treatment.press(model) if treatment.press else nullcontext())
        stack.enter_context(nullcontext() if treatment.late else keeper.after_each_layer())
        logits = _forward(model, inputs, keeper.cache, treatment.attention)
    return keeper.stores(), logits


def attention_modules(model: PreTrainedModel) -> list[Any]:
    """Return the attention of each layer, lowest first."""
    return [module for name, module in model.named_modules() if name.endswith(".self_attn")]


def _forward(
    model: PreTrainedModel, ids: Tensor, cache: DynamicCache, attention: PrefillAttention | None
) -> Tensor:
    positions = torch.arange(ids.shape[1], device=ids.device)
    output = model(
        input_ids=ids,
        past_key_values=cache,
        position_ids=positions.unsqueeze(0),
        cache_position=positions,
        use_cache=True,
        logits_to_keep=1,
        **({} if attention is None else {"route": _without_window(attention)}),
    )
    return output.logits[0, -1]


def _without_window(attention: PrefillAttention) -> Callable[..., Tensor]:
    def route(
        layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, _window: int | None
    ) -> Tensor:
        return attention(layer, query, key, value, scale)

    return route


class _Keeper:
    """Takes the keys and values of layers out of a cache, into stores."""

    def __init__(self, model: PreTrainedModel, storage: Storage | None, tokens: int) -> None:
        self.cache = DynamicCache(config=model.config)
        self._modules = attention_modules(model)
        self._storage = storage
        self._tokens = tokens
        self._stores: dict[int, LayerStore] = {}

    @contextmanager
    def after_each_layer(self) -> Generator[None]:
        """Store each layer as soon as its attention is done."""
        hooks = [module.register_forward_hook(self._take) for module in self._modules]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def stores(self) -> Stores:
        """Return the stores of all layers; those that still lie in the cache are stored now."""
        for module in self._modules:
            if module.layer_idx not in self._stores:
                self._take(module)
        return tuple(self._stores[layer] for layer in sorted(self._stores))

    def _take(self, module: Any, *_hook_arguments: Any) -> None:
        index: int = module.layer_idx
        layer: Any = self.cache.layers[index]
        masked = getattr(module, "masked_key_indices", None)
        module.masked_key_indices = None
        if masked is not None:
            self._stores[index] = _ragged(layer.keys, layer.values, masked, self._storage)
        elif layer.is_sliding:
            start = self._tokens - layer.keys.shape[2]
            self._stores[index] = WindowStore(layer.keys, layer.values, start, layer.sliding_window)
        else:
            keep = self._storage or _dense
            facts = LayerFacts(layer=index, tokens_seen=self._tokens)
            self._stores[index] = keep(layer.keys, layer.values, facts)
        layer.keys, layer.values = layer.keys[..., :0, :], layer.values[..., :0, :]


def _dense(keys: Tensor, values: Tensor, _facts: LayerFacts) -> LayerStore:
    return DenseStore(keys, values)


def _ragged(
    keys: Tensor, values: Tensor, masked: tuple[Tensor, Tensor, Tensor], storage: Storage | None
) -> RaggedStore:
    """Drop what a press only masked; `masked` names batch, KV head and token of each key."""
    if storage is not None:
        raise ConfigError(
            "a method that keeps other tokens in each head composes with no method that stores "
            "all heads alike; choose one of the two"
        )
    kept = torch.ones(keys.shape[1:3], dtype=torch.bool, device=keys.device)
    kept[masked[1].to(keys.device), masked[2].to(keys.device)] = False
    return RaggedStore(
        tuple(
            (keys[0, head, of_head], values[0, head, of_head]) for head, of_head in enumerate(kept)
        )
    )


@contextmanager
def _mlps_in_pieces(model: PreTrainedModel, tokens: int, rows: int) -> Generator[None]:
    """Let feed-forward blocks compute `rows` tokens at a time, when there are more."""
    blocks = [module for name, module in model.named_modules() if name.endswith(".mlp")]
    if tokens <= rows:
        blocks = []
    for block in blocks:
        block.forward = _in_pieces(block.forward, rows)
    try:
        yield
    finally:
        for block in blocks:
            del block.forward


def _in_pieces(forward: Callable[[Tensor], Tensor], rows: int) -> Callable[[Tensor], Tensor]:
    def in_pieces(hidden: Tensor) -> Tensor:
        output = torch.empty_like(hidden)
        for start in range(0, hidden.shape[1], rows):
            output[:, start : start + rows] = forward(hidden[:, start : start + rows])
        return output

    return in_pieces
