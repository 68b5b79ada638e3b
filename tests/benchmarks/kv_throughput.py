"""Questions a second on shared contexts, against kvpress's own pipeline, and against the machine.

Both answer the same questions about the same contexts with the same press and weights, in turns.
Then the work of a prefill is compared with the measured rate of matrix products, and the bytes
that decoding reads with the measured bandwidth of the memory.

    python tests/benchmarks/kv_throughput.py                              SmolLM2 on the CPU
    python tests/benchmarks/kv_throughput.py --model llama-8b-shape --dtype bfloat16     for a GPU
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import msgspec
import torch
from kvpress import KnormPress, KVPressTextGenerationPipeline
from shapes import model_called
from transformers import AutoTokenizer

from evalrun.core.content import Message
from evalrun.core.exchange import Prompt, Reply, Request, SampleKey, Sampling
from evalrun.models.kv.knorm import Knorm, KnormOptions
from evalrun.models.local.endpoint import TorchEndpoint
from evalrun.models.local.loading import LoadedModel, prepared
from evalrun.models.local.weights import SMOLLM2, weights_folder

DROPPED = 0.5


class Case(msgspec.Struct, frozen=True):
    """A context and what is asked about it."""

    context: str
    questions: tuple[str, ...]


def main() -> None:
    """Print the ratios."""
    arguments = _arguments()
    logging.disable(logging.WARNING)
    for dtype in arguments.dtype:
        _compare(arguments, getattr(torch, dtype))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=["smollm2", "llama-8b-shape"], default="smollm2")
    parser.add_argument("--dtype", nargs="+", default=["bfloat16", "float32"])
    parser.add_argument("--contexts", type=int, default=4)
    parser.add_argument("--questions", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=1000, help="of a context, about")
    parser.add_argument("--new-tokens", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def _compare(arguments: argparse.Namespace, dtype: torch.dtype) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = AutoTokenizer.from_pretrained(weights_folder(SMOLLM2))
    tokenizer.model_max_length = 1 << 30
    theirs, mine = (model_called(arguments.model, dtype) for _ in range(2))
    ready = msgspec.structs.replace(
        prepared(mine, tokenizer, max_length=None, chat_template=True), end_tokens=frozenset()
    )
    cases = [_case(i, arguments, tokenizer) for i in range(arguments.contexts)]
    pipeline = KVPressTextGenerationPipeline(model=theirs, tokenizer=tokenizer)
    runs: dict[str, Callable[[], list[str]]] = {
        "kvpress": lambda: _kvpress(pipeline, cases, arguments.new_tokens),
        "evalrun": lambda: [reply.text for reply in _evalrun(ready, cases, arguments.new_tokens)],
        "evalrun, one context at a time": lambda: [
            reply.text for reply in _evalrun(ready, cases, arguments.new_tokens, max_contexts=1)
        ],
    }
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    answers: dict[str, list[str]] = {}
    for number in range(arguments.rounds + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            answers[name] = run()
            if number:
                seconds[name].append(time.perf_counter() - start)
    count = arguments.contexts * arguments.questions
    print(f"\n{arguments.model} in {dtype} on {_device_name(device)}")
    print(f"{arguments.contexts} contexts, {count} questions, {arguments.new_tokens} new tokens")
    base = statistics.median(seconds["kvpress"])
    for name, times in seconds.items():
        median = statistics.median(times)
        same = sum(a == b for a, b in zip(answers[name], answers["kvpress"], strict=True))
        print(
            f"{name:32s} {count / median:7.2f} questions/s   x{base / median:.2f}   "
            f"{same} of {count} answers as kvpress's"
        )
    _limits(ready, mine, cases, arguments.new_tokens)


def _case(seed: int, arguments: argparse.Namespace, tokenizer: Any) -> Case:
    rng = random.Random(seed)
    lines: list[str] = []
    while len(tokenizer("\n".join(lines)).input_ids) < arguments.tokens:
        number = len(lines)
        lines += [
            f"The access code for door {number + i} is {rng.randint(10000, 99999)}."
            for i in range(max(1, arguments.tokens // 400))
        ]
    doors = rng.sample(range(len(lines)), arguments.questions)
    return Case(
        "\n".join(lines), tuple(f"\nWhat is the access code for door {door}?" for door in doors)
    )


def _kvpress(pipeline: Any, cases: list[Case], new_tokens: int) -> list[str]:
    with torch.inference_mode():
        return [
            answer
            for case in cases
            for answer in pipeline(
                case.context,
                questions=list(case.questions),
                press=KnormPress(DROPPED),
                max_new_tokens=new_tokens,
            )["answers"]
        ]


def _evalrun(
    model: LoadedModel, cases: list[Case], new_tokens: int, max_contexts: int | None = None
) -> list[Reply]:
    kv = Knorm(KnormOptions(compression_ratio=DROPPED))
    endpoint = TorchEndpoint(model, kv, max_contexts=max_contexts or len(cases))
    slots = asyncio.Semaphore(max_contexts or len(cases))

    async def play(number: int, case: Case) -> list[Reply]:
        prompt = Prompt(messages=(Message("user", case.context),), open_ended=True)
        async with slots, endpoint.open(prompt, SampleKey(str(number))) as session:
            requests = [
                Request(messages=(Message("user", q),), sampling=Sampling(max_tokens=new_tokens))
                for q in case.questions
            ]
            return await asyncio.gather(*(session.generate(request) for request in requests))

    async def play_all() -> list[Reply]:
        played = await asyncio.gather(*(play(i, case) for i, case in enumerate(cases)))
        await endpoint.close()
        return [reply for replies in played for reply in replies]

    return asyncio.run(play_all())


def _limits(ready: LoadedModel, model: Any, cases: list[Case], new_tokens: int) -> None:
    """Print which part of the machine's measured rates the endpoint reaches."""
    first = _evalrun(ready, cases[:1], new_tokens)[0]
    batched = _evalrun(ready, cases, new_tokens)
    assert first.kv is not None
    config = model.config
    linear = sum(p.numel() for n, p in model.named_parameters() if "proj" in n)
    tokens = first.kv.tokens_seen
    attention = 2 * config.num_hidden_layers * tokens**2 * config.num_attention_heads
    flops = 2 * linear * tokens + attention * ready.lm.shape.head_dim
    rate = _product_rate(model, tokens)
    reached = flops / first.kv.prefill_s
    print(
        f"prefill: {reached / 1e9:,.0f} of {rate / 1e9:,.0f} GFLOP/s measured: {reached / rate:.0%}"
    )
    weights = sum(p.numel() * p.element_size() for p in model.parameters())
    bandwidth = _bandwidth(model)
    for name, reply in (("one context", first), ("all contexts", batched[0])):
        batch, speed = reply.timing.batch or 1, reply.timing.decode_tokens_per_s or 0
        contexts = max(1, round(batch / len(cases[0].questions)))
        per_step = weights + contexts * first.kv.bytes
        print(
            f"decode, {name}: {batch:.1f} replies together, {batch * speed:.0f} tokens/s, "
            f"{speed * per_step / 1e9:.1f} of {bandwidth / 1e9:.1f} GB/s measured: "
            f"{speed * per_step / bandwidth:.0%}"
        )


def _product_rate(model: Any, tokens: int) -> float:
    """Return the FLOP/s of the model's largest products, alone."""
    down = model.model.layers[0].mlp.down_proj.weight
    x = torch.randn(tokens, down.shape[1], dtype=down.dtype, device=down.device)
    seconds = _best_of(lambda: torch.nn.functional.linear(x, down))
    return 2 * tokens * down.numel() / seconds


def _bandwidth(model: Any) -> float:
    """Return the bytes a second at which large tensors are read."""
    weight = model.model.layers[0].mlp.down_proj.weight
    large = torch.ones(1 << 28, dtype=torch.uint8, device=weight.device).view(torch.float32)
    return large.numel() * 4 / _best_of(large.sum)


def _best_of(work: Callable[[], Any], times: int = 10) -> float:
    seconds: list[float] = []
    for _ in range(times):
        _synchronize()
        start = time.perf_counter()
        work()
        _synchronize()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{torch.get_num_threads()} cores"


if __name__ == "__main__":
    main()
