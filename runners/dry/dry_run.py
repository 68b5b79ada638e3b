"""The dry run of a command: all of its runs estimated."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ...core.config import Config
from ...models.token_count import count_tokens, how_counted
from ..runs import ProblemsError
from ..tables.table import Table
from .counting import TokenCounter
from .estimate import Estimate, Rehearsal, estimate, rehearsal
from .table import estimates_table


def dry_run(configs: Sequence[Config]) -> Table:
    """Return what the runs of `configs` would ask and cost: nothing is asked, written or loaded.

    Every sample that is not complete in its run folder is played by the real protocol, and graded
    if a judge grades it. What a model lacks is a note; missing data is an error.

    Raises ConfigError, ProblemsError, DataError.
    """
    runs = [rehearsal(config) for config in configs]
    problems = dict.fromkeys(p for run in runs for p in run.parts.benchmark.problems())
    if problems:
        raise ProblemsError(list(problems))
    return estimates_table(asyncio.run(_estimates(runs)), how_counted())


async def _estimates(runs: Sequence[Rehearsal]) -> list[Estimate]:
    tokens = TokenCounter(count_tokens)
    return [await estimate(run, tokens) for run in runs]
