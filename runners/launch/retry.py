"""Jobs of a sweep submitted again, or cancelled."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

import msgspec

from ...core.errors import ConfigError, EvalrunError
from ...core.schema import Section
from ..lock import held
from ..runs import ProblemsError
from .registry import launcher_of
from .states import UNDER_WAY, JobState, read_states
from .submit import give
from .sweep import SweepFolder

_RANGE = re.compile(r"(\d+)(?:-(\d+))?", re.ASCII)
# What the jobs there are were made by.
_SETTLED = ("name", "shards")
_DONE = frozenset({"complete", *UNDER_WAY})


def retry(
    sweep: SweepFolder, overrides: Sequence[str] = (), jobs: Collection[int] | None = None
) -> list[int]:
    """Submit again what is neither complete nor under way, of `jobs` or all; return the indices.

    `overrides` are of keys of the launcher, and hold from then on. Raises ConfigError,
    ProblemsError, StoreError, RunHeldError while another process submits jobs of this sweep.
    """
    with held(sweep.path):
        head = sweep.read_head()
        section = _overridden(head.launcher, overrides)
        launcher = launcher_of(section)
        missing = [state.job.index for state in _chosen(sweep, jobs) if state.state not in _DONE]
        if not missing:
            return []
        if problems := launcher.problems():
            raise ProblemsError(problems)
        if section != head.launcher:
            sweep.write_head(msgspec.structs.replace(head, launcher=section))
        give(launcher, sweep, list(sweep.read_whole_jobs(missing)))
    return missing


def cancel(sweep: SweepFolder, jobs: Collection[int] | None = None) -> list[int]:
    """Cancel what is under way, of `jobs` or all, and return the indices.

    Raises ConfigError, EvalrunError where the launcher does not answer.
    """
    with held(sweep.path):
        under_way = [state for state in _chosen(sweep, jobs) if state.state in UNDER_WAY]
        handles = {state.handle: state.job.index for state in under_way if state.handle}
        if handles:
            launcher_of(sweep.read_head().launcher).cancel(sweep, list(handles))
        return list(handles.values())


def parse_jobs(text: str) -> set[int]:
    """Return the indices that "3,5-7" names. Raises ConfigError."""
    found: set[int] = set()
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise ConfigError(f"--jobs {text}: should be numbers and ranges, such as 3,5-7")
        first, last = int(match[1]), int(match[2] or match[1])
        found.update(range(first, last + 1))
    return found


def as_jobs(indices: Iterable[int]) -> str:
    """Return how `parse_jobs` would have indices written."""
    spans: list[tuple[int, int]] = []
    for index in sorted(indices):
        if spans and index == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], index)
        else:
            spans.append((index, index))
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)


def _chosen(sweep: SweepFolder, jobs: Collection[int] | None) -> list[JobState]:
    """Return the states of `jobs`, or of all.

    Raises ConfigError for one that is not there, EvalrunError where the launcher does not answer.
    """
    standings = read_states(sweep)
    if standings.trouble is not None:
        raise EvalrunError(f"the launcher does not answer: {standings.trouble}")
    states = standings.jobs
    if jobs is None:
        return list(states)
    unknown = sorted(set(jobs) - {state.job.index for state in states})
    if unknown:
        raise ConfigError(f"{sweep.path} has no job {unknown[0]}; its jobs are 0-{len(states) - 1}")
    return [state for state in states if state.job.index in jobs]


def _overridden(section: Section, overrides: Sequence[str]) -> Section:
    """Return a launcher's section with values replaced. Raises ConfigError."""
    changed = msgspec.to_builtins(section)
    for override in overrides:
        key, sign, text = override.partition("=")
        head, _, rest = key.partition(".")
        if not sign or head != "launcher" or not rest or rest in _SETTLED:
            raise ConfigError(
                f"{override}: a retry takes keys of the launcher, launcher.KEY=VALUE, but for "
                f"{' and '.join(_SETTLED)}; other jobs are another sweep"
            )
        _set(changed, rest.split("."), _value(text))
    return changed


def _set(section: Section, path: Sequence[str], value: Any) -> None:
    for key in path[:-1]:
        inner = section.setdefault(key, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"launcher.{'.'.join(path)}: {key} holds no keys")
        section = cast("Section", inner)
    section[path[-1]] = value


def _value(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text
