"""Forward passes of recurrent and hybrid models: whole prompts, and a token behind each of many.

Each kind wants other arguments with a cache, and computes wrongly without them, some silently; the
rules here were found by comparing with whole prompts (transformers 5.2).
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from .recurrent_cache import joined, picked

_CACHES = ("cache_params", "past_key_values", "state")
_CHUNK = 64


class RecurrentPass:
    """The forward pass of one model; states of its caches are written in place."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model
        self._accepts = frozenset(inspect.signature(model.forward).parameters)
        (self._cache_name,) = self._accepts.intersection(_CACHES)
        if not _has_kernels(model):
            _prepare_plain_path(model)

    @torch.inference_mode()
    def encode(self, ids: Sequence[int]) -> tuple[Any, Tensor]:
        """Return the cache after a whole prompt, and the logits (vocabulary,) after it."""
        inputs = torch.tensor([ids], device=self._model.device)
        given: dict[str, Any] = {}
        if self._cache_name == "past_key_values":
            given[self._cache_name] = self._new_cache(inputs)
        if "logits_to_keep" in self._accepts:
            given["logits_to_keep"] = 1
        output = self._model(input_ids=inputs, use_cache=True, **given)
        return output[self._cache_name], output.logits[0, -1].clone()

    @torch.inference_mode()
    def step(self, cache: Any, lengths: Sequence[int], tokens: Sequence[int]) -> tuple[Any, Tensor]:
        """Put a token behind each row of a cache; return it, and the logits (rows, vocabulary).

        `lengths` are those of the rows before. `cache` itself cannot be used afterwards.
        """
        if self._cache_name == "state" and len(tokens) > 1:
            return self._row_by_row(cache, lengths, tokens)
        output = self._model(
            input_ids=torch.tensor(tokens, device=self._model.device)[:, None],
            use_cache=True,
            **{self._cache_name: cache},
            **self._placed(lengths),
        )
        return output[self._cache_name], output.logits[:, -1]

    def _new_cache(self, inputs: Tensor) -> Any:
        """Return an empty cache for hybrids, None where the model makes its own.

        Bamba, Falcon-H1, GraniteMoeHybrid and Zamba return no cache unless they are given one.
        """
        positions = torch.arange(inputs.shape[1], device=inputs.device)
        model: Any = self._model
        prepared = model.prepare_inputs_for_generation(
            inputs, use_cache=True, cache_position=positions
        )
        return prepared.get(self._cache_name)

    def _placed(self, lengths: Sequence[int]) -> dict[str, Tensor]:
        """Return where the new tokens of rows stand that had `lengths` tokens before."""
        device = self._model.device
        config: Any = self._model.config
        if "cache_position" not in self._accepts:
            return {}
        if "position_ids" not in self._accepts:
            # Mamba asks whether there are tokens before, and writes at this place of its
            # convolution's window: wrongly, were it the place of a token in a short prompt.
            return {"cache_position": torch.tensor([config.conv_kernel], device=device)}
        longest = max(lengths)
        positions = torch.tensor(lengths, device=device)[:, None]
        # LFM2 writes there too. What else follows from it is given by the two other arguments.
        place = max(longest, getattr(config, "conv_L_cache", 0))
        placed = {
            "cache_position": torch.tensor([place], device=device),
            "position_ids": positions,
        }
        if min(lengths) < longest:
            slots = torch.arange(longest + 1, device=device)
            placed["attention_mask"] = (slots >= longest - positions).long()
        return placed

    def _row_by_row(
        self, cache: Any, lengths: Sequence[int], tokens: Sequence[int]
    ) -> tuple[Any, Tensor]:
        """Step rows alone: RWKV takes one token of several rows for several tokens."""
        stepped = [
            self.step(picked(cache, [row], 0), [lengths[row]], [token])
            for row, token in enumerate(tokens)
        ]
        return joined([own for own, _ in stepped]), torch.cat([logits for _, logits in stepped])


def _has_kernels(model: PreTrainedModel) -> bool:
    """Return whether the model computes with the CUDA kernels of mamba-ssm and causal-conv1d."""
    modeling = vars(sys.modules[type(model).__module__])
    return model.device.type == "cuda" and bool(modeling.get("is_fast_path_available"))


def _prepare_plain_path(model: PreTrainedModel) -> None:
    """Let layers compute without CUDA kernels, in less memory than by default.

    Zamba raises ValueError unless told not to look for kernels. What Mamba-2 layers hold of a
    prompt is in proportion to the length of the chunks in which they sum, and the sum is the same
    for any length: 64 tokens at a time need a quarter of the memory that the usual 256 do.
    """
    modules: Iterator[Any] = model.modules()
    for module in modules:
        if hasattr(module, "use_fast_kernels"):
            module.use_fast_kernels = False
        if hasattr(module, "chunk_size") and hasattr(module, "ssm_state_size"):
            module.chunk_size = min(module.chunk_size, _CHUNK)
