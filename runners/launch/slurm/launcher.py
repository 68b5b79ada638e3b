"""`launcher=slurm`: jobs of a sweep as job arrays, through submitit."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ....core.errors import ConfigError, EvalrunError, MissingExtraError
from ....core.interfaces import Problem
from ....core.suggest import did_you_mean
from ..launcher import Standing
from ..resources import resources_of
from ..sweep import Job, SweepFolder
from .commands import SlurmRefusalError, reason_in, setting, slurm
from .handles import compressed
from .options import SlurmOptions, check, parameters
from .standings import Standings
from .supervisor import Supervisor
from .verdict import files_of

# SLURM's own default of MaxArraySize.
_ARRAY_SIZE = 1001
_NODE_LOCAL = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - nothing is written there


class SlurmLauncher:
    """Submits jobs to SLURM, asks it about them and cancels them.

    Jobs that need the same of a node become one array, or several where the cluster's arrays are
    smaller. A handle is SLURM's own name of a job: "1234_5" in an array, else "1234".
    """

    Options = SlurmOptions
    elsewhere = True

    def __init__(self, options: SlurmOptions) -> None:
        """Raise ConfigError for keys that exclude each other, or that no job can be given."""
        check(options)
        self.options = options

    def problems(self) -> Sequence[Problem]:
        """Say what of SLURM and submitit is missing here, or that the partition is."""
        missing = [name for name in ("sbatch", "srun", "squeue") if shutil.which(name) is None]
        if missing:
            what = f"launcher=slurm: {missing[0]} is not on this machine"
            return [Problem(what, "submit from a login node of the cluster, or launcher=local")]
        if importlib.util.find_spec("submitit") is None:
            what, _, remedy = str(MissingExtraError("launcher=slurm", "slurm")).partition(": ")
            return [Problem(what, remedy)]
        try:
            return _partition_problems(self.options.partition)
        except SlurmRefusalError as error:
            return [Problem(f"launcher=slurm: {error}", "ask again when the cluster answers")]

    def submit(self, sweep: SweepFolder, jobs: Sequence[Job]) -> Iterator[Mapping[int, str]]:
        """Submit jobs as arrays, and yield the handles of each array that is taken.

        Raises EvalrunError with SLURM's words where it refuses one; those behind it are not tried.
        """
        _refuse_unshared(sweep.path.absolute())
        at_most = int(setting("MaxArraySize") or _ARRAY_SIZE)
        for told, alike in self._alike(jobs, sweep.path.name):
            for first in range(0, len(alike), at_most):
                chunk = alike[first : first + at_most]
                yield dict(zip(chunk, self._array(sweep, told, chunk), strict=True))

    def standings(self, sweep: SweepFolder, handles: Collection[str]) -> Mapping[str, Standing]:
        """Return how jobs stand: by squeue, sacct where there is accounting, and earlier answers.

        Raises EvalrunError where SLURM does not answer.
        """
        return Standings(sweep.path).of(handles)

    def cancel(self, sweep: SweepFolder, handles: Collection[str]) -> None:
        """Cancel jobs: who waits is gone at once, who runs ends within the cluster's KillWait.

        Raises EvalrunError.
        """
        if handles:
            slurm("scancel", *compressed(handles))
            Standings(sweep.path).note_cancelled(handles)

    def _alike(self, jobs: Iterable[Job], sweep: str) -> Iterator[tuple[dict[str, Any], list[int]]]:
        """Yield what submitit is told of jobs that need the same, with the indices of these."""
        groups: dict[str, tuple[dict[str, Any], list[int]]] = {}
        for job in jobs:
            told = parameters(self.options, resources_of(job.read_config()), sweep)
            groups.setdefault(repr(told), (told, []))[1].append(job.index)
        yield from groups.values()

    def _array(
        self, sweep: SweepFolder, told: Mapping[str, Any], indices: Sequence[int]
    ) -> list[str]:
        """Submit one array, and return its handles in the order of `indices`."""
        from submitit import SlurmExecutor
        from submitit.core.utils import FailedJobError, FailedSubmissionError

        path = sweep.path.absolute()
        executor = SlurmExecutor(
            files_of(path),
            max_num_timeout=self.options.max_num_timeout,
            python=self.options.python,
        )
        executor.update_parameters(**told)
        supervisor = Supervisor(self.options.signal_delay_s)
        try:
            with contextlib.redirect_stderr(io.StringIO()):  # the error holds the same
                submitted = executor.map_array(supervisor, [str(path)] * len(indices), indices)
        except (FailedJobError, FailedSubmissionError) as error:
            raise _refused(str(error), len(indices)) from None
        return [job.job_id for job in submitted]


def _refuse_unshared(path: Path) -> None:
    """Raise ConfigError for a sweep below a folder that each node has of its own.

    On a cluster of one node all is shared. Raises SlurmRefusalError.
    """
    place = next((one for one in _NODE_LOCAL if path.is_relative_to(one)), None)
    nodes = set(slurm("sinfo", "--noheader", "--Node", "--format=%N").split()) if place else ()
    if len(nodes) > 1:
        raise ConfigError(
            f"{path}: every node has a {place} of its own, and jobs would not find the sweep; "
            "outputs=DIR on a disk that they share"
        )


def _partition_problems(partition: str | None) -> list[Problem]:
    """Return that the cluster has no such partition, if it has not. Raises SlurmRefusalError."""
    known = slurm("sinfo", "--noheader", "--format=%R").split()
    unknown = [name for name in (partition or "").split(",") if name and name not in known]
    return [
        Problem(f"launcher.partition={name}: the cluster has no such", did_you_mean(name, known))
        for name in unknown
    ]


def _refused(stderr: str, jobs: int) -> EvalrunError:
    reason = reason_in(stderr)
    return SlurmRefusalError(
        f"SLURM refuses {jobs} jobs: {reason}; mend this, and `evalrun sweep retry` submits them"
    )
