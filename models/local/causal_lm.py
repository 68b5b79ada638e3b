"""One forward pass at a time over a cache: what sessions are made of."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, Protocol

import msgspec
import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from ..kv.method import LocalKVMethod


class State(msgspec.Struct, frozen=True):
    """A cache, the number of tokens it has seen, and the logits (vocabulary,) after the last.

    `length` counts evicted tokens too: the next token stands at this position.
    """

    cache: Any
    length: int
    logits: Tensor


class CausalLM(Protocol):
    """A language model over a cache that it can branch."""

    @property
    def device(self) -> torch.device:
        """Where the first layer is."""
        ...

    def encode(self, ids: Sequence[int], kv: LocalKVMethod) -> State:
        """Return the state after a whole prompt, with `kv` applied once."""
        ...

    def extended(self, state: State, ids: Sequence[int]) -> State:
        """Return the state after further tokens; the cache of `state` itself moves on."""
        ...

    def branched(self, state: State) -> State:
        """Return a state that can be extended without changing `state`."""
        ...


class AttentionLM:
    """A model whose layers all attend to a cache of keys and values.

    Branches share tensors: cache layers replace what they hold, they never write into it.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model
        self._layers: int = model.config.get_text_config(decoder=True).num_hidden_layers

    @property
    def device(self) -> torch.device:
        """Where the first layer is."""
        return self._model.device

    def encode(self, ids: Sequence[int], kv: LocalKVMethod) -> State:
        """Return the state after a whole prompt; queries of the prompt see all of it."""
        cache = kv.new_cache(self._model.config)
        press = kv.press(len(ids), self._layers)
        with press(self._model) if press else nullcontext():
            return self._forward(cache, ids, 0)

    def extended(self, state: State, ids: Sequence[int]) -> State:
        """Return the state after further tokens, at the positions that follow the original ones."""
        if not ids:
            return state
        return self._forward(state.cache, ids, state.length)

    def branched(self, state: State) -> State:
        """Return a state with layers of its own that hold the same tensors."""
        cache: Cache = copy.copy(state.cache)
        cache.layers = [copy.copy(layer) for layer in state.cache.layers]
        return State(cache, state.length, state.logits)

    @torch.inference_mode()
    def _forward(self, cache: Cache, ids: Sequence[int], start: int) -> State:
        positions = torch.arange(start, start + len(ids), device=self.device)
        output = self._model(
            input_ids=torch.tensor([ids], device=self.device),
            past_key_values=cache,
            position_ids=positions.unsqueeze(0),
            cache_position=positions,
            use_cache=True,
            logits_to_keep=1,
        )
        return State(cache, start + len(ids), output.logits[0, -1])


class RecurrentLM:
    """A model with recurrent layers, whose state is written in place and can take one token.

    Branches are deep copies. KV methods do not apply: there are no keys in recurrent layers.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model
        names = inspect.signature(model.forward).parameters
        self._cache_name = "cache_params" if "cache_params" in names else "past_key_values"

    @property
    def device(self) -> torch.device:
        """Where the first layer is."""
        return self._model.device

    @torch.inference_mode()
    def encode(self, ids: Sequence[int], kv: LocalKVMethod) -> State:  # noqa: ARG002 - CausalLM
        """Return the state after a whole prompt."""
        output = self._model(
            input_ids=torch.tensor([ids], device=self.device), use_cache=True, logits_to_keep=1
        )
        return State(output[self._cache_name], len(ids), output.logits[0, -1])

    @torch.inference_mode()
    def extended(self, state: State, ids: Sequence[int]) -> State:
        """Return the state after further tokens, fed one by one."""
        for token in ids:
            output = self._model(
                input_ids=torch.tensor([[token]], device=self.device),
                cache_position=torch.tensor([state.length], device=self.device),
                use_cache=True,
                **{self._cache_name: state.cache},
            )
            state = State(state.cache, state.length + 1, output.logits[0, -1])
        return state

    def branched(self, state: State) -> State:
        """Return a state with tensors of its own."""
        return State(copy.deepcopy(state.cache), state.length, state.logits)
