"""What people call the runs of a sweep."""

from __future__ import annotations

from collections.abc import Sequence

from ..differences import differing_keys, values_text
from ..layouts.dimensions import keys_of
from ..prepared import Prepared

# As many keys as a name can hold.
_FEW = 3


def names_of(runs: Sequence[Prepared]) -> list[str]:
    """Return how people call `runs`: recipe, model, KV method, task, and what else they differ in.

    No two names are the same.
    """
    names = [_name(run) for run in runs]
    alike: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        alike.setdefault(name, []).append(place)
    for name, places in alike.items():
        if len(places) > 1:
            for place, told in zip(places, _told_apart([runs[p] for p in places]), strict=True):
                names[place] = f"{name} {told}"
    return names


def _name(run: Prepared) -> str:
    config, kv = run.config, run.parts.kv.label
    words = [config.recipe.name, str(config.model.get("name", "model"))]
    words += [kv] if kv != "full" else []
    task = config.benchmark.get("task")
    return " ".join([*words, task] if isinstance(task, str) else words)


def _told_apart(runs: Sequence[Prepared]) -> list[str]:
    """Return what tells runs of one name apart: values of keys, or else their folders."""
    rows = [[keys_of(run.config)] for run in runs]
    differing = differing_keys(rows)[:_FEW]
    told = [" ".join(f"{key}={values_text(row, key)}" for key in differing) for row in rows]
    return told if len(set(told)) == len(runs) else [run.folder.path.name for run in runs]
