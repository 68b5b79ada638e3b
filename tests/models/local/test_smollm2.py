"""The real SmolLM2: conversion, equality with transformers, and what KV methods leave of it."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("kvpress")

from evalrun.core.content import Message
from evalrun.core.exchange import Prompt, Reply, Request, SampleKey, Sampling
from evalrun.models.kv.full import Full
from evalrun.models.kv.kivi import KIVI, KIVIOptions
from evalrun.models.kv.method import LocalKVMethod
from evalrun.models.kv.snapkv import SnapKV, SnapKVOptions
from evalrun.models.local.torch_model import TorchModel
from evalrun.models.local.weights import SMOLLM2, weights_folder

pytestmark = pytest.mark.model
WORDS = ("river", "stone", "apple", "cloud", "train", "piano", "tiger", "lemon", "castle", "garden")


@pytest.fixture(scope="module")
def reference(smollm2: TorchModel) -> tuple[Any, Any]:
    """Tokenizer and model as transformers runs them."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = weights_folder(SMOLLM2)
    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager")
    return AutoTokenizer.from_pretrained(folder), model


def alone(reference: tuple[Any, Any], *messages: Message, tokens: int = 10) -> str:
    tokenizer, model = reference
    ids = tokenizer.apply_chat_template(
        [{"role": m.role, "content": m.content} for m in messages],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    out = model.generate(**ids, max_new_tokens=tokens, do_sample=False)
    return tokenizer.decode(out[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)


def codes(seed: int) -> dict[str, str]:
    draw = random.Random(seed)
    return {word: str(draw.randint(10000, 99999)) for word in WORDS}


def context(values: dict[str, str]) -> str:
    return "".join(f"The access code for {w} is {c}.\n" for w, c in values.items()) + "\n"


def question(word: str) -> str:
    return f"What is the access code for {word}?"


async def look_up(smollm2: TorchModel, kv: LocalKVMethod, words: tuple[str, ...]) -> list[Reply]:
    prompt = Prompt(messages=(Message("user", context(codes(0))),), open_ended=True)
    requests = [
        Request(messages=(Message("user", question(w)),), sampling=Sampling(max_tokens=16))
        for w in words
    ]
    async with smollm2.endpoint(kv).open(prompt, SampleKey("s")) as session:
        return [await session.generate(request) for request in requests]


def test_the_converted_tokenizer_is_the_familys(reference: tuple[Any, Any]) -> None:
    tokenizer, model = reference
    text = "Hello  world!\n\nThe code is 48213.\tüñ 你好<|im_end|>"
    ids = tokenizer(text).input_ids
    assert tokenizer.decode(ids) == text
    assert tokenizer.tokenize("is 482") == ["is", "Ġ", "4", "8", "2"]
    assert max(ids) < model.config.vocab_size
    assert tokenizer.eos_token == "<|im_end|>"
    assert ids[-1] == tokenizer.eos_token_id == model.generation_config.eos_token_id


async def test_branches_and_turns_answer_as_full_prompts_alone(
    smollm2: TorchModel, reference: tuple[Any, Any]
) -> None:
    told = context(codes(1))
    first, second = (Message("user", told + question(w)) for w in ("tiger", "apple"))
    gold, follow = Message("assistant", "54321"), Message("user", "Thank you. And for river?")
    prompt = Prompt(messages=(Message("user", told),), open_ended=True)
    how = Sampling(max_tokens=10)
    async with smollm2.endpoint(Full()).open(prompt, SampleKey("s")) as session:
        ask = Message("user", question("tiger"))
        replies = [
            await session.generate(request)
            for request in (
                Request(messages=(ask,), sampling=how),
                Request(messages=(Message("user", question("apple")),), sampling=how),
                Request(messages=(ask,), sampling=how, keep="messages"),
                Request(messages=(gold, follow), sampling=how),
            )
        ]
    assert [reply.text for reply in replies] == [
        alone(reference, first),
        alone(reference, second),
        alone(reference, first),
        alone(reference, first, gold, follow),
    ]


async def test_it_looks_codes_up_and_loses_some_to_eviction(smollm2: TorchModel) -> None:
    def right(replies: list[Reply]) -> int:
        expected = codes(0)
        return sum(expected[w] in r.text for w, r in zip(words, replies, strict=True))

    words = WORDS[:6]
    full = await look_up(smollm2, Full(), words)
    half = await look_up(smollm2, SnapKV(SnapKVOptions(compression_ratio=0.5)), words)
    assert right(full) >= 4
    assert right(half) < right(full)
    assert half[0].kv is not None
    assert full[0].kv is not None
    assert half[0].kv.bytes * 2 == pytest.approx(full[0].kv.bytes, rel=0.01)


async def test_kivi_answers_in_words_from_a_fraction_of_the_bytes(smollm2: TorchModel) -> None:
    words = WORDS[:2]
    full = await look_up(smollm2, Full(), words)
    four_bits = await look_up(smollm2, KIVI(KIVIOptions(bits=4)), words)
    for whole, reply in zip(full, four_bits, strict=True):
        assert reply.text[:4] == whole.text[:4]
    assert full[0].kv is not None
    assert four_bits[0].kv is not None
    assert four_bits[0].kv.tokens_kept == full[0].kv.tokens_kept
    assert four_bits[0].kv.bytes < 0.4 * full[0].kv.bytes


def test_weights_are_loaded_once_for_several_methods(smollm2: TorchModel) -> None:
    first = smollm2.endpoint(Full())
    second = smollm2.endpoint(SnapKV(SnapKVOptions()))
    assert first._model is second._model  # type: ignore[attr-defined]


@pytest.mark.slow
def test_two_processes_may_convert_at_once(smollm2: TorchModel, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from evalrun.models.local.smollm2 import converted_smollm2; "
        "print(converted_smollm2(Path(sys.argv[1])))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    folders = {process.communicate()[0] for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert len(folders) == 1
    assert [str(path) for path in tmp_path.iterdir()] == [
        folder.decode().strip() for folder in folders
    ]
