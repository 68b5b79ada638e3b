"""The plugins that are installed: what they announce, and whether it works."""

from __future__ import annotations

from collections.abc import Iterator

from ..benchmarks.registry import BENCHMARKS
from ..core.errors import EvalrunError
from ..core.plugins import RECIPES, Plugin, all_plugins
from ..core.registry import Registry
from ..models.registry import KV_METHODS, MODELS
from ..scorers.registry import SCORERS
from .archon.rankers import RANKERS
from .launch.registry import LAUNCHERS
from .protocols import PROTOCOLS
from .recipe_trees import tree_of
from .sandbox.registry import SANDBOXES
from .tables.table import Table

_REGISTRIES: dict[str, Registry] = {
    registry.kind: registry
    for registry in (
        BENCHMARKS,
        KV_METHODS,
        LAUNCHERS,
        MODELS,
        PROTOCOLS,
        RANKERS,
        SANDBOXES,
        SCORERS,
    )
}


def plugin_table() -> Table:
    """Return what plugins announce, an entry point a row, without importing any."""
    rows = [(p.distribution, p.kind, p.name, p.point.value) for p in all_plugins()]
    return Table("plugins", ("distribution", "kind", "name", "is"), tuple(sorted(rows)))


def plugin_states() -> list[tuple[str, str]]:
    """Import what plugins announce and return (distribution, `works` or what does not)."""
    found: dict[str, list[str]] = {}
    for plugin in sorted(all_plugins(), key=lambda p: p.distribution):
        found.setdefault(plugin.distribution, []).extend(_faults(plugin))
    return [(whose, "; ".join(faults) or "works") for whose, faults in found.items()]


def _faults(plugin: Plugin) -> Iterator[str]:
    if plugin.kind != RECIPES and plugin.name in _REGISTRIES[plugin.kind].builtin:
        yield f"{plugin.entry}: never used, evalrun has one of this name itself"
        return
    try:
        if plugin.kind == RECIPES:
            tree_of(plugin)
        else:
            plugin.load()
    except EvalrunError as error:
        yield str(error)
