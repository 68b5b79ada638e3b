"""Kinds of attention, random and tiny: grouped, sliding, capped."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("kvpress")

import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from evalrun.core.content import Message
from evalrun.core.errors import ConfigError, EndpointError
from evalrun.core.exchange import Prompt, Reply, Request, SampleKey, Sampling
from evalrun.models.kv.full import Full
from evalrun.models.kv.snapkv import SnapKV, SnapKVOptions
from evalrun.models.local.endpoint import TorchEndpoint
from evalrun.models.local.loading import prepared
from evalrun.models.local.measure import cache_bytes

ATTENTION: dict[str, Any] = {
    "vocab_size": 258,
    "hidden_size": 32,
    "initializer_range": 0.2,
    "eos_token_id": 257,
    "pad_token_id": 257,
    "bos_token_id": None,
    "intermediate_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
}


def build(cls: Any, config: Any) -> Any:
    torch.manual_seed(0)
    return cls(config).eval()


MODELS = {
    "qwen2": lambda: build(Qwen2ForCausalLM, Qwen2Config(**ATTENTION)),
    "mistral, window of 24": lambda: build(
        MistralForCausalLM, MistralConfig(**ATTENTION, sliding_window=24)
    ),
    "qwen2, two layers with a window": lambda: build(
        Qwen2ForCausalLM,
        Qwen2Config(**ATTENTION, use_sliding_window=True, sliding_window=24, max_window_layers=2),
    ),
}
CONTEXT = "The seven dwarves dig all day and sing.\n"
QUERIES = ("Who?", "What do they do?")


async def play(endpoint: TorchEndpoint, *requests: Request) -> list[Reply]:
    prompt = Prompt(messages=(Message("user", CONTEXT),), open_ended=True)
    async with endpoint.open(prompt, SampleKey("s")) as session:
        return [await session.generate(request) for request in requests]


def query(text: str, **rest: Any) -> Request:
    return Request(messages=(Message("user", text),), sampling=Sampling(max_tokens=8), **rest)


def alone(model: Any, tokenizer: Any, text: str) -> str:
    ids = torch.tensor([tokenizer(text, add_special_tokens=False).input_ids])
    out = model.generate(ids, max_new_tokens=8, do_sample=False)
    return tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)


def chatml(text: str) -> str:
    return f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.parametrize("name", MODELS)
async def test_branches_and_turns_answer_as_full_prompts_alone(name: str, tokenizer: Any) -> None:
    reference = MODELS[name]()
    endpoint = TorchEndpoint(
        prepared(MODELS[name](), tokenizer, max_length=None, chat_template=True), Full()
    )
    follow = Request(
        messages=(Message("assistant", "Dwarves."), Message("user", "Why?")),
        sampling=Sampling(max_tokens=8),
    )
    replies = await play(
        endpoint, query(QUERIES[0]), query(QUERIES[1]), query(QUERIES[0], keep="messages"), follow
    )
    first = chatml(CONTEXT + QUERIES[0])
    expected = [
        alone(reference, tokenizer, text)
        for text in (
            first,
            chatml(CONTEXT + QUERIES[1]),
            first,
            f"{first}Dwarves.<|im_end|>\n{chatml('Why?')}",
        )
    ]
    assert [reply.text for reply in replies] == expected


def test_views_cost_what_they_keep_alive() -> None:
    whole = torch.zeros(100)
    assert cache_bytes([whole[:3], whole[50:]]) == 400


def test_compression_is_refused_where_it_has_no_meaning(tokenizer: Any) -> None:
    model = MODELS["mistral, window of 24"]()
    ready = prepared(model, tokenizer, max_length=None, chat_template=True)
    with pytest.raises(ConfigError, match=r"kv=snapkv-8 does not apply.*use kv=full"):
        TorchEndpoint(ready, SnapKV(SnapKVOptions(budget=8)))


async def test_capped_attention_scores_are_refused(tokenizer: Any) -> None:
    gemma = build(Gemma2ForCausalLM, Gemma2Config(**ATTENTION))
    ready = prepared(gemma, tokenizer, max_length=None, chat_template=True)
    with pytest.raises(EndpointError, match="softcap"):
        await play(TorchEndpoint(ready, Full()), query("Who?"))
