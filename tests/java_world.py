"""A Java project in JavaBench's layout, replies about it, and a sandbox with Java to grade them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.javabench import JavaBench, JavaBenchOptions
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample
from evalrun.core.sandbox import Sandbox
from evalrun.core.score import TurnScore
from evalrun.runners.sandbox.registry import sandbox_of
from evalrun.scorers.java.toolchain import Toolchain
from evalrun.scorers.javabench import JavaBenchOptions as ScorerOptions
from evalrun.scorers.javabench import JavaBenchScorer
from evalrun.scorers.javabench.completion import Variant

FIXTURES = Path(__file__).parent / "fixtures" / "javabench"
SOURCES = FIXTURES / "projects" / "PA22-Solution" / "src" / "main" / "java" / "shop"
# The scorer is shared, and so is the loop that its locks belong to.
_LOOP = asyncio.new_event_loop()
PRICE, CART, RECEIPT = "PA22/Price.java", "PA22/Cart.java", "PA22/Receipt.java"


def solution(id_: str) -> str:
    """Return the source of a class as the reference has it."""
    return (SOURCES / id_.partition("/")[2]).read_text()


def fence(code: str) -> str:
    return f"Here it is.\n```java\n{code}\n```\nDone."


RIGHT = {id_: fence(solution(id_)) for id_ in (PRICE, CART, RECEIPT)}


def samples(**options: Any) -> list[Sample]:
    benchmark = JavaBench(JavaBenchOptions(task="PA22", data_dir=str(FIXTURES), **options))
    return list(benchmark.samples())


@cache
def java_sandbox() -> Sandbox:
    """Return bubblewrap; skip where it, or a part of the toolchain, is not there."""
    sandbox = sandbox_of({"name": "bubblewrap"})
    reason = _LOOP.run_until_complete(Toolchain().why_unusable(sandbox))
    if reason:
        pytest.skip(reason)
    return sandbox


@cache
def scorer_in(sandbox: Sandbox, variant: Variant, jars: str | None) -> JavaBenchScorer:
    """Return a scorer that tests its reference projects but once for all tests."""
    return JavaBenchScorer(ScorerOptions(variant=variant, jars=jars), sandbox=sandbox)


def predicted(sample: Sample, reply: str, epoch: int = 0) -> Prediction:
    id_ = f"{sample.id}#{epoch}"
    return Prediction(id=id_, sample_id=sample.id, epoch=epoch, task=sample.task, outputs=(reply,))


def graded(
    replies: Mapping[str, str],
    *,
    variant: Variant = "official",
    sandbox: Sandbox | None = None,
    jars: str | None = None,
    **options: Any,
) -> dict[str, TurnScore]:
    """Return the verdicts on one epoch, by what they are on; samples without reply are left out."""
    scorer = scorer_in(sandbox or java_sandbox(), variant, jars)
    asked = [
        (sample, predicted(sample, replies[sample.id]))
        for sample in samples(**options)
        if sample.id in replies
    ]
    grader = scorer.fitted(asked)

    async def grade() -> dict[str, TurnScore]:
        scores = await asyncio.gather(*(grader.score(*one) for one in asked))
        return {
            target["id"]: turn
            for (sample, _), score in zip(asked, scores, strict=True)
            for target, turn in zip(_targets(sample), score.turns, strict=True)
        }

    return _LOOP.run_until_complete(grade())


def _targets(sample: Sample) -> list[dict[str, Any]]:
    target = sample.turns[0].target
    return target if isinstance(target, list) else [target]
