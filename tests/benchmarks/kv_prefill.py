"""What eviction and quantization add to a prefill: the median overhead over the full cache.

Methods take turns, and each round is compared with the full cache of the same round, so that a
machine that is slower for a while slows both.

    python tests/benchmarks/kv_prefill.py --model smollm2 --tokens 2000
"""

from __future__ import annotations

import argparse
import logging
import statistics

import torch
from kv_long_context import method_keeping
from shapes import model_called, random_ids

from evalrun.models.kv.method import LocalKVMethod, PromptFacts
from evalrun.models.local.attention import ATTENTION, register_attention
from evalrun.models.local.attention_lm import AttentionLM
from evalrun.models.local.measure import now

METHODS = (
    "streamingllm",
    "snapkv",
    "pyramidkv",
    "tova",
    "knorm",
    "keydiff",
    "expected_attention",
    "adakv",
    "windowkv",
    "h2o",
    "kivi",
    "quest",
)


def main() -> None:
    """Print the overheads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=["smollm2", "llama-8b-shape"], default="smollm2")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--tokens", type=int, default=2000)
    parser.add_argument("--keep", type=float, default=0.25)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    register_attention()
    model = model_called(arguments.model, getattr(torch, arguments.dtype))
    model.set_attn_implementation(ATTENTION)
    lm = AttentionLM(model, rows_at_once=16_384)
    full = method_keeping("full", arguments.tokens, None)
    ratios: dict[str, list[float]] = {name: [] for name in METHODS}
    _prefill(lm, full, arguments.tokens)
    for _ in range(arguments.rounds):
        for name, found in ratios.items():
            kv = method_keeping(name, arguments.tokens, arguments.keep)
            base = _prefill(lm, full, arguments.tokens)
            found.append(_prefill(lm, kv, arguments.tokens) / base)
    for name, found in ratios.items():
        print(f"{name:20s} {statistics.median(found) - 1:+.1%}   (least {min(found) - 1:+.1%})")


def _prefill(lm: AttentionLM, kv: LocalKVMethod, tokens: int) -> float:
    ids = random_ids(tokens)
    treatment = kv.treatment(PromptFacts(tokens=tokens), lm.shape)
    start = now(lm.device)
    lm.encode(ids, treatment)
    return now(lm.device) - start


if __name__ == "__main__":
    main()
