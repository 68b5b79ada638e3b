"""Recurrent and hybrid models, random and tiny: they answer as whole prompts do alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("kvpress")

import torch
import transformers
from torch import Tensor
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from evalrun.core.content import Message
from evalrun.core.errors import ConfigError, SampleError
from evalrun.core.exchange import Prompt, Reply, Request, SampleKey, Sampling
from evalrun.models.kv.full import Full
from evalrun.models.kv.method import UNTREATED
from evalrun.models.kv.snapkv import SnapKV, SnapKVOptions
from evalrun.models.local.causal_lm import Branches, State
from evalrun.models.local.endpoint import TorchEndpoint
from evalrun.models.local.loading import prepared
from evalrun.models.local.measure import cache_bytes
from evalrun.models.local.recurrent_kinds import SUPPORTED, is_recurrent, kind_of, kind_refusal
from evalrun.models.local.recurrent_lm import RecurrentLM
from evalrun.models.local.requirements import kv_refusal

END = 257
# Below a right result's error in float32, and far below the errors of a wrong one (0.1 to 10).
TOLERANCE = {"atol": 2e-3, "rtol": 0}

SHAPE: dict[str, Any] = {
    "vocab_size": 258,
    "hidden_size": 32,
    "eos_token_id": END,
    "pad_token_id": END,
    "bos_token_id": None,
}
ATTENTION: dict[str, Any] = {
    **SHAPE,
    "intermediate_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
EXPERTS: dict[str, Any] = {
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
}
# Chunks are longer than those in which evalrun lets such layers sum.
MAMBA2_LAYERS: dict[str, Any] = {
    "mamba_n_heads": 8,
    "mamba_d_head": 8,
    "mamba_n_groups": 2,
    "mamba_d_state": 8,
    "mamba_expand": 2,
    "mamba_chunk_size": 128,
}
DELTA_LAYERS: dict[str, Any] = {
    "head_dim": 8,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "layer_types": ["linear_attention", "full_attention"] * 2,
}
CONV_LAYERS = {"layer_types": ["conv", "full_attention"] * 2}

CONFIGS: dict[str, dict[str, Any]] = {
    "bamba": {**ATTENTION, **MAMBA2_LAYERS, "attn_layer_indices": [1, 3], "attn_rotary_emb": 8},
    "falcon_h1": {**ATTENTION, **MAMBA2_LAYERS, "head_dim": 8, "mamba_d_ssm": 64},
    "falcon_mamba": {**SHAPE, "state_size": 4, "num_hidden_layers": 2},
    "granitemoehybrid": {
        **ATTENTION,
        **MAMBA2_LAYERS,
        "layer_types": ["mamba", "attention"] * 2,
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
        "shared_intermediate_size": 32,
    },
    "jamba": {
        **ATTENTION,
        "num_experts": 2,
        "attn_layer_period": 2,
        "attn_layer_offset": 1,
        "use_mamba_kernels": False,
        "mamba_d_state": 4,
    },
    "lfm2": {**ATTENTION, **CONV_LAYERS, "block_auto_adjust_ff_dim": False},
    "lfm2_moe": {**ATTENTION, **CONV_LAYERS, **EXPERTS, "num_dense_layers": 1},
    "mamba": {**SHAPE, "state_size": 4, "num_hidden_layers": 2},
    "mamba2": {
        **SHAPE,
        "num_heads": 8,
        "head_dim": 8,
        "state_size": 8,
        "n_groups": 2,
        "chunk_size": 128,
        "num_hidden_layers": 2,
    },
    "qwen3_5_moe_text": {
        **ATTENTION,
        **DELTA_LAYERS,
        **EXPERTS,
        "shared_expert_intermediate_size": 16,
    },
    "qwen3_5_text": {**ATTENTION, **DELTA_LAYERS},
    "qwen3_next": {**ATTENTION, **DELTA_LAYERS, **EXPERTS, "shared_expert_intermediate_size": 16},
    "rwkv": {
        **SHAPE,
        "attention_hidden_size": 32,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "context_length": 512,
    },
    "xlstm": {**SHAPE, "hidden_size": 128, "num_heads": 4, "num_hidden_layers": 2},
    "zamba": {
        **ATTENTION,
        "num_hidden_layers": 6,
        "attn_layer_period": 2,
        "attn_layer_offset": 1,
        "use_mamba_kernels": False,
        "mamba_d_state": 4,
        "n_mamba_heads": 2,
        "mamba_dt_rank": 4,
    },
}
# The layers that attend, and what a token takes in each: keys and values of 2 heads x 8 channels
# (Zamba: 16), of 4 bytes.
ATTENDING = {
    "bamba": (2, 2 * 2 * 8 * 4),
    "falcon_h1": (4, 2 * 2 * 8 * 4),
    "granitemoehybrid": (2, 2 * 2 * 8 * 4),
    "jamba": (2, 2 * 2 * 8 * 4),
    "lfm2": (2, 2 * 2 * 8 * 4),
    "lfm2_moe": (2, 2 * 2 * 8 * 4),
    "qwen3_5_moe_text": (2, 2 * 2 * 8 * 4),
    "qwen3_5_text": (2, 2 * 2 * 8 * 4),
    "qwen3_next": (2, 2 * 2 * 8 * 4),
    "zamba": (2, 2 * 2 * 16 * 4),
}
RECURRENT_ONLY = [kind for kind in CONFIGS if kind not in ATTENDING]


def model_of(kind: str, **changes: Any) -> Any:
    """A model with weights that are large enough for its logits to depend on every token."""
    torch.manual_seed(0)
    cls = getattr(transformers, MODEL_FOR_CAUSAL_LM_MAPPING_NAMES[kind])
    model = cls(cls.config_class(**{**CONFIGS.get(kind, ATTENTION), **changes})).eval()
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                weights.normal_(std=0.3)
    return model


@torch.inference_mode()
def whole(model: Any, ids: Sequence[int]) -> Tensor:
    """The logits (vocabulary,) after `ids`, all computed at once."""
    return model(input_ids=torch.tensor([list(ids)]), use_cache=False).logits[0, -1]


def tokens(seed: int, count: int) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count,), generator=generator).tolist()


def test_every_supported_kind_is_tested() -> None:
    assert tuple(sorted(CONFIGS)) == SUPPORTED


@pytest.mark.parametrize("kind", CONFIGS)
def test_prompts_of_any_length_go_on_token_by_token(kind: str) -> None:
    reference, lm = model_of(kind), RecurrentLM(model_of(kind))
    for length in (1, 2, 3, 4, 5, 70):
        ids = tokens(length, length)
        state = lm.encode(ids, UNTREATED)
        torch.testing.assert_close(state.logits, whole(reference, ids), **TOLERANCE)
        branches = lm.branches([state])
        for token in tokens(99, 4):
            ids.append(token)
            branches.advance([token])
            torch.testing.assert_close(branches.logits[0], whole(reference, ids), **TOLERANCE)


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_prompt_is_continued_again_and_again(kind: str) -> None:
    reference, lm = model_of(kind), RecurrentLM(model_of(kind))
    ids = tokens(1, 6)
    state = lm.encode(ids, UNTREATED)
    for token in tokens(2, 3):
        (extended,) = lm.extended([state], [[token]])
        torch.testing.assert_close(extended.logits, whole(reference, [*ids, token]), **TOLERANCE)


class Checked:
    """Branches, and the tokens that each should have seen, compared after every step."""

    def __init__(self, reference: Any, branches: Branches, seen: list[list[int]]) -> None:
        self.reference = reference
        self.branches = branches
        self.seen = seen
        self.check()

    def advance(self, seed: int) -> None:
        new = tokens(seed, len(self.seen))
        self.branches.advance(new)
        self.seen = [[*ids, token] for ids, token in zip(self.seen, new, strict=True)]
        self.check()

    def keep(self, rows: list[int]) -> None:
        self.branches.keep(rows)
        self.seen = [self.seen[row] for row in rows]
        self.check()

    def join(self, states: list[State], seen: list[list[int]]) -> None:
        self.branches.join(states)
        self.seen = [*self.seen, *seen]
        self.check()

    def check(self) -> None:
        expected = torch.stack([whole(self.reference, ids) for ids in self.seen])
        torch.testing.assert_close(self.branches.logits, expected, **TOLERANCE)


@pytest.mark.parametrize("kind", CONFIGS)
def test_branches_come_and_go_and_disturb_nobody(kind: str) -> None:
    reference, lm = model_of(kind), RecurrentLM(model_of(kind))
    short, middle, long = tokens(1, 2), tokens(2, 6), tokens(3, 12)
    of_short, of_middle, of_long = (lm.encode(ids, UNTREATED) for ids in (short, middle, long))
    together = Checked(reference, lm.branches([of_short, of_middle]), [short, middle])
    together.advance(10)
    together.join([of_long, of_long, of_short], [long, long, short])
    together.advance(11)
    taken, seen = together.branches.states([0, 3]), [together.seen[0], together.seen[3]]
    together.advance(12)
    together.keep([4, 1, 0])
    together.advance(13)
    again = Checked(reference, lm.branches([*taken, of_middle]), [*seen, middle])
    again.advance(14)
    assert [state.length for state in taken] == [4, 13]
    assert lm.tokens_kept(taken[1]) == (13,) * len(lm.tokens_kept(of_long))


@pytest.mark.parametrize("kind", CONFIGS)
def test_further_tokens_need_not_be_as_many_for_each(kind: str) -> None:
    reference, lm = model_of(kind), RecurrentLM(model_of(kind))
    prompts = [tokens(1, 3), tokens(2, 9), tokens(1, 3), tokens(3, 1)]
    further = [tokens(4, 5), [], tokens(5, 2), tokens(6, 5)]
    shared = lm.encode(prompts[0], UNTREATED)
    states = [shared, lm.encode(prompts[1], UNTREATED), shared, lm.encode(prompts[3], UNTREATED)]
    extended = lm.extended(states, further)
    assert extended[1] is states[1]
    for state, prompt, new in zip(extended, prompts, further, strict=True):
        assert state.length == len(prompt) + len(new)
        torch.testing.assert_close(state.logits, whole(reference, prompt + new), **TOLERANCE)
    once_more = lm.extended(extended, [[7]] * 4)
    for state, prompt, new in zip(once_more, prompts, further, strict=True):
        torch.testing.assert_close(state.logits, whole(reference, [*prompt, *new, 7]), **TOLERANCE)
    assert lm.extended(states, [[], [], [], []]) == states


CONTEXTS = ("The seven dwarves dig all day and sing.\n", "Snow.\n", "Red, white and black. " * 4)


def chatml(text: str) -> str:
    return f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"


def greedy(model: Any, tokenizer: Any, text: str, limit: int) -> str:
    """The likeliest reply, each of its tokens from a whole prompt."""
    ids = tokenizer(text, add_special_tokens=False).input_ids
    reply: list[int] = []
    while len(reply) < limit and END not in reply:
        reply.append(int(whole(model, [*ids, *reply]).argmax()))
    return tokenizer.decode(reply, skip_special_tokens=True)


def asking(text: str, limit: int, **rest: Any) -> Request:
    messages = (Message("user", text),)
    return Request(messages=messages, sampling=Sampling(max_tokens=limit), **rest)


async def conversation(endpoint: TorchEndpoint, context: str) -> list[Reply]:
    """Two questions at once on one context, and a further turn behind the given answer to one."""
    prompt = Prompt(messages=(Message("user", context),), open_ended=True)
    async with endpoint.open(prompt, SampleKey(context)) as session:
        replies = await asyncio.gather(
            session.generate(asking("Who?", 3)), session.generate(asking("What?", 5))
        )
        await session.generate(asking("Who?", 1, keep="messages"))
        answer = Message("assistant", "Dwarves.")
        further = Request(
            messages=(answer, Message("user", "Why?")), sampling=Sampling(max_tokens=4)
        )
        return [*replies, await session.generate(further)]


@pytest.mark.parametrize("kind", CONFIGS)
async def test_conversations_side_by_side_answer_as_whole_prompts(
    kind: str, tokenizer: Any
) -> None:
    reference = model_of(kind)
    ready = prepared(model_of(kind), tokenizer, max_length=None, chat_template=True)
    endpoint = TorchEndpoint(ready, Full(), max_contexts=3)
    answers = await asyncio.gather(*(conversation(endpoint, context) for context in CONTEXTS))
    for context, replies in zip(CONTEXTS, answers, strict=True):
        first = chatml(context + "Who?")
        expected = [
            greedy(reference, tokenizer, first, 3),
            greedy(reference, tokenizer, chatml(context + "What?"), 5),
            greedy(reference, tokenizer, f"{first}Dwarves.<|im_end|>\n{chatml('Why?')}", 4),
        ]
        assert [reply.text for reply in replies] == expected
        for report in (reply.kv for reply in replies):
            assert report is not None
            kept = (report.tokens_seen,) * ATTENDING.get(kind, (0, 0))[0]
            assert report.tokens_kept_per_layer == kept
    batches = [reply.timing.batch or 0 for replies in answers for reply in replies]
    assert max(batches) > 3


@pytest.mark.parametrize("kind", ATTENDING)
def test_a_hybrid_holds_tokens_in_the_layers_that_attend(kind: str) -> None:
    lm = RecurrentLM(model_of(kind))
    state = lm.encode(tokens(1, 9), UNTREATED)
    layers, of_a_token = ATTENDING[kind]
    assert lm.tokens_kept(state) == lm.tokens_read(state) == (9,) * layers
    assert lm.full_cache_bytes(9) == 9 * layers * of_a_token
    held = cache_bytes([state.held.key_cache, state.held.value_cache])
    assert held == lm.full_cache_bytes(9)


@pytest.mark.parametrize("kind", RECURRENT_ONLY)
def test_a_recurrent_state_holds_no_tokens_and_does_not_grow(kind: str) -> None:
    lm = RecurrentLM(model_of(kind))
    state = lm.encode(tokens(1, 9), UNTREATED)
    assert lm.tokens_kept(state) == lm.tokens_read(state) == ()
    assert lm.full_cache_bytes(9) == 0
    (longer,) = lm.extended([state], [tokens(2, 9)])
    assert cache_bytes(longer.held) == cache_bytes(state.held)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        # 2 layers of 8 heads x 8 channels x 8 states; a window of 4 x (64 + 2 x 2 groups x 8).
        ("mamba2", 2 * 4 * (8 * 8 * 8 + 4 * 96)),
        # 2 layers of 32 channels, in 5 vectors.
        ("rwkv", 2 * 4 * 32 * 5),
        # 2 layers of 64 channels with 4 states and a window of 4; 2 that hold 9 tokens.
        ("jamba", 2 * 4 * 64 * (4 + 4) + 9 * 2 * 128),
        # A window of 3 x 32 channels in all 4 layers; 2 that hold 9 tokens.
        ("lfm2", 4 * 4 * 32 * 3 + 9 * 2 * 128),
    ],
)
def test_what_is_held_of_a_prompt_is_measured(kind: str, size: int) -> None:
    lm = RecurrentLM(model_of(kind))
    assert cache_bytes(lm.encode(tokens(1, 9), UNTREATED).held) == size
    (branch,) = lm.branches([lm.encode(tokens(1, 8), UNTREATED)]).states([0])
    (extended,) = lm.extended([branch], [[1]])
    assert cache_bytes(extended.held) == size


@pytest.mark.parametrize("kind", ["jamba", "lfm2", "qwen3_next"])
def test_a_branch_shares_the_keys_of_its_prompt(kind: str) -> None:
    lm = RecurrentLM(model_of(kind))
    state = lm.encode(tokens(1, 9), UNTREATED)
    branches = lm.branches([state])
    keys, shared = (held.key_cache[1] for held in (state.held, branches._cache))  # type: ignore[attr-defined]
    assert shared.data_ptr() == keys.data_ptr()


@pytest.mark.parametrize("kind", CONFIGS)
def test_compression_is_refused(kind: str, tokenizer: Any) -> None:
    ready = prepared(model_of(kind), tokenizer, max_length=None, chat_template=True)
    kv = SnapKV(SnapKVOptions(budget=8))
    with pytest.raises(
        ConfigError, match=rf"kv=snapkv-8 does not apply: {kind} .*recurrent.*kv=full"
    ):
        TorchEndpoint(ready, kv)
    assert kv_refusal({"model_type": kind}, kv) is not None


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("minimax", "mask"), ("recurrent_gemma", "in its modules"), ("zamba2", "first chunk")],
)
def test_kinds_that_are_computed_wrongly_are_refused(
    kind: str, reason: str, tokenizer: Any
) -> None:
    shape = {**ATTENTION, "num_key_value_heads": 4}
    sizes = {"zamba2": {"n_mamba_heads": 8, "use_mem_rope": True, "num_hidden_layers": 8}}
    model = model_of(kind, **{**shape, **sizes.get(kind, {})})
    with pytest.raises(ConfigError, match=rf"{kind} models: .*{reason}.*; use model\.engine=vllm"):
        prepared(model, tokenizer, max_length=None, chat_template=True)


def test_kinds_that_nobody_tested_are_refused(tokenizer: Any) -> None:
    model = model_of("jamba")
    model.config.model_type = "jamba9"
    with pytest.raises(ConfigError, match=r"not jamba9; use model\.engine=vllm"):
        prepared(model, tokenizer, max_length=None, chat_template=True)


def test_xlstm_in_half_precision_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"use model\.dtype=float32"):
        RecurrentLM(model_of("xlstm").to(torch.bfloat16))


def test_zamba_does_without_the_kernels_it_asks_for() -> None:
    ids = tokens(1, 7)
    lm = RecurrentLM(model_of("zamba", use_mamba_kernels=True))
    expected = whole(model_of("zamba"), ids)
    torch.testing.assert_close(lm.encode(ids, UNTREATED).logits, expected, **TOLERANCE)


@pytest.mark.parametrize("kind", ["bamba", "falcon_h1", "granitemoehybrid", "mamba2"])
def test_layers_of_mamba2_sum_in_short_chunks(kind: str) -> None:
    """The tests of replies show that it changes none: the reference sums in chunks of 128."""
    model = model_of(kind)
    RecurrentLM(model)
    chunks = {m.chunk_size for m in model.modules() if hasattr(m, "chunk_size")}
    assert chunks == {64}


def test_a_prompt_too_long_for_the_memory_names_the_kernels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = model_of("mamba2")

    def full(**_: Any) -> None:
        raise MemoryError

    lm = RecurrentLM(model)
    monkeypatch.setattr(model, "forward", full)
    with pytest.raises(SampleError, match=r"mamba-ssm.*engine=vllm") as caught:
        lm.encode(tokens(1, 5), UNTREATED)
    assert caught.value.kind == "out_of_memory"


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "new", "layer_types": ["full_attention", "linear_attention"]},
        {"model_type": "new", "layers_block_type": ["attention", "mamba"]},
        {"model_type": "new", "text_config": {"layer_types": ["conv", "full_attention"]}},
        {"model_type": "qwen3_5", "text_config": {"model_type": "qwen3_5_text"}},
        {"model_type": "falcon_h1", "layers_block_type": ["attention"]},
    ],
)
def test_layers_that_do_not_attend_are_seen_in_a_configuration(config: dict[str, Any]) -> None:
    assert is_recurrent(config)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"model_type": "llama"},
        {"model_type": "qwen2", "layer_types": ["full_attention", "sliding_attention"]},
        {"model_type": "llama4", "text_config": {"layer_types": ["chunked_attention"]}},
        {"model_type": "llama", "layer_types": None},
    ],
)
def test_layers_that_attend_are_seen_in_a_configuration(config: dict[str, Any]) -> None:
    assert not is_recurrent(config)


def test_every_kind_that_transformers_calls_stateful_is_known_by_its_configuration() -> None:
    folders = Path(transformers.models.__path__[0])
    stateful = {
        path.parent.name
        for path in folders.glob("*/modeling_*.py")
        if "_is_stateful = True" in path.read_text(encoding="utf-8")
    }
    known = {kind.removesuffix("_text") for kind in (*SUPPORTED, "zamba2")}
    assert stateful <= known


def test_a_kind_is_that_of_the_text_part() -> None:
    assert kind_of({"model_type": "qwen3_5", "text_config": {"model_type": "qwen3_5_text"}}) == (
        "qwen3_5_text"
    )
    assert kind_of({"model_type": "a", "text_config": {}}) == "a"
    assert kind_of({}) == ""
    assert kind_refusal("qwen3_5_text") is None
