"""CacheBlend: blended passes against their definition, and the chunks they are made of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

pytest.importorskip("transformers")

import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers import AutoModelForCausalLM, DynamicCache, PreTrainedModel
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from evalrun.core.errors import ConfigError
from evalrun.models.kv.blend.blending import attend_at, most_deviating
from evalrun.models.kv.blend.chunks import ChunkKV, ChunkStore, cut
from evalrun.models.kv.blend.decoder import Decoder
from evalrun.models.kv.cacheblend import CacheBlend, CacheBlendOptions
from evalrun.models.kv.method import UNTREATED, Encoded, ModelShape, PromptFacts
from evalrun.models.local.attention import ATTENTION, register_attention

LAYERS, HEADS, KV_HEADS, CHANNELS, TOKENS, CHUNK = 4, 4, 2, 16, 57, 16
SIZES: dict[str, Any] = {
    "vocab_size": 200,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "head_dim": CHANNELS,
    "max_position_embeddings": 64,
    # Random weights of the usual size attend to everything alike; larger ones do not.
    "initializer_range": 0.2,
    "pad_token_id": 0,
}
YARN = {
    "rope_type": "yarn",
    "rope_theta": 1e4,
    "factor": 4.0,
    "original_max_position_embeddings": 16,
}


def built(kind: str, attention: str = ATTENTION, seed: int = 0, **changes: Any) -> PreTrainedModel:
    """A tiny random model of the configuration `kind`."""
    torch.manual_seed(seed)
    register_attention()
    config = getattr(transformers, f"{kind}Config")(**{**SIZES, **changes})
    model = AutoModelForCausalLM.from_config(config).eval()
    model.set_attn_implementation(attention)
    return model


@pytest.fixture(scope="module")
def llama() -> PreTrainedModel:
    torch.set_num_threads(1)
    return built("Llama")


def prompt(tokens: int = TOKENS, seed: int = 0) -> Tensor:
    return torch.randint(1, 200, (1, tokens), generator=torch.Generator().manual_seed(seed))


def method(**options: Any) -> CacheBlend:
    return CacheBlend(CacheBlendOptions(**{"chunk_size": CHUNK, **options}))


def blended(model: PreTrainedModel, ids: Tensor, kv: CacheBlend) -> Encoded:
    shape = ModelShape(layers=LAYERS, heads=HEADS, kv_heads=KV_HEADS, head_dim=CHANNELS)
    encoder = kv.treatment(PromptFacts(tokens=ids.shape[1]), shape).encoder
    assert encoder is not None
    return encoder(model, ids)


@torch.inference_mode()
def full(model: Any, ids: Tensor, start: int = 0) -> Encoded:
    """One causal pass over text that stands from `start` on."""
    cache = DynamicCache()
    positions = torch.arange(start, start + ids.shape[1])[None]
    logits = model(input_ids=ids, position_ids=positions, past_key_values=cache).logits
    return Encoded(tuple((layer.keys, layer.values) for layer in cache.layers), logits[0, -1])


def assert_same(one: Encoded, other: Encoded, atol: float = 2e-5) -> None:
    for mine, theirs in zip(one.layers, other.layers, strict=True):
        torch.testing.assert_close(mine[0], theirs[0], atol=atol, rtol=1e-4)
        torch.testing.assert_close(mine[1], theirs[1], atol=atol, rtol=1e-4)
    torch.testing.assert_close(one.logits, other.logits, atol=atol, rtol=1e-4)


def slow_attention(query: Tensor, key: Tensor, value: Tensor, positions: Sequence[int]) -> Tensor:
    """Attend row by row and head by head; `query` (heads, rows, channels)."""
    output = torch.empty_like(query)
    for h in range(query.shape[0]):
        for row, at in enumerate(positions):
            keys = key[h * key.shape[0] // query.shape[0], : at + 1]
            weights = torch.softmax(keys @ query[h, row] / math.sqrt(query.shape[2]), 0)
            output[h, row] = weights @ value[h * key.shape[0] // query.shape[0], : at + 1]
    return output


@torch.inference_mode()
def slow_blend(model: Any, ids: Tensor, check: int, share: float) -> Encoded:
    """CacheBlend by its definition, on chunks that were encoded at their places right away."""
    chunks = [full(model, ids[:, s : s + CHUNK], s) for s in range(0, TOKENS, CHUNK)]
    rows, hidden = list(range(TOKENS)), model.model.embed_tokens(ids)[0]
    layers: list[tuple[Tensor, Tensor]] = []
    for index, layer in enumerate(model.model.layers):
        normed, attention = layer.input_layernorm(hidden), layer.self_attn
        q, k, v = (
            project(normed).view(len(rows), -1, CHANNELS).transpose(0, 1)
            for project in (attention.q_proj, attention.k_proj, attention.v_proj)
        )
        cos, sin = model.model.rotary_emb(hidden, torch.tensor([rows]))
        q, k = (x[0] for x in apply_rotary_pos_emb(q[None], k[None], cos, sin))
        keys = torch.cat([chunk.layers[index][0][0] for chunk in chunks], 1)
        values = torch.cat([chunk.layers[index][1][0] for chunk in chunks], 1)
        if index == check:
            deviation = [float(((k[:, t] - keys[:, t]) ** 2).sum()) for t in range(TOKENS)]
            worst = sorted(rows, key=lambda t: -deviation[t])[: int(share * TOKENS)]
            chosen = sorted({*worst, TOKENS - 1})
            rows, hidden, q = chosen, hidden[chosen], q[:, chosen]
        if index <= check:
            keys, values = k, v
        else:
            keys[:, rows], values[:, rows] = k, v
        layers.append((keys[None], values[None]))
        output = slow_attention(q, keys, values, rows)
        hidden = hidden + attention.o_proj(output.transpose(0, 1).flatten(1))
        hidden = hidden + layer.mlp(layer.post_attention_layernorm(hidden))
    return Encoded(tuple(layers), model.lm_head(model.model.norm(hidden[-1])))


@pytest.mark.parametrize("check", [1, 2, 3])
@pytest.mark.parametrize("share", [0.0, 0.15, 0.5])
def test_a_blended_pass_is_what_the_paper_defines(
    llama: PreTrainedModel, check: int, share: float
) -> None:
    kv = method(check_layer=check, recompute_ratio=share)
    assert_same(blended(llama, prompt(), kv), slow_blend(llama, prompt(), check, share))


def test_blending_some_tokens_is_not_full_attention(llama: PreTrainedModel) -> None:
    ids = prompt()
    some = blended(llama, ids, method(recompute_ratio=0.15)).logits
    none = blended(llama, ids, method(recompute_ratio=0.0)).logits
    exact = full(llama, ids).logits
    assert (some - exact).abs().max() > 0.1
    assert (some - none).abs().max() > 0.1


MODELS = [
    ("Llama", {}),
    ("Llama", {"rope_parameters": YARN}),
    ("Qwen2", {}),
    ("Qwen3", {}),
    ("Mistral", {"sliding_window": None}),
    ("Phi3", {}),
    # These turn a part of the channels, in neighbouring pairs; Gemma scales what it embeds.
    ("Glm", {}),
    ("Glm4", {}),
    ("Gemma", {}),
]


@pytest.mark.parametrize(("kind", "changes"), MODELS)
def test_recomputing_all_tokens_is_full_attention(kind: str, changes: dict[str, Any]) -> None:
    model, ids = built(kind, **changes), prompt()
    assert_same(blended(model, ids, method(recompute_ratio=1.0)), full(model, ids))


@pytest.mark.parametrize(("kind", "changes"), MODELS)
def test_moved_keys_are_those_of_a_text_that_starts_later(
    kind: str, changes: dict[str, Any]
) -> None:
    model, ids = built(kind, **changes), prompt(CHUNK)
    decoder = Decoder.of(model)
    with torch.inference_mode():
        turn = decoder.turn(torch.full((CHUNK,), 40))
        for (here, _), (there, _) in zip(decoder.states(ids), decoder.states(ids, 40), strict=True):
            torch.testing.assert_close(decoder.moved(here, turn), there, atol=2e-5, rtol=1e-4)
            assert not torch.allclose(here, there, atol=0.1)


@pytest.mark.parametrize("tokens", [1, CHUNK])
def test_a_prompt_of_one_chunk_is_full_attention(llama: PreTrainedModel, tokens: int) -> None:
    shape = ModelShape(layers=LAYERS, heads=HEADS, kv_heads=KV_HEADS, head_dim=CHANNELS)
    assert method().treatment(PromptFacts(tokens=tokens), shape) == UNTREATED
    alone = method(separator=(0,), recompute_ratio=0.0)
    assert_same(blended(llama, prompt(tokens), alone), full(llama, prompt(tokens)))


def test_half_precision_is_close_to_single(llama: PreTrainedModel) -> None:
    ids, kv = prompt(), method(recompute_ratio=1.0)
    exact = blended(llama, ids, kv)
    half = built("Llama").to(torch.bfloat16)
    close = blended(half, ids, kv)
    assert close.layers[-1][0].dtype == torch.bfloat16
    torch.testing.assert_close(close.logits.float(), exact.logits, atol=0.3, rtol=0.1)


@contextmanager
def passes(model: Any) -> Iterator[list[tuple[int, ...]]]:
    """Note the shape of what passes the highest layer: texts and tokens."""
    seen: list[tuple[int, ...]] = []

    def note(_layer: Any, args: tuple[Tensor, ...]) -> None:
        seen.append(tuple(args[0].shape[:2]))

    hook = model.model.layers[-1].register_forward_pre_hook(note)
    try:
        yield seen
    finally:
        hook.remove()


def test_chunks_of_earlier_prompts_are_not_encoded_again(llama: PreTrainedModel) -> None:
    """57 tokens: three chunks of 16 in a pass, 9 in another; one is tried; 8 and the last blend."""
    ids, kv = prompt(), method(recompute_ratio=0.15)
    with passes(llama) as seen:
        blended(llama, ids, kv)
    assert seen[:3] == [(1, 9), (3, CHUNK), (1, CHUNK)]
    assert seen[3][1] in (8, 9)
    parts = ids.split(CHUNK, 1)
    other = torch.cat([parts[2], parts[0], parts[0], parts[3]], 1)
    with passes(llama) as seen:
        reused = blended(llama, other, kv)
    assert len(seen) == 2
    assert_same(reused, blended(llama, other, method(recompute_ratio=0.15)))


def test_a_chunk_that_stands_twice_is_encoded_once(llama: PreTrainedModel) -> None:
    with passes(llama) as seen:
        blended(llama, prompt(CHUNK).repeat(1, 3), method())
    assert seen[0] == (1, CHUNK)
    assert len(seen) == 3


def test_models_do_not_share_chunks(llama: PreTrainedModel) -> None:
    ids, kv = prompt(), method()
    blended(llama, ids, kv)
    other = built("Llama", seed=1)
    assert_same(blended(other, ids, kv), blended(other, ids, method()))


def test_without_memory_for_chunks_nothing_changes_but_the_time(llama: PreTrainedModel) -> None:
    ids, forgetful = prompt(), method(chunk_cache_bytes=0)
    first = blended(llama, ids, forgetful)
    with passes(llama) as seen:
        again = blended(llama, ids, forgetful)
    assert len(seen) == 4
    assert_same(first, again)
    assert_same(first, blended(llama, ids, method()))


def chunk_kv(tokens: int) -> ChunkKV:
    """Two layers, one KV head, two channels in float32: 32 bytes a token."""
    return ChunkKV(torch.zeros(2, 1, tokens, 2), torch.zeros(2, 1, tokens, 2))


def test_chunks_used_longest_ago_go_first() -> None:
    store = ChunkStore(limit=6 * 32)
    one, two, three = (1,), (2,), (3,)
    store.put(one, chunk_kv(3))
    store.put(two, chunk_kv(2))
    assert store.get(one) is not None
    store.put(three, chunk_kv(3))
    assert [store.get(chunk) is not None for chunk in (one, two, three)] == [True, False, True]
    assert store.bytes == 6 * 32
    store.put((4,), chunk_kv(7))
    assert store.get((4,)) is None
    assert store.get(one) is not None


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(1, 9))
def test_chunks_of_a_size_are_the_prompt(ids: list[int], size: int) -> None:
    chunks = cut(ids, size, None)
    assert [token for chunk in chunks for token in chunk] == ids
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert 0 < len(chunks[-1]) <= size


@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=40), st.lists(st.integers(0, 2), min_size=1)
)
def test_chunks_end_behind_each_separator(ids: list[int], separator: list[int]) -> None:
    chunks, end = cut(ids, 4, separator), tuple(separator)
    assert [token for chunk in chunks for token in chunk] == ids
    assert all(chunk[-len(end) :] == end for chunk in chunks[:-1])
    for chunk in chunks:
        inner = chunk[:-1]
        assert not any(inner[i : i + len(end)] == end for i in range(len(inner)))


def test_separators_by_hand() -> None:
    assert cut([5, 0, 1, 6, 7, 0, 1, 0, 1, 8], 3, (0, 1)) == [(5, 0, 1), (6, 7, 0, 1), (0, 1), (8,)]


@pytest.mark.parametrize("at_once", [1, 3, 512])
def test_queries_see_what_stands_before_them(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalrun.models.kv.blend.blending._ROWS_AT_ONCE", at_once)
    generator = torch.Generator().manual_seed(3)
    query = torch.randn(1, HEADS, 7, CHANNELS, generator=generator)
    key, value = torch.randn(2, 1, KV_HEADS, 30, CHANNELS, generator=generator)
    positions = [0, 1, 9, 10, 11, 25, 29]
    output = attend_at(query, key, value, torch.tensor(positions), CHANNELS**-0.5)
    torch.testing.assert_close(output[0], slow_attention(query[0], key[0], value[0], positions))


def test_the_choice_by_hand() -> None:
    """0.4 of 6 tokens, rounded down: two, and the last."""
    deviation = torch.tensor([1.0, 9.0, 2.0, 8.0, 0.0, 3.0])
    assert most_deviating(deviation, 0.4).tolist() == [1, 3, 5]
    assert most_deviating(deviation, 0.0).tolist() == [5]
    assert most_deviating(deviation, 1.0).tolist() == list(range(6))


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        ("GPT2", {}, "GPT2LMHeadModel has none that it knows"),
        # Every fourth layer knows no positions.
        ("SmolLM3", {}, "the keys of SmolLM3ForCausalLM change otherwise than by a rotation"),
        # Angles depend on the length of the text.
        (
            "Llama",
            {
                "max_position_embeddings": 16,
                "rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 4.0},
            },
            "the keys of LlamaForCausalLM change otherwise than by a rotation",
        ),
    ],
)
def test_models_whose_keys_cannot_be_moved_are_refused(
    kind: str, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        blended(built(kind, **changes), prompt(), method())


def test_a_model_whose_attention_cannot_be_reached_is_refused() -> None:
    with pytest.raises(ConfigError, match="LlamaForCausalLM has it in 0 of 4"):
        blended(built("Llama", attention="eager"), prompt(), method(recompute_ratio=1.0))


def test_a_check_layer_that_is_not_there_is_refused(llama: PreTrainedModel) -> None:
    with pytest.raises(ConfigError, match=r"kv\.check_layer=4 should be below 4"):
        blended(llama, prompt(), method(check_layer=4))


def test_labels_name_the_share() -> None:
    assert CacheBlend(CacheBlendOptions()).label == "cacheblend-15%"
    changed = CacheBlendOptions(recompute_ratio=0.2, chunk_size=64, chunk_cache_bytes=1)
    assert CacheBlend(changed).label == "cacheblend-20%[chunk_size=64]"
    assert CacheBlend(changed).slots == {"encoding"}
