"""What a run asks: every sample so often as there are epochs, with its key and its decoding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from ..core.config import Config, Generation
from ..core.exchange import SampleKey, Sampling
from ..core.interfaces import Benchmark
from ..core.prediction import prediction_id
from ..core.sample import Sample
from .contexts import together
from .plan import selected
from .shards.split import Share


class Question(NamedTuple):
    """A sample in one of its epochs; `id` is that of its prediction."""

    id: str
    sample: Sample
    key: SampleKey
    sampling: Sampling


def questions(
    benchmark: Benchmark, config: Config, share: Share | None = None
) -> Iterator[Question]:
    """Yield what a run asks, or a `share` of it, in its order; epochs of a sample stand together.

    Raises DataError.
    """
    samplings = [sampling_of(config, epoch) for epoch in range(config.run.epochs)]
    samples = selected(benchmark, config.run)
    for sample, shares_context in together(samples if share is None else share.of(samples)):
        whole = _with_schema(sample, config.generation.reply_schema)
        for epoch, sampling in enumerate(samplings):
            key = SampleKey(
                sample.id,
                epoch,
                sample.row,
                sample.row_id,
                sample.task,
                shares_context=shares_context or len(samplings) > 1,
            )
            yield Question(prediction_id(sample.id, epoch), whole, key, sampling)


def sampling_of(config: Config, epoch: int) -> Sampling:
    """Return how replies of one epoch are decoded."""
    return decoding(config.generation, seed=config.run.seed + epoch)


def decoding(generation: Generation, *, seed: int | None) -> Sampling:
    """Return how replies are decoded."""
    return Sampling(
        temperature=generation.temperature,
        top_p=generation.top_p,
        top_k=generation.top_k,
        max_tokens=generation.max_tokens,
        stop=generation.stop,
        seed=seed,
    )


def _with_schema(sample: Sample, schema: dict[str, Any] | None) -> Sample:
    """Return `sample` with the configured schema on the turns that name none."""
    if schema is None:
        return sample
    turns = (
        msgspec.structs.replace(turn, reply_schema=schema) if turn.reply_schema is None else turn
        for turn in sample.turns
    )
    return msgspec.structs.replace(sample, turns=tuple(turns))
