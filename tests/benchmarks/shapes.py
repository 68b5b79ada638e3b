"""The models that the KV benchmarks run on: a real small one, and the shape of a large one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from evalrun.models.local.weights import SMOLLM2, weights_folder

# Llama-3.1-8B, with SmolLM2's vocabulary.
_LLAMA_8B: dict[str, Any] = {
    "vocab_size": 49_152,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 131_072 + 1024,
    "rope_parameters": {"rope_type": "default", "rope_theta": 500_000.0},
}


def model_called(name: str, dtype: torch.dtype) -> Any:
    """Return a model on the GPU if there is one, which never ends a reply by itself."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "smollm2":
        model = AutoModelForCausalLM.from_pretrained(weights_folder(SMOLLM2), dtype=dtype)
    else:
        torch.manual_seed(0)
        with device, _default(dtype):
            model = LlamaForCausalLM(LlamaConfig(**_LLAMA_8B))
    model.generation_config.eos_token_id = -1
    return model.to(device).eval()


def random_ids(tokens: int) -> list[int]:
    """Return the ids of a prompt of words that mean nothing, the same each time."""
    generator = torch.Generator().manual_seed(tokens)
    return torch.randint(10, 40_000, (tokens,), generator=generator).tolist()


@contextmanager
def _default(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
