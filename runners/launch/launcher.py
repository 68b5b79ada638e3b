"""What starts jobs and knows of them: a cluster's scheduler, or a process of our own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from ...core.interfaces import Problem
from ...core.schema import Options, Positive
from .sweep import Job, SweepFolder


class LauncherOptions(Options, frozen=True):
    """What every launcher takes.

    - `shards`: so many jobs share each run.
    - `offline`: jobs have no network; runs that need it are refused at submission.
    - `scratch`: a folder of the node that a job copies weights and data to before it starts.
    """

    name: str
    shards: Positive = 1
    offline: bool = False
    scratch: str | None = None


class Standing(msgspec.Struct, frozen=True):
    """How a launcher sees a job: `reason` is why it waits, or how it ended.

    `ended` jobs are those of which the launcher remembers how: out of time, say.
    """

    state: Literal[
        "waiting", "running", "timeout", "out_of_memory", "node_failed", "cancelled", "ended"
    ]
    reason: str | None = None


class Launcher(Protocol):
    """Takes jobs, and tells how they stand. An implementation names its `LauncherOptions`.

    A launcher's `handle` of a job is a text of its own that stays true when the job is started
    again by itself, as after a preemption. Jobs that take place `elsewhere` do not need what this
    machine lacks.
    """

    elsewhere: bool

    @property
    def options(self) -> LauncherOptions:
        """Return how jobs are launched."""
        ...

    def problems(self) -> Sequence[Problem]:
        """Say what keeps jobs from being submitted here."""
        ...

    def submit(self, sweep: SweepFolder, jobs: Sequence[Job]) -> Iterator[Mapping[int, str]]:
        """Submit jobs, and yield their handles by their index, as soon as some are taken.

        Returns as soon as all are taken; none is waited for. Raises EvalrunError for what it is
        that the launcher refuses.
        """
        ...

    def standings(self, sweep: SweepFolder, handles: Collection[str]) -> Mapping[str, Standing]:
        """Return how jobs stand, in one question for all; what is not known any more is absent.

        Raises EvalrunError where the launcher cannot be asked.
        """
        ...

    def cancel(self, sweep: SweepFolder, handles: Collection[str]) -> None:
        """Stop jobs, cleanly if they end within their grace time. Raises EvalrunError."""
        ...
