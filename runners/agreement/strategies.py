"""Which of the models that two scenarios share a correlation is of."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec

from .leaderboards import Scenario
from .options import Strategy


class Draw(msgspec.Struct, frozen=True):
    """One choice of models: `size` of them (0: all), in experiment `experiment`."""

    strategy: Strategy
    size: int
    experiment: int
    seed: int


def draws(strategy: Strategy, size: int, experiments: int, seed: int) -> list[Draw]:
    """Return the draws to make: one where every experiment would choose the same models.

    The official code repeats the choice of all models, which changes no mean.
    """
    varies = size > 0 and strategy in ("random", "somewhere_aggregate")
    return [Draw(strategy, size, number, seed) for number in range(experiments if varies else 1)]


def chosen_models(draw: Draw, shared: Sequence[str], order_by: Scenario) -> list[str]:
    """Return the models of `shared` that are taken.

    `random` draws without replacement; top and bottom take the best and worst by `order_by`, middle
    those around its middle (size // 2 on each side of position n // 2, and one more if the size is
    odd), somewhere a random run of neighbours. (`get_pair_agreement` at commit 1dfd46a.) Models of
    equal score stand in the order of `order_by`.

    `shared` is sorted here, and randomness is of the experiment and seed alone; the official draws
    depend on the order of files in a directory.
    """
    size = draw.size or len(shared)
    generator = random.Random(draw.seed + draw.experiment)  # noqa: S311  # statistics, no secrets
    if draw.strategy == "random":
        return generator.sample(sorted(shared), size)
    start = _start(draw.strategy, len(shared), size, generator)
    if draw.strategy == "bottom_aggregate":
        return _ordered(shared, order_by, sign=1)[:size]
    return _ordered(shared, order_by, sign=-1)[start : start + size]


def _start(strategy: Strategy, n: int, size: int, generator: random.Random) -> int:
    """Return where the run of `size` of `n` models begins, best first."""
    if strategy == "middle_aggregate":
        return n // 2 - size // 2
    return generator.randrange(n - size + 1) if strategy == "somewhere_aggregate" else 0


def _ordered(shared: Sequence[str], order_by: Scenario, *, sign: int) -> list[str]:
    wanted = set(shared)
    models = [model for model in order_by.scores if model in wanted]
    return sorted(models, key=lambda model: sign * order_by.scores[model])
