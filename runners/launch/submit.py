"""From configurations to a sweep folder and submitted jobs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from ...core.config import Config, Section
from ...core.errors import ConfigError, StoreError
from ...core.redact import redact_config, redact_message
from ...core.shard import Shard
from ..folder import slug
from ..lock import held
from ..prefetch.network import hosts_asked
from ..prepared import Prepared
from ..runs import ProblemsError, prepare
from ..status import now
from .launcher import Launcher
from .naming import names_of
from .registry import launcher_of
from .sweep import Job, Sweep, SweepFolder


class Asked(msgspec.Struct, frozen=True):
    """What was typed: the command's arguments, and folders of recipes among them."""

    command: tuple[str, ...]
    recipes: tuple[str, ...] = ()


class Submitted(msgspec.Struct, frozen=True):
    """What became of a command: its sweep, and how many of its jobs were left to submit.

    `note` is what a person should know of them.
    """

    sweep: SweepFolder
    jobs: int
    submitted: int
    note: str | None = None

    @property
    def complete(self) -> int:
        """How many jobs have nothing left to do."""
        return self.jobs - self.submitted

    @property
    def lines(self) -> tuple[str, ...]:
        """What a person is told of it, and what to try next."""
        shown = os.path.relpath(self.sweep.path)
        before = f", {self.complete} complete already" if self.complete else ""
        return (
            f"{self.submitted} of {self.jobs} jobs submitted{before}",
            *((f"note:  {self.note}",) if self.note else ()),
            f"next:  evalrun sweep status {shown}",
            f"next:  evalrun sweep table {shown}",
        )


def submit_sweep(configs: Sequence[Config], asked: Asked) -> Submitted:
    """Submit a job for each of `configs`, or for each of its shards, and return at once.

    Everything that is missing is said before anything is written. Raises ConfigError,
    ProblemsError, DataError, StoreError, EvalrunError for what the launcher refuses.
    """
    launcher = launcher_of(configs[0].launcher)
    for config in configs:
        _refuse_secrets(config)
    if problems := launcher.problems():
        raise ProblemsError(problems)
    runs = _distinct(prepare(configs, elsewhere=launcher.elsewhere))
    asking = _asking(runs)
    if asking and launcher.options.offline:
        raise ConfigError(f"launcher.offline=true: {asking}")
    jobs = list(_jobs(runs, launcher.options.shards))
    sweep = _new_folder(configs)
    sweep.create(_head(configs[0].launcher, asked), jobs)
    to_do = [job for job in jobs if not job.complete]
    with held(sweep.path):
        give(launcher, sweep, to_do)
    return Submitted(sweep, len(jobs), len(to_do), asking if launcher.elsewhere else None)


def give(launcher: Launcher, sweep: SweepFolder, jobs: Sequence[Job]) -> None:
    """Submit `jobs`, noting what the launcher calls them as they are taken.

    A crash in between leaves what was not noted to be seen as not submitted, and to a retry.
    Raises StoreError, EvalrunError.
    """
    name = launcher.options.name
    if jobs:
        for handles in launcher.submit(sweep, jobs):
            sweep.note_submissions(handles, name, now())


def _asking(runs: Sequence[Prepared]) -> str | None:
    """Return how many runs need the network, and for whom, if any does."""
    asked = [hosts_asked(run.config, run.parts) for run in runs if not run.is_complete]
    hosts = dict.fromkeys(host for one in asked for host in one)
    if not hosts:
        return None
    number = sum(map(bool, asked))
    return f"{number} of {len(asked)} runs ask {', '.join(hosts)}: their nodes need the network"


def _refuse_secrets(config: Config) -> None:
    """Raise ConfigError for a configuration with a secret in it: jobs read it from a file."""
    section = msgspec.json.decode(msgspec.json.encode(config))
    key = _changed(section, redact_config(section))
    if key is not None:
        raise ConfigError(
            f"{key} holds a secret, and jobs read their configurations from a file; put it into an "
            f"environment variable and name that: {key.partition('.')[0]}.api_key_env=NAME"
        )


def _changed(before: object, after: object, path: str = "") -> str | None:
    """Return the path of the first value that differs."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before:
            found = _changed(before[key], after[key], f"{path}.{key}" if path else str(key))
            if found is not None:
                return found
        return None
    return path if before != after else None


def _distinct(runs: Sequence[Prepared]) -> list[Prepared]:
    """Return `runs` without those that stand there twice.

    Raises ConfigError for two that differ and would work on the same folder side by side.
    """
    known: dict[tuple[Path, str | None], Prepared] = {}
    for run in runs:
        other = known.setdefault((run.folder.path, run.config.run.shard), run)
        if other.config != run.config:
            raise ConfigError(
                f"two jobs would work on {run.folder.path}: what they ask is the same; run one, "
                "and grade its predictions again: `evalrun rescore RUN scorer=NAME`"
            )
    return list(known.values())


def _jobs(runs: Sequence[Prepared], shards: int) -> Iterator[Job]:
    index = 0
    for run, name in zip(runs, names_of(runs), strict=True):
        for config in _shards(run.config, shards):
            yield Job(
                index=index,
                name=name,
                folder=str(run.folder.path),
                planned=_planned(run),
                shard=config.run.shard,
                complete=run.is_complete,
                config=msgspec.to_builtins(config),
            )
            index += 1


def _planned(run: Prepared) -> int:
    """Return how many samples a run asks; a complete one has its plan on disk."""
    plan = run.plan or (run.status and run.status.plan)
    return plan.total if plan else 0


def _shards(config: Config, count: int) -> Iterator[Config]:
    """Yield the configurations of the shards of a run, or its own. Raises ConfigError."""
    if count == 1:
        yield config
        return
    if config.run.shard is not None:
        raise ConfigError("launcher.shards makes the shards itself: leave out run.shard")
    for index in range(1, count + 1):
        options = msgspec.structs.replace(config.run, shard=str(Shard(index, count)))
        yield msgspec.structs.replace(config, run=options)


def _head(launcher: Section, asked: Asked) -> Sweep:
    return Sweep(
        created_at=now(),
        evalrun=version("evalrun"),
        cwd=str(Path.cwd()),
        command=tuple(map(redact_message, asked.command)),
        recipes=asked.recipes,
        launcher=launcher,
    )


def _new_folder(configs: Sequence[Config]) -> SweepFolder:
    """Make the folder of a sweep, called after its recipe and the time. Raises StoreError."""
    recipes = {config.recipe.name for config in configs}
    name = f"{slug(recipes.pop()) if len(recipes) == 1 else 'sweep'}-{datetime.now():%Y%m%d-%H%M%S}"
    place = Path(configs[0].outputs).absolute() / "sweeps"
    number = 1
    while True:
        path = place / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise StoreError(
                f"cannot create {path}: {error.strerror}; choose another place: outputs=DIR"
            ) from None
        else:
            return SweepFolder(path)
