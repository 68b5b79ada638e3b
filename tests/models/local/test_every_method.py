"""Every KV method on the endpoint: its limits, and that company and pieces change nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

import evalrun.recipes
from evalrun.core.content import Message
from evalrun.core.exchange import Prompt, Reply, Request, SampleKey, Sampling
from evalrun.models.kv.full import Full
from evalrun.models.kv.method import LocalKVMethod
from evalrun.models.local.endpoint import TorchEndpoint
from evalrun.models.local.loading import LoadedModel, prepared
from evalrun.models.registry import KV_METHODS

RECIPES = Path(evalrun.recipes.__path__[0]) / "kv"
CONTEXTS = tuple(
    "".join(f"item {n} costs {n * step % 97}.\n" for n in range(14)) for step in (37, 11)
)
QUESTIONS = ("How much is item 3?", "And 1?", "Which of all is the dearest, please?")

# Settings with which a method does something to a prompt of about 220 tokens, and settings with
# which it has nothing to do (None: it always does something).
METHODS: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "a_shape": ({"n_init": 4, "n_local": 60}, {}),
    "adakv": ({"compression_ratio": 0.5}, {}),
    "cacheblend": (
        {"chunk_size": 64, "recompute_ratio": 0.2},
        {"chunk_size": 64, "recompute_ratio": 1.0},
    ),
    "expected_attention": ({"compression_ratio": 0.5}, {}),
    "full": ({}, {}),
    "h2o": ({"compression_ratio": 0.5}, {}),
    "keydiff": ({"compression_ratio": 0.5}, {}),
    "kivi": ({}, None),
    "knorm": ({"compression_ratio": 0.5}, {}),
    "kvzip": ({"compression_ratio": 0.5}, {}),
    "minference": ({}, None),
    "press": (
        {"press": "KeyDiffPress", "compression_ratio": 0.5},
        {"press": "KeyDiffPress", "compression_ratio": 0.0},
    ),
    "pyramidkv": ({"budget": 100}, {}),
    "quest": ({"token_budget": 64}, {"token_budget": 4096}),
    "retrieval_attention": ({"n_init": 8, "n_local": 16, "top_k": 32}, {}),
    "snapkv": ({"compression_ratio": 0.5}, {}),
    "streamingllm": ({"compression_ratio": 0.5}, {}),
    "tova": ({"compression_ratio": 0.5}, {}),
    "tri_shape": ({"n_init": 4, "n_local": 60, "n_last": 10}, {}),
    "windowkv": ({"budget": 90}, {}),
}
EVICTING = (
    "adakv",
    "expected_attention",
    "h2o",
    "keydiff",
    "knorm",
    "kvzip",
    "press",
    "pyramidkv",
    "snapkv",
    "streamingllm",
    "tova",
    "windowkv",
)
ACTING = [name for name in METHODS if name != "full"]


@pytest.fixture(autouse=True, scope="module")
def _named(tiny: LoadedModel, tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """KVzip's press loads the tokenizer again, from where the model came from."""
    folder = tmp_path_factory.mktemp("tiny")
    model = tiny.lm._model  # type: ignore[attr-defined]
    tokenizer.save_pretrained(folder)
    model.config.save_pretrained(folder)
    model.config._name_or_path = str(folder)


def method(name: str, changes: dict[str, Any]) -> LocalKVMethod:
    cls = KV_METHODS.load(name)
    section = yaml.safe_load((RECIPES / f"{name}.yaml").read_text())
    return cls(msgspec.convert({**section, **changes}, cls.Options))


async def asked(
    model: LoadedModel, kv: LocalKVMethod, context: str, questions: tuple[str, ...] = QUESTIONS
) -> list[Reply]:
    endpoint = TorchEndpoint(model, kv)
    prompt = Prompt(messages=(Message("user", context),), open_ended=True)
    async with endpoint.open(prompt, SampleKey("s", task="hotpotqa")) as session:
        return await asyncio.gather(
            *(
                session.generate(
                    Request(messages=(Message("user", q),), sampling=Sampling(max_tokens=12))
                )
                for q in questions
            )
        )


def texts(replies: list[Reply]) -> list[str]:
    return [reply.text for reply in replies]


def test_every_method_that_acts_on_the_model_is_listed() -> None:
    assert set(KV_METHODS.builtin) - {"composed", "llmlingua2"} == set(METHODS)


@pytest.mark.parametrize("name", [n for n, (_, nothing) in METHODS.items() if nothing is not None])
async def test_a_method_with_nothing_to_do_answers_as_the_full_cache(
    tiny: LoadedModel, name: str
) -> None:
    kv = method(name, METHODS[name][1] or {})
    assert texts(await asked(tiny, kv, CONTEXTS[0])) == texts(
        await asked(tiny, Full(), CONTEXTS[0])
    )


@pytest.mark.parametrize("name", ACTING)
async def test_a_method_answers_together_as_one_by_one(tiny: LoadedModel, name: str) -> None:
    together = await asked(tiny, method(name, METHODS[name][0]), CONTEXTS[0])
    kv = method(name, METHODS[name][0])
    one_by_one = [(await asked(tiny, kv, CONTEXTS[0], (q,)))[0] for q in QUESTIONS]
    assert texts(together) == texts(one_by_one)


@pytest.mark.parametrize("name", ACTING)
async def test_a_prompt_in_pieces_answers_as_in_one(
    tiny: LoadedModel, tokenizer: Any, name: str
) -> None:
    model = tiny.lm._model  # type: ignore[attr-defined]
    pieces = prepared(model, tokenizer, max_length=None, chat_template=True, prefill_rows=50)
    kv = method(name, METHODS[name][0])
    assert texts(await asked(pieces, kv, CONTEXTS[0])) == texts(
        await asked(tiny, method(name, METHODS[name][0]), CONTEXTS[0])
    )


@pytest.mark.parametrize("name", ACTING)
async def test_a_method_does_something_and_leaves_no_trace_for_the_next_prompt(
    tiny: LoadedModel, name: str
) -> None:
    """What a prompt is answered with does not depend on the prompt before it."""
    kv = method(name, METHODS[name][0])
    await asked(tiny, kv, CONTEXTS[1])
    after = await asked(tiny, kv, CONTEXTS[0])
    fresh = await asked(tiny, method(name, METHODS[name][0]), CONTEXTS[0])
    full = await asked(tiny, Full(), CONTEXTS[0])
    assert texts(after) == texts(fresh)
    assert texts(fresh) != texts(full)
    assert texts(await asked(tiny, Full(), CONTEXTS[0])) == texts(full)


@pytest.mark.parametrize("name", EVICTING)
async def test_bytes_fall_as_tokens_do(tiny: LoadedModel, name: str) -> None:
    (reply,) = await asked(tiny, method(name, METHODS[name][0]), CONTEXTS[0], QUESTIONS[:1])
    (full,) = await asked(tiny, Full(), CONTEXTS[0], QUESTIONS[:1])
    assert reply.kv is not None
    assert full.kv is not None
    assert reply.kv.tokens_kept < 0.6 * full.kv.tokens_kept
    share = reply.kv.tokens_kept / full.kv.tokens_kept
    assert reply.kv.bytes == pytest.approx(share * full.kv.bytes, rel=1e-9)
    assert reply.kv.tokens_read == reply.kv.tokens_kept
