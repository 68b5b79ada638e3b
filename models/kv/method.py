"""What the torch endpoint asks of a KV method.

A method acts in one or more of five places, in the order in which a prompt meets them:

| slot | SCBench's stage | what may be put there |
|---|---|---|
| `prompt` | generation | a rewriting of the shared text, before it becomes tokens |
| `encoding` | retrieval | another way through the model than one causal pass |
| `attention` | generation | the attention of the prompt's own queries: sparse masks |
| `eviction` | compression | a press that keeps some of each layer's keys and values |
| `storage` | compression, loading | how what is kept is stored, and what a new token reads of it |

Methods that fill different slots compose.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import msgspec

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

    from .store import LayerStore

Slot = Literal["prompt", "encoding", "attention", "eviction", "storage"]
Press = Callable[["PreTrainedModel"], AbstractContextManager[Any]]


class ModelShape(msgspec.Struct, frozen=True, kw_only=True):
    """The attention of a model: `heads` query heads share `kv_heads` in each of `layers`."""

    layers: int
    heads: int
    kv_heads: int
    head_dim: int


class PromptFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a prompt before it is encoded: its length, and the task it belongs to."""

    tokens: int
    task: str = ""


class LayerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which layer is to be stored, and how many tokens of the prompt passed it."""

    layer: int
    tokens_seen: int


class Encoded(msgspec.Struct, frozen=True):
    """A prompt after the model: keys and values a layer, and the logits after the last token.

    `layers` holds pairs (1, KV heads, tokens, channels), `logits` is (vocabulary,).
    """

    layers: tuple[tuple[Tensor, Tensor], ...]
    logits: Tensor


class PrefillAttention(Protocol):
    """The attention of a prompt's queries over its own keys.

    Takes the layer's index, `query` (batch, heads, tokens, channels), `key` and `value` (batch, KV
    heads, tokens, channels) and the scale of the scores; returns the output, shaped like `query`.
    """

    def __call__(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float
    ) -> Tensor:
        """Return the attention output."""
        ...


Storage = Callable[["Tensor", "Tensor", LayerFacts], "LayerStore"]
Encoder = Callable[["PreTrainedModel", "Tensor"], Encoded]


class Treatment(msgspec.Struct, frozen=True, kw_only=True):
    """What a method does to one prompt; None leaves a slot as the model has it.

    `press` is entered around the forward pass over the whole prompt, and left before anything else
    is computed. With `late`, it does its work on leaving: then no layer is stored before.
    `encoder` takes the ids (1, tokens) of the prompt and replaces the forward pass.
    """

    encoder: Encoder | None = None
    attention: PrefillAttention | None = None
    press: Press | None = None
    late: bool = False
    storage: Storage | None = None


UNTREATED = Treatment()


@runtime_checkable
class LocalKVMethod(Protocol):
    """A KV method that runs on the torch endpoint.

    Methods with any slot but `prompt` need attention in every layer, without a sliding window.
    """

    @property
    def label(self) -> str:
        """The name in tables, with the settings that tell two uses of it apart."""
        ...

    @property
    def slots(self) -> frozenset[Slot]:
        """Where the method acts."""
        ...

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:
        """Return what is done to `prompt`, `UNTREATED` if it fits as it is. Raises ConfigError."""
        ...


def label_with_changes(name: str, options: msgspec.Struct, said: tuple[str, ...] = ()) -> str:
    """Return `name` followed by the options that differ from their defaults.

    `said` are options that the name tells already: `snapkv-256[window_size=16]`.
    """
    changed = [
        f"{field.name}={getattr(options, field.name)}"
        for field in msgspec.structs.fields(options)
        if field.name not in said and getattr(options, field.name) != _default(field)
    ]
    return f"{name}[{','.join(changed)}]" if changed else name


def _default(field: msgspec.structs.FieldInfo) -> Any:
    made = field.default_factory
    return field.default if made is msgspec.NODEFAULT else made()
