"""What a reader must know beside the numbers of a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from ..kv_report import FULL
from ..layouts.dimensions import as_text
from ..layouts.loading import LoadedRun
from ..results import Results, StoredRun
from ..tables.results import distinct, warnings_of
from .model import Part
from .pairing import Pairs

# What may change a number and is not what is compared, by section of the configuration. Where data
# lies is no difference: what it holds is told by its provenance.
_SECTIONS = ("benchmark", "protocol", "generation", "scorer", "judge")
_KEYS = ("run.limit", "run.epochs", "run.seed", "table.weighting")
_PLACES = ("path", "data_dir")
_NAMES = ("recipe", "protocol", "scorer", "prompts")
_LONGEST = 60


def labels_of(first: StoredRun, second: StoredRun) -> tuple[str, str]:
    """Return what to call each run: model and KV method, and what more tells the two apart."""
    runs = (first.results, second.results)
    telling = [name for name in _NAMES[:3] if len({getattr(run, name) for run in runs}) > 1]
    ours, theirs = (_label(run, telling) for run in runs)
    if ours == theirs:
        ours, theirs = (f"{ours} {run.folder.path.name}" for run in (first, second))
    return ours, theirs


def notes_of(first: LoadedRun, second: LoadedRun, pairs: Pairs, overall: Part) -> tuple[str, ...]:
    """Return what could not be paired, what else differs, and what went wrong in the runs."""
    return (
        *_unpaired(overall),
        *_lone_tasks(first, second, pairs),
        *(
            f"{task}: the runs have different epochs; those of a sample are averaged first"
            for task in pairs.averaged
        ),
        *_differences(first, second),
        *warnings_of([first.results, second.results]),
    )


def _label(run: Results, telling: list[str]) -> str:
    kv = "" if run.kv == FULL else f" + {run.kv}"
    return " ".join([f"{run.model}{kv}", *(getattr(run, name) for name in telling)])


def _unpaired(overall: Part) -> Iterator[str]:
    lone = overall.only_first + overall.only_second
    if lone or overall.unpaired:
        yield (
            f"left out: {overall.only_first} samples that only the first run has verdicts on, "
            f"{overall.only_second} that only the second has, and {overall.unpaired} verdicts on "
            "samples of both without a partner"
        )


def _lone_tasks(first: LoadedRun, second: LoadedRun, pairs: Pairs) -> Iterator[str]:
    compared = set(pairs.frame["task"])
    graded = [cell.name for run in (first, second) for cell in run.results.level("task")]
    lone = [name for name in distinct(graded) if name not in compared]
    if lone:
        names = ", ".join(lone)
        yield f"not compared: {names}, without verdicts of one metric on samples of both runs"


def _differences(first: LoadedRun, second: LoadedRun) -> Iterator[str]:
    """Yield a note for each name, mark of the data and setting that the runs do not share."""
    ours, theirs = _facts(first), _facts(second)
    for name in dict.fromkeys((*ours, *theirs)):
        one, other = ours.get(name), theirs.get(name)
        if one != other:
            yield f"the runs differ in {name}: {_shown(one)} against {_shown(other)}"


def _facts(run: LoadedRun) -> dict[str, Any]:
    names = {name: getattr(run.results, name) for name in _NAMES}
    data = dict(_leaves(run.provenance.get("data", {}), "data"))
    # The prompts are among the names.
    data.pop("data.prompts", None)
    settings = {key: value for key, value in run.keys.items() if _may_matter(key, value)}
    return {**names, **data, **settings}


def _may_matter(key: str, value: object) -> bool:
    section, _, name = key.partition(".")
    # Names of protocol and scorer are part of what results call them.
    is_setting = section in _SECTIONS and name not in ("", "name", *_PLACES)
    return key in _KEYS or (is_setting and not isinstance(value, Mapping))


def _leaves(section: object, name: str) -> Iterator[tuple[str, object]]:
    if not isinstance(section, Mapping):
        yield name, section
        return
    for key, value in cast("Mapping[str, object]", section).items():
        yield from _leaves(value, f"{name}.{key}")


def _shown(value: object) -> str:
    text = as_text(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
