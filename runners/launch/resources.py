"""What a job must be given, told by the models that it loads."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from ...core.config import Config
from ...core.hashing import sha256_of
from ...core.options import to_options
from ...core.schema import NonNegative, Options, Positive, Section
from ..roles import model_section

RESOURCES = "resources"
_SPLIT = "tensor_parallel"


class Resources(Options, frozen=True):
    """What one job is given on its node; null leaves it to the cluster.

    - `gpus_per_node`: GPUs; as many as `tensor_parallel`, where that is more.
    - `cpus_per_task`: processors.
    - `mem_gb`: main memory.
    - `timeout_min`: how long the job may take at a time.
    """

    gpus_per_node: NonNegative | None = None
    cpus_per_task: Positive | None = None
    mem_gb: Positive | None = None
    timeout_min: Positive | None = None


def resources_of(config: Config) -> Resources:
    """Return what a run needs, by the `resources` of its models: under test, in roles, judging.

    Models of one run are loaded side by side: their GPUs and memory add up, and processors and time
    are those of the most demanding. A judge is loaded apart even where it is the model under test;
    roles with the same section share one. Raises ConfigError naming the faulty key.
    """
    players = {"model": config.model}
    players |= {f"roles.{role}": section for role, section in config.roles.items()}
    loaded = {
        sha256_of(model_section(section)): (place, section) for place, section in players.items()
    }
    needs = [needs_of(section, place) for place, section in loaded.values()]
    needs.append(needs_of(config.judge, "judge"))
    return Resources(
        gpus_per_node=_together(sum, (need.gpus_per_node for need in needs)),
        cpus_per_task=_together(max, (need.cpus_per_task for need in needs)),
        mem_gb=_together(sum, (need.mem_gb for need in needs)),
        timeout_min=_together(max, (need.timeout_min for need in needs)),
    )


def without_resources(section: Section) -> Section:
    """Return what the section of a model says to its engine, which knows of no jobs."""
    return {key: value for key, value in section.items() if key != RESOURCES}


def needs_of(section: Section, place: str) -> Resources:
    """Return what the model of one section needs; messages call that `place`.

    An engine that splits weights over GPUs needs as many. Raises ConfigError naming the faulty key.
    """
    said = to_options(section.get(RESOURCES) or {}, Resources, f"{place}.{RESOURCES}")
    split = section.get(_SPLIT)
    if not isinstance(split, int) or split <= (said.gpus_per_node or 0):
        return said
    return msgspec.structs.replace(said, gpus_per_node=split)


def _together(combined: Callable[[list[int]], int], values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return combined(known) if known else None
