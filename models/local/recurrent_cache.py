"""The caches of recurrent and hybrid models: rows put together and taken apart.

transformers has a class for each kind. Their fields are of two sorts: recurrent states, which a
forward pass writes in place, and keys and values, which it replaces by longer ones. So states are
always copied here, and keys and values shared where nothing else is to be done. The class is kept:
these functions return shallow copies with other tensors.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import pad

# Recurrent states: a tensor, or three, of (rows, ...) a layer; those of Mamba-2 are one tensor
# (layers, rows, ...). A cache that is a list is RWKV's: tensors of (rows, channels, layers).
_STATES = ("conv_cache", "conv_states", "recurrent_states", "rnn_state", "ssm_states")
# Keys and values: (rows, KV heads, tokens, channels) a layer that attends. Other layers have None,
# or a tensor with nothing in it: (rows, 0), or (0,) without rows.
_KEYS = ("key_cache", "value_cache")

_OfStates = Callable[[Sequence[Tensor], int], Tensor]
_OfKeys = Callable[[Sequence[Tensor]], Tensor]


def joined(caches: Sequence[Any]) -> Any:
    """Return a cache with the rows of all `caches`, which can go on without changing them.

    Keys are aligned at the newest: rows with fewer tokens than others have padding before them.
    """
    return _rebuilt(caches, lambda same, dim: torch.cat(list(same), dim), _keys_joined)


def picked(cache: Any, rows: Sequence[int], start: int) -> Any:
    """Return a cache of some rows, in storage of its own, without the first `start` keys."""

    def states(same: Sequence[Tensor], dim: int) -> Tensor:
        return same[0].index_select(dim, _index(rows, same[0]))

    def keys(same: Sequence[Tensor]) -> Tensor:
        (tensor,) = same
        if tensor.dim() == 1:
            return tensor
        own = tensor[:, :, start:] if tensor.dim() == 4 else tensor
        return own.index_select(0, _index(rows, tensor))

    return _rebuilt([cache], states, keys)


def tokens_held(cache: Any) -> tuple[int, ...]:
    """Return how many tokens, padding included, each layer that attends holds."""
    keys = getattr(cache, "key_cache", ())
    return tuple(of_layer.shape[2] for of_layer in keys if _holds_tokens(of_layer))


def _holds_tokens(keys: Any) -> bool:
    return isinstance(keys, Tensor) and keys.dim() == 4


def _rebuilt(caches: Sequence[Any], of_states: _OfStates, of_keys: _OfKeys) -> Any:
    """Return a cache like `caches`, made by functions of what stands at the same place in each.

    `of_states` is also told which dimension counts the rows.
    """
    first = caches[0]
    if isinstance(first, list):
        return _mapped(caches, lambda same: of_states(same, 0))
    new = copy.copy(first)
    for name in _STATES:
        if hasattr(first, name):
            parts = [getattr(cache, name) for cache in caches]
            dim = 1 if isinstance(parts[0], Tensor) else 0
            setattr(new, name, _mapped(parts, lambda same, dim=dim: of_states(same, dim)))
    for name in _KEYS:
        if hasattr(first, name):
            setattr(new, name, _mapped([getattr(cache, name) for cache in caches], of_keys))
    return new


def _mapped(parts: Sequence[Any], function: _OfKeys) -> Any:
    """Apply `function` to the tensors that stand at the same place in each of `parts`."""
    first = parts[0]
    if isinstance(first, Tensor):
        return function(parts)
    if isinstance(first, dict):
        layers = cast("dict[int, Any]", first)
        return {key: _mapped([part[key] for part in parts], function) for key in layers}
    if isinstance(first, list | tuple):
        made = [_mapped(same, function) for same in zip(*parts, strict=True)]
        return made if isinstance(first, list) else tuple(made)
    return first


def _keys_joined(same: Sequence[Tensor]) -> Tensor:
    if len(same) == 1 or same[0].dim() == 1:
        return same[0]
    if same[0].dim() == 4:
        longest = max(keys.shape[2] for keys in same)
        same = [pad(keys, (0, 0, longest - keys.shape[2], 0)) for keys in same]
    return torch.cat(list(same))


def _index(rows: Sequence[int], like: Tensor) -> Tensor:
    return torch.tensor(rows, dtype=torch.long, device=like.device)
