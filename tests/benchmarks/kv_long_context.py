"""Memory and time of every KV method at long contexts: a Markdown table.

A context of random tokens is encoded, and five replies are decoded on it together. Quality is not
measured here, so the weights may be random. Each method has its paper's budget, or with --keep
that share of the context.

    python tests/benchmarks/kv_long_context.py                                  for a GPU
    python tests/benchmarks/kv_long_context.py --model smollm2 --tokens 2000 --keep 0.25 --rounds 3
"""

from __future__ import annotations

import argparse
import gc
import logging
import math
import time
from pathlib import Path
from typing import Any

import msgspec
import torch
import yaml
from shapes import model_called, random_ids

import evalrun.recipes
from evalrun.models.kv.method import LocalKVMethod, PromptFacts
from evalrun.models.local.attention import ATTENTION, register_attention
from evalrun.models.local.attention_lm import AttentionLM
from evalrun.models.local.measure import cache_bytes, now, peak_memory, start_peak_memory
from evalrun.models.registry import KV_METHODS

METHODS = (
    "full",
    "a_shape",
    "tri_shape",
    "minference",
    "streamingllm",
    "snapkv",
    "pyramidkv",
    "h2o",
    "tova",
    "knorm",
    "keydiff",
    "expected_attention",
    "adakv",
    "windowkv",
    "kivi",
    "cacheblend",
    "quest",
    "retrieval_attention",
)
BRANCHES = 5
GIB = 1 << 30


def main() -> None:
    """Print a table for each length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=["smollm2", "llama-8b-shape"], default="llama-8b-shape")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--tokens", type=int, nargs="+", default=[8192, 32_768, 131_072])
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--new-tokens", type=int, default=32)
    parser.add_argument("--keep", type=float, help="share of the context, instead of budgets")
    parser.add_argument("--rounds", type=int, default=1, help="of which the fastest prefill counts")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    register_attention()
    model = model_called(arguments.model, getattr(torch, arguments.dtype))
    model.set_attn_implementation(ATTENTION)
    lm = AttentionLM(model, rows_at_once=16_384)
    print(f"{arguments.model}, {arguments.dtype}, torch {torch.__version__}, {_device(lm)}\n")
    for tokens in arguments.tokens:
        print(f"### {tokens:,} tokens\n")
        print("| kv | kept | read | cache GiB | prefill s | peak GiB | tok/s | tok/s x 5 |")
        print("|---|---|---|---|---|---|---|---|")
        for name in arguments.methods:
            kv = method_keeping(name, tokens, arguments.keep)
            print(f"| {name} | {_row(lm, kv, tokens, arguments)} |", flush=True)
        print()


def _row(lm: AttentionLM, kv: LocalKVMethod, tokens: int, arguments: argparse.Namespace) -> str:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    try:
        return " | ".join(_measured(lm, kv, tokens, arguments.new_tokens, arguments.rounds))
    except (RuntimeError, MemoryError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0][:80]}" + " |" * 6


def _measured(
    lm: AttentionLM, kv: LocalKVMethod, tokens: int, new_tokens: int, rounds: int
) -> list[str]:
    ids = random_ids(tokens)
    seconds, state = math.inf, None
    for _ in range(rounds):
        del state
        start_peak_memory(lm.device)
        start = now(lm.device)
        state = lm.encode(ids, kv.treatment(PromptFacts(tokens=tokens), lm.shape))
        seconds, peak = min(seconds, now(lm.device) - start), peak_memory(lm.device)
    kept, read = lm.tokens_kept(state), lm.tokens_read(state)
    speeds = [_decoded(lm, state, branches, new_tokens) for branches in (1, BRANCHES)]
    return [
        f"{sum(kept) / len(kept):.0f}",
        f"{sum(read) / len(read):.0f}",
        f"{cache_bytes(state.held) / GIB:.3f}",
        f"{seconds:.2f}",
        f"{(peak or 0) / GIB:.2f}",
        *(f"{speed:.1f}" for speed in speeds),
    ]


def _decoded(lm: AttentionLM, state: Any, branches: int, new_tokens: int) -> float:
    """Return the tokens a second of all branches together, without the first step."""
    batch = lm.branches([state] * branches)
    batch.advance([5] * branches)
    now(lm.device)
    start = time.perf_counter()
    for _ in range(new_tokens):
        batch.advance(batch.logits.argmax(-1).tolist())
    return branches * new_tokens / (now(lm.device) - start)


def method_keeping(name: str, tokens: int, keep: float | None) -> LocalKVMethod:
    """Return a method with its own budget, or one that keeps or reads that share of `tokens`."""
    cls = KV_METHODS.load(name)
    path = Path(evalrun.recipes.__path__[0]) / "kv" / f"{name}.yaml"
    section = yaml.safe_load(path.read_text())
    if keep is not None:
        # Whichever of these a method has says how much it keeps or reads.
        kept = round(keep * tokens)
        changes = {"compression_ratio": 1 - keep, "token_budget": kept, "n_local": kept // 2}
        section |= {key: value for key, value in changes.items() if key in section}
        if name == "retrieval_attention":
            section["top_k"] = kept // 2
    return cls(msgspec.convert(section, cls.Options))


def _device(lm: AttentionLM) -> str:
    if lm.device.type == "cuda":
        return torch.cuda.get_device_name(lm.device)
    return f"{torch.get_num_threads()} threads"


if __name__ == "__main__":
    main()
