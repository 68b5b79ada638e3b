"""The section `launcher` of `launcher=slurm`, and what submitit is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import field

from ....core.errors import ConfigError
from ....core.schema import NonNegative, Positive
from ..launcher import LauncherOptions
from ..resources import Resources

# Where neither the launcher nor a model says how long a job may take: hydra-submitit-launcher's.
_TIMEOUT_MIN = 60
# Of each of these, SLURM takes one.
_MEMORY = ("mem_gb", "mem_per_gpu", "mem_per_cpu")
_GPUS = ("gpus_per_node", "gpus_per_task", "gres")
_CPUS = ("cpus_per_task", "cpus_per_gpu")
_TAKEN_ON = (
    *_MEMORY,
    *_GPUS,
    *_CPUS,
    "partition",
    "qos",
    "account",
    "constraint",
    "exclude",
    "comment",
    "signal_delay_s",
    "stderr_to_stdout",
    "array_parallelism",
    "additional_parameters",
)

# Keys of hydra-submitit-launcher that have one value here, and why.
FIXED: Mapping[str, tuple[Any, str]] = {
    "nodes": (1, "a run takes place on one node; launcher.shards=N spreads it over N jobs"),
    "tasks_per_node": (1, "a job is one process; launcher.shards=N makes N jobs of a run"),
    "stderr_to_stdout": (True, "a job's log holds both, in the order in which they came"),
    "submitit_folder": (None, "submitit's files lie in the sweep folder, below slurm/"),
}


class SlurmOptions(LauncherOptions, frozen=True):
    """The section `launcher` of `launcher=slurm`: the keys of hydra-submitit-launcher, and ours.

    - `name`: chooses the launcher; what squeue shows is `job_name`.
    - `job_name`: what squeue shows; the name of the sweep folder when not given.
    - `partition`, `qos`, `account`, `constraint`, `exclude`, `comment`: as for sbatch.
    - `timeout_min`: how long a job may take at a time; of the models' `resources`, else 60.
    - `gpus_per_node`, `cpus_per_task`, `mem_gb`: what a job gets; of the models' `resources`.
    - `gpus_per_task`, `gres`: instead of `gpus_per_node`.
    - `cpus_per_gpu`: instead of `cpus_per_task`, beside `gpus_per_task`.
    - `mem_per_gpu`, `mem_per_cpu`: instead of `mem_gb`, with their unit: 80GB.
    - `nodes`, `tasks_per_node`: 1; `shards` spreads a run.
    - `stderr_to_stdout`: true; a job's log holds both.
    - `submitit_folder`: null; submitit's files lie in the sweep folder.
    - `signal_delay_s`: so long before its time is up a job is told to end, and queued again.
    - `max_num_timeout`: how often a job is queued again after its time was up.
    - `array_parallelism`: so many jobs of an array run at a time.
    - `setup`: shell commands before a job's own.
    - `additional_parameters`: further options of sbatch, without their dashes.
    - `python`: the command that starts Python on a node, as within a container.
    """

    job_name: str | None = None
    partition: str | None = None
    qos: str | None = None
    account: str | None = None
    constraint: str | None = None
    exclude: str | None = None
    gres: str | None = None
    comment: str | None = None
    timeout_min: Positive | None = None
    gpus_per_node: NonNegative | None = None
    gpus_per_task: NonNegative | None = None
    cpus_per_task: Positive | None = None
    cpus_per_gpu: Positive | None = None
    mem_gb: Positive | None = None
    mem_per_gpu: str | None = None
    mem_per_cpu: str | None = None
    nodes: Positive = 1
    tasks_per_node: Positive = 1
    stderr_to_stdout: bool = True
    submitit_folder: str | None = None
    signal_delay_s: Positive = 120
    max_num_timeout: NonNegative = 10
    array_parallelism: Positive = 256
    setup: tuple[str, ...] | None = None
    additional_parameters: dict[str, str | int | float | bool] = field(
        default_factory=dict[str, "str | int | float | bool"]
    )
    python: str | None = None


def check(options: SlurmOptions) -> None:
    """Refuse what no job can be given. Raises ConfigError naming the key."""
    for key, (only, reason) in FIXED.items():
        if getattr(options, key) != only:
            raise ConfigError(f"launcher.{key}={getattr(options, key)}: {reason}")
    for rivals in (_MEMORY, _GPUS, _CPUS):
        said = [key for key in rivals if getattr(options, key) is not None]
        if len(said) > 1:
            raise ConfigError(f"launcher.{said[0]} and launcher.{said[1]} exclude each other")
    if options.cpus_per_gpu is not None and options.gpus_per_task is None:
        raise ConfigError("launcher.cpus_per_gpu counts with launcher.gpus_per_task: say both")


def parameters(options: SlurmOptions, needs: Resources, job_name: str) -> dict[str, Any]:
    """Return what submitit's SlurmExecutor is told of jobs that need `needs`: sbatch's options."""
    told = {key: getattr(options, key) for key in _TAKEN_ON}
    for rivals in (_MEMORY, _GPUS, _CPUS):
        if all(told[key] is None for key in rivals):
            told[rivals[0]] = getattr(needs, rivals[0])
    if memory := told.pop("mem_gb"):
        told["mem"] = f"{memory}GB"
    # A job that is queued again goes on in its log.
    told["srun_args"] = ["--open-mode=append"]
    if cpus := told["cpus_per_task"]:
        # srun of SLURM 22.05 to 23.02 takes one processor unless it is told again.
        told["srun_args"].append(f"--cpus-per-task={cpus}")
    told["time"] = options.timeout_min or needs.timeout_min or _TIMEOUT_MIN
    told["job_name"] = options.job_name or job_name
    told["setup"] = list(options.setup) if options.setup else None
    # No GPU at all is not said either: a cluster without GPUs refuses to hear of them.
    unsaid = {key for key in _GPUS if not told[key]}
    return {key: value for key, value in told.items() if value is not None and key not in unsaid}
