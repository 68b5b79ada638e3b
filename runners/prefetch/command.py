"""The whole of `evalrun prefetch`: fetch, and say what would still stop the runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from ...core.config import Config
from ...core.interfaces import Problem
from ..doctor import examine
from ..tables.table import Table
from .assets import assets_of
from .elsewhere import compute_node_problems
from .fetching import assets_table, bring
from .network import needs_network


class Prefetched(msgspec.Struct, frozen=True):
    """What lies where, what a person should know, and whether the runs can start without more."""

    table: Table
    lines: tuple[str, ...]
    is_ready: bool


def prefetched(configs: Sequence[Config], tell: Callable[[str], None]) -> Prefetched:
    """Fetch what the runs of `configs` read, and examine them; `tell` hears of each thing.

    What only this machine lacks, such as a GPU, does not keep them from being ready. Raises
    ConfigError, DataError, UnreachableError.
    """
    brought = bring(assets_of(configs), tell)
    problems = examine(configs)
    stopping = compute_node_problems(problems)
    missing = [one for one in brought if one.found is None]
    return Prefetched(
        table=assets_table(brought),
        lines=tuple(_lines(configs, problems)),
        is_ready=not stopping and not missing,
    )


def _lines(configs: Sequence[Config], problems: Sequence[Problem]) -> Iterator[str]:
    hosts = sorted({host for config in configs for host in needs_network(config)})
    if hosts:
        yield f"asked while it runs, over the network: {', '.join(hosts)}"
    for problem in problems:
        yield f"{'on this machine' if problem.here_only else 'problem'}: {problem}"
    if not problems:
        yield "nothing would stop a run here"
