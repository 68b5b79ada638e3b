"""A tiny model with grouped query heads, and what presses keep of a prompt: for tests."""

from __future__ import annotations

import math
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from evalrun.models.kv.method import LocalKVMethod, ModelShape, PromptFacts, Treatment
from evalrun.models.registry import KV_METHODS

LAYERS, HEADS, KV_HEADS, CHANNELS = 4, 4, 2, 16
GROUP = HEADS // KV_HEADS
SHAPE = ModelShape(layers=LAYERS, heads=HEADS, kv_heads=KV_HEADS, head_dim=CHANNELS)
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny_llama(**changes: Any) -> LlamaForCausalLM:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    shape: dict[str, Any] = {
        "vocab_size": 258,
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "head_dim": CHANNELS,
        # Random weights of the usual size attend to everything alike; larger ones do not.
        "initializer_range": 0.2,
    }
    return LlamaForCausalLM(LlamaConfig(**{**shape, **changes})).eval()


def byte_tokenizer(chat_template: str | None) -> PreTrainedTokenizerFast:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    special = ("<|im_start|>", "<|im_end|>")
    raw.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|im_end|>", chat_template=chat_template
    )


def model_in(folder: Path, chat_template: str | None = None) -> LlamaForCausalLM:
    """Return the tiny model as if it had been loaded from `folder`, its tokenizer beside it."""
    byte_tokenizer(chat_template).save_pretrained(folder)
    model = tiny_llama()
    model.config.name_or_path = str(folder)
    return model


def random_ids(tokens: int) -> Tensor:
    return torch.randint(0, 256, (1, tokens), generator=torch.Generator().manual_seed(2))


def method(name: str, **settings: Any) -> Any:
    cls = KV_METHODS.load(name)
    return cls(cls.Options(**settings))


def treatment(kv: LocalKVMethod, tokens: int, task: str = "") -> Treatment:
    return kv.treatment(PromptFacts(tokens=tokens, task=task), SHAPE)


Cached = list[list[tuple[Tensor, Tensor]]]


def cached(model: Any, ids: Tensor, press: Any = None) -> Cached:
    """Return a pair (tokens, channels) for each head of each layer, without what is masked."""
    cache = DynamicCache()
    with torch.inference_mode(), press(model) if press else nullcontext():
        model(ids, past_key_values=cache)
    return [_heads(layer.self_attn, cache) for layer in model.model.layers]


def _heads(module: Any, cache: DynamicCache) -> list[tuple[Tensor, Tensor]]:
    layer = cache.layers[module.layer_idx]
    kept = torch.ones(layer.keys.shape[1:3], dtype=torch.bool)
    masked = getattr(module, "masked_key_indices", None)
    if masked is not None:
        kept[masked[1], masked[2]] = False
        module.masked_key_indices = None
    return [
        (keys[rows], values[rows])
        for keys, values, rows in zip(layer.keys[0], layer.values[0], kept, strict=True)
    ]


def kept_positions(
    model: Any, ids: Tensor, kv: LocalKVMethod, task: str = ""
) -> list[list[list[int]]]:
    """Return the prompt positions that each head of each layer keeps, as they are stored."""
    whole = cached(model, ids)
    kept = cached(model, ids, treatment(kv, ids.shape[1], task).press)
    return [
        [_positions(head, full[h * len(full) // len(heads)]) for h, head in enumerate(heads)]
        for full, heads in zip(whole, kept, strict=True)
    ]


def _positions(head: tuple[Tensor, Tensor], full: tuple[Tensor, Tensor]) -> list[int]:
    same = (head[0][:, None] == full[0][None]).all(-1)
    assert (same.sum(1) == 1).all()
    order = same.int().argmax(1)
    assert torch.equal(head[1], full[1][order])
    return order.tolist()


def sets(positions: list[list[list[int]]]) -> list[list[set[int]]]:
    return [[set(head) for head in heads] for heads in positions]


def queries_and_keys(model: Any, ids: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return each layer's queries (heads, tokens, channels) and keys (KV heads, ...) after RoPE."""
    seen: list[tuple[Tensor, Tensor]] = []

    def see(module: Any, _args: Any, kwargs: dict[str, Any]) -> None:
        hidden = kwargs["hidden_states"]
        q, k = (
            projection(hidden).unflatten(-1, (-1, CHANNELS)).transpose(1, 2)
            for projection in (module.q_proj, module.k_proj)
        )
        q, k = apply_rotary_pos_emb(q, k, *kwargs["position_embeddings"])
        seen.append((q[0], k[0]))

    layers = model.model.layers
    hooks = [layer.self_attn.register_forward_pre_hook(see, with_kwargs=True) for layer in layers]
    cached(model, ids)
    for hook in hooks:
        hook.remove()
    return seen


def attention_rows(q: Tensor, k: Tensor, rows: int) -> list[list[list[float]]]:
    """Return causal attention of the last `rows` queries, [head][row][token], number by number."""
    tokens, group = k.shape[1], len(q) // len(k)
    result: list[list[list[float]]] = []
    for h in range(len(q)):
        keys = k[h // group].double()
        of_head: list[list[float]] = []
        for at in range(tokens - rows, tokens):
            scores = (keys[: at + 1] @ q[h, at - tokens].double() / math.sqrt(k.shape[2])).tolist()
            highest = max(scores)
            weights = [math.exp(score - highest) for score in scores]
            of_head.append([w / sum(weights) for w in weights] + [0.0] * (tokens - at - 1))
        result.append(of_head)
    return result


def votes(rows: list[list[float]], tokens: int) -> list[float]:
    """Return how much attention all rows together pay to each of the first `tokens` tokens."""
    return [sum(row[j] for row in rows) for j in range(tokens)]


def best(scores: list[float], count: int) -> list[int]:
    """Return the places of the `count` highest scores, the highest first."""
    return sorted(range(len(scores)), key=lambda j: -scores[j])[:count]


def pooled(scores: list[float], kernel: int, pooling: str) -> list[float]:
    """Return the mean or the maximum of each score's neighbourhood; means count missing zeros."""
    half = kernel // 2
    near = [scores[max(0, j - half) : j + half + 1] for j in range(len(scores))]
    return [max(some) if pooling == "max" else sum(some) / kernel for some in near]


def logits_without_evicted(
    model: Any, ids: Tensor, question: Tensor, kept: list[list[list[int]]]
) -> Tensor:
    """Return the logits (question, vocabulary) of a question that does not see what was evicted.

    One pass over prompt and question together, with a mask for each query head of each layer.
    """
    tokens, whole = ids.shape[1], torch.cat([ids, question], dim=1)
    hooks = []
    for layer, heads in zip(model.model.layers, kept, strict=True):
        mask = torch.ones(HEADS, whole.shape[1], whole.shape[1], dtype=torch.bool).tril()
        for h in range(HEADS):
            evicted = sorted({*range(tokens)} - {*heads[h * len(heads) // HEADS]})
            mask[h, tokens:, evicted] = False

        def masked(
            _module: Any, args: Any, kwargs: dict[str, Any], mask: Tensor = mask
        ) -> tuple[Any, dict[str, Any]]:
            return args, {**kwargs, "attention_mask": mask[None]}

        hooks.append(layer.self_attn.register_forward_pre_hook(masked, with_kwargs=True))
    with torch.inference_mode():
        logits = model(whole, use_cache=False).logits[0, tokens:]
    for hook in hooks:
        hook.remove()
    return logits
