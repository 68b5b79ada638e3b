"""What the torch endpoint asks of a language model: prompts encoded once, branches in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
import torch
from torch import Tensor

from ..kv.method import ModelShape, Treatment


class State(msgspec.Struct, frozen=True):
    """What a model `held` of a conversation, and the logits (vocabulary,) after its last token.

    `length` counts evicted tokens too: the next token stands at this position. A state never
    changes, so it can be continued any number of times.
    """

    held: Any
    length: int
    logits: Tensor


class Branches(Protocol):
    """Several conversations that go on side by side, a token at a time."""

    @property
    def logits(self) -> Tensor:
        """The logits (branches, vocabulary) after the last token of each."""
        ...

    def advance(self, tokens: Sequence[int]) -> None:
        """Put one token behind each."""
        ...

    def states(self, indices: Sequence[int]) -> list[State]:
        """Return the states of some branches, which stay as they are now."""
        ...

    def keep(self, indices: Sequence[int]) -> None:
        """Let go of all branches but these, which are then numbered in this order."""
        ...

    def join(self, states: Sequence[State]) -> None:
        """Take in further conversations behind the last branch."""
        ...


class CausalLM(Protocol):
    """A language model that can branch a conversation."""

    @property
    def device(self) -> torch.device:
        """Where the first layer is."""
        ...

    @property
    def shape(self) -> ModelShape:
        """What KV methods need to know of its attention."""
        ...

    def encode(self, ids: Sequence[int], treatment: Treatment) -> State:
        """Return the state after a whole prompt, treated once."""
        ...

    def extended(self, states: Sequence[State], ids: Sequence[Sequence[int]]) -> list[State]:
        """Return the states after further tokens, as many as there are for each."""
        ...

    def branches(self, states: Sequence[State]) -> Branches:
        """Return the conversations side by side."""
        ...

    def full_cache_bytes(self, tokens: int) -> int:
        """Return the bytes of all keys and values of a prompt."""
        ...

    def tokens_kept(self, state: State) -> tuple[float, ...]:
        """Return how many prompt tokens each attention layer holds, the mean over its KV heads."""
        ...

    def tokens_read(self, state: State) -> tuple[float, ...]:
        """Return how many of them a new token attends to in each layer."""
        ...
