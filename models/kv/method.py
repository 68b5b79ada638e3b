"""What the torch endpoint asks of a KV method."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel
    from transformers.cache_utils import Cache

Press = Callable[["PreTrainedModel"], AbstractContextManager[Any]]


@runtime_checkable
class LocalKVMethod(Protocol):
    """A KV method that runs on the torch endpoint.

    `compresses` methods need attention in every layer, without a sliding window; the others
    leave the cache as the model builds it.
    """

    @property
    def label(self) -> str:
        """The name in tables, with the settings that tell two uses of it apart."""
        ...

    @property
    def compresses(self) -> bool:
        """Whether the cache holds less than the model put there."""
        ...

    def new_cache(self, config: PreTrainedConfig) -> Cache:
        """Return an empty cache for a model with `config`."""
        ...

    def press(self, tokens: int, layers: int) -> Press | None:
        """Return what evicts while `tokens` prompt tokens pass `layers` layers, once.

        None when nothing is to be evicted. The press is entered around the forward pass over the
        whole prompt, and left before anything else is computed.
        """
        ...


def dynamic_cache(config: PreTrainedConfig) -> Cache:
    """Return an empty cache that grows, the default of transformers."""
    from transformers import DynamicCache

    return DynamicCache(config=config)


def label_with_changes(name: str, options: msgspec.Struct, said: tuple[str, ...] = ()) -> str:
    """Return `name` followed by the options that differ from their defaults.

    `said` are options that the name tells already: `snapkv-256[window_size=16]`.
    """
    changed = [
        f"{field.name}={getattr(options, field.name)}"
        for field in msgspec.structs.fields(options)
        if field.name not in said and getattr(options, field.name) != field.default
    ]
    return f"{name}[{','.join(changed)}]" if changed else name
