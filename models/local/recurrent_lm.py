"""Models with recurrent layers, alone or beside attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from ...core.errors import ConfigError
from ..kv.method import ModelShape, Treatment
from .causal_lm import State
from .memory import memory_failures
from .recurrent_cache import joined, picked, tokens_held
from .recurrent_kinds import kind_refusal
from .recurrent_pass import RecurrentPass

_PROMPT_MEMORY = (
    "without the CUDA kernels of mamba-ssm and causal-conv1d, layers like Mamba's need memory for "
    "all tokens of a prompt at once: install them, or use model.engine=vllm"
)
_ATTENDING = ("attention", "full_attention", "hybrid")


class RecurrentLM:
    """A model with recurrent layers: a prompt at a time, and a token at a time behind prompts.

    Further tokens of several conversations pass the model together, one of each in a pass:
    transformers takes the recurrent states into account for single tokens only. KV methods do not
    apply. Raises ConfigError for kinds of models, and numbers, that transformers computes wrongly.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        refusal = kind_refusal(model.config.model_type)
        if refusal is not None:
            raise ConfigError(f"{refusal}; use model.engine=vllm")
        if model.config.model_type == "xlstm" and model.dtype != torch.float32:
            raise ConfigError(
                "engine=torch computes xlstm in float32 only; use model.dtype=float32"
            )
        self._model = model
        self._pass = RecurrentPass(model)

    @property
    def device(self) -> torch.device:
        """Where the first layer is."""
        return self._model.device

    @property
    def shape(self) -> ModelShape:
        """No attention that a KV method could work on."""
        return ModelShape(layers=0, heads=0, kv_heads=0, head_dim=0)

    def encode(self, ids: Sequence[int], treatment: Treatment) -> State:  # noqa: ARG002 - CausalLM
        """Return the state after a whole prompt. Raises SampleError when memory runs out."""
        with memory_failures(_PROMPT_MEMORY):
            cache, logits = self._pass.encode(ids)
        return State(cache, len(ids), logits)

    def extended(self, states: Sequence[State], ids: Sequence[Sequence[int]]) -> list[State]:
        """Return the states after further tokens; whoever has no more of them leaves the batch."""
        result = list(states)
        going_on = [i for i, new in enumerate(ids) if new]
        if not going_on:
            return result
        batch = self.branches([states[i] for i in going_on])
        for step in range(max(map(len, ids))):
            batch.advance([ids[i][step] for i in going_on])
            done = [row for row, i in enumerate(going_on) if len(ids[i]) == step + 1]
            for row, state in zip(done, batch.states(done), strict=True):
                result[going_on[row]] = state
            left = [row for row in range(len(going_on)) if row not in done]
            if done and left:
                batch.keep(left)
            going_on = [going_on[row] for row in left]
        return result

    def branches(self, states: Sequence[State]) -> RecurrentBranches:
        """Return the conversations side by side."""
        return RecurrentBranches(self._pass, states)

    def full_cache_bytes(self, tokens: int) -> int:
        """Return the bytes of the keys and values of a prompt, in the layers that attend."""
        config: Any = self._model.config
        types = getattr(config, "layer_types", None) or getattr(config, "layers_block_type", ())
        layers = sum(of_layer in _ATTENDING for of_layer in types)
        if not layers:
            return 0
        heads: int = config.num_attention_heads
        kv_heads: int = config.num_key_value_heads or heads
        channels: int = (
            getattr(config, "attention_head_dim", None)
            or getattr(config, "head_dim", None)
            or config.hidden_size // heads
        )
        return 2 * layers * kv_heads * channels * tokens * self._model.dtype.itemsize

    def tokens_kept(self, state: State) -> tuple[float, ...]:
        """Return how many tokens each layer that attends holds: none but those of hybrids do."""
        return tokens_held(state.held)

    def tokens_read(self, state: State) -> tuple[float, ...]:
        """Return the same: a new token attends to all that are held."""
        return self.tokens_kept(state)


class RecurrentBranches:
    """Conversations that pass the model together, a row each of one cache.

    Where layers attend, the keys of each row end at the same place: rows with fewer tokens than the
    longest have padding before them, which is masked. The keys of a prompt are held once a branch.
    """

    def __init__(self, forward: RecurrentPass, states: Sequence[State]) -> None:
        self._pass = forward
        self._cache: Any = joined([state.held for state in states])
        self._lengths = [state.length for state in states]
        self._logits = torch.stack([state.logits for state in states])

    @property
    def logits(self) -> Tensor:
        """The logits (branches, vocabulary) after the last token of each."""
        return self._logits

    def advance(self, tokens: Sequence[int]) -> None:
        """Put one token behind each branch."""
        self._cache, self._logits = self._pass.step(self._cache, self._lengths, tokens)
        self._lengths = [length + 1 for length in self._lengths]

    def states(self, indices: Sequence[int]) -> list[State]:
        """Return the states of some branches, in storage of their own."""
        longest = max(self._lengths)
        return [
            State(
                picked(self._cache, [i], longest - self._lengths[i]),
                self._lengths[i],
                self._logits[i].clone(),
            )
            for i in indices
        ]

    def keep(self, indices: Sequence[int]) -> None:
        """Let go of all branches but these."""
        lengths = [self._lengths[i] for i in indices]
        self._cache = picked(self._cache, indices, max(self._lengths) - max(lengths))
        self._logits = self._logits[list(indices)]
        self._lengths = lengths

    def join(self, states: Sequence[State]) -> None:
        """Take in further conversations behind the last branch."""
        # First, because memory may run out here: then the branches stay as they were.
        cache = joined([self._cache, *(state.held for state in states)])
        self._logits = torch.cat([self._logits, *(state.logits[None] for state in states)])
        self._cache = cache
        self._lengths += [state.length for state in states]
