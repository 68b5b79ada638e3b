"""`launcher=slurm` without a cluster: its keys, what submitit is told, and what SLURM's words mean.

Where SLURM's commands are needed, scripts in their place say what SLURM 22.05 says.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_world import jobs_of, new_sweep, recorded_config

from evalrun.core.errors import ConfigError, EvalrunError
from evalrun.core.options import to_options
from evalrun.runners.launch.launcher import Standing
from evalrun.runners.launch.resources import Resources
from evalrun.runners.launch.slurm.handles import compressed, expanded
from evalrun.runners.launch.slurm.launcher import SlurmLauncher
from evalrun.runners.launch.slurm.options import FIXED, SlurmOptions, parameters
from evalrun.runners.launch.slurm.standings import Standings
from evalrun.runners.launch.slurm.verdict import files_of, forget_verdict, write_verdict
from evalrun.runners.launch.sweep import SweepFolder

# The keys of hydra-submitit-launcher 1.2.0: SlurmQueueConf and its base, in its config.py. `name`
# chooses evalrun's launcher; the job's name is `job_name`. `_target_` is Hydra's own.
PLUGIN_KEYS = (
    "submitit_folder",
    "timeout_min",
    "cpus_per_task",
    "gpus_per_node",
    "tasks_per_node",
    "mem_gb",
    "nodes",
    "name",
    "stderr_to_stdout",
    "partition",
    "qos",
    "comment",
    "constraint",
    "exclude",
    "gres",
    "cpus_per_gpu",
    "gpus_per_task",
    "mem_per_gpu",
    "mem_per_cpu",
    "account",
    "signal_delay_s",
    "max_num_timeout",
    "additional_parameters",
    "array_parallelism",
    "setup",
)

Commands = Callable[..., None]


def options(**keys: object) -> SlurmOptions:
    return to_options({"name": "slurm", **keys}, SlurmOptions, "launcher")


def told(needs: Resources | None = None, **keys: object) -> dict[str, object]:
    return parameters(options(**keys), needs or Resources(), "swept")


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Put scripts in the place of SLURM's commands; each notes that it was called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def put(name: str, says: str, *, code: int = 0, errors: str = "") -> None:
        (folder / f"{name}.txt").write_text(says)
        (folder / f"{name}.err").write_text(errors)
        (folder / name).write_text(
            f'#!/bin/sh\necho "$@" >>{folder}/{name}.calls\n'
            f"cat {folder}/{name}.txt\ncat {folder}/{name}.err >&2\nexit {code}\n"
        )
        (folder / name).chmod(0o755)

    return put


def calls(folder: Path, name: str) -> list[str]:
    path = folder / "bin" / f"{name}.calls"
    return path.read_text().splitlines() if path.exists() else []


def standings(sweep: Path, *handles: str) -> dict[str, Standing]:
    files_of(sweep).mkdir(exist_ok=True)
    return dict(Standings(sweep).of(handles))


@pytest.mark.parametrize("key", PLUGIN_KEYS)
def test_every_key_of_the_hydra_plugin_is_taken(key: str) -> None:
    assert key in SlurmOptions.__struct_fields__


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("nodes", 2),
        ("tasks_per_node", 4),
        ("stderr_to_stdout", False),
        ("submitit_folder", "here"),
    ],
)
def test_keys_with_one_value_are_refused_with_the_reason(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"^launcher\.{key}=") as refused:
        SlurmLauncher(options(**{key: value}))
    assert FIXED[key][1] in str(refused.value)


def test_an_unknown_key_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"launcher.partitoin.*partition"):
        options(partitoin="gpu")


@pytest.mark.parametrize(
    "keys",
    [
        {"mem_gb": 8, "mem_per_cpu": "4GB"},
        {"gpus_per_node": 1, "gres": "gpu:a100:1"},
        {"cpus_per_task": 8, "cpus_per_gpu": 8},
        {"cpus_per_gpu": 8},
    ],
)
def test_keys_that_exclude_each_other_are_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"launcher\."):
        SlurmLauncher(options(**keys))


def test_a_model_says_what_a_job_needs_and_the_launcher_has_the_last_word() -> None:
    needs = Resources(gpus_per_node=4, cpus_per_task=16, mem_gb=192, timeout_min=720)
    assert told(needs, mem_gb=256, account="lab") == {
        "job_name": "swept",
        "gpus_per_node": 4,
        "cpus_per_task": 16,
        "srun_args": ["--open-mode=append", "--cpus-per-task=16"],
        "mem": "256GB",
        "time": 720,
        "account": "lab",
        "signal_delay_s": 120,
        "stderr_to_stdout": True,
        "array_parallelism": 256,
        "additional_parameters": {},
    }


@pytest.mark.parametrize(
    ("key", "value", "replaced"),
    [
        ("gres", "gpu:a100:2", "gpus_per_node"),
        ("gpus_per_task", 2, "gpus_per_node"),
        ("mem_per_gpu", "80GB", "mem"),
        ("mem_per_cpu", "4GB", "mem"),
    ],
)
def test_another_way_to_say_it_replaces_what_the_model_says(
    key: str, value: object, replaced: str
) -> None:
    said = told(Resources(gpus_per_node=1, mem_gb=64), **{key: value})
    assert said[key] == value
    assert replaced not in said


def test_a_job_without_gpus_does_not_mention_them() -> None:
    assert "gpus_per_node" not in told(Resources(gpus_per_node=0))


def test_a_job_of_which_nothing_is_known_has_an_hour() -> None:
    assert told()["time"] == 60


@given(st.sets(st.tuples(st.integers(1, 4), st.integers(0, 3000) | st.none())))
def test_compressed_names_mean_the_same_jobs(jobs: set[tuple[int, int | None]]) -> None:
    handles = {f"{array}" if task is None else f"{array}_{task}" for array, task in jobs}
    names = compressed(handles)
    assert {handle for name in names for handle in expanded(name)} == handles
    assert len(names) <= len(handles)


def test_a_run_of_tasks_is_a_range() -> None:
    assert compressed(["7_3", "7_1", "7_2", "7_9", "8"]) == ["8", "7_[1-3,9]"]


def test_tasks_that_wait_may_come_with_how_many_run_at_a_time() -> None:
    assert list(expanded("7_[1-3,9%2]")) == ["7_1", "7_2", "7_3", "7_9"]


@pytest.mark.parametrize(
    ("line", "standing"),
    [
        ("7|PENDING|Resources", Standing("waiting", "Resources")),
        ("7|PENDING|None", Standing("waiting")),
        ("7|CONFIGURING|None", Standing("waiting", "configuring")),
        ("7|RUNNING|None", Standing("running")),
        ("7|COMPLETING|None", Standing("running", "completing")),
        ("7|SUSPENDED|None", Standing("running", "suspended")),
        ("7|TIMEOUT|TimeLimit", Standing("timeout", "TimeLimit")),
        ("7|DEADLINE|None", Standing("timeout", "deadline")),
        ("7|OUT_OF_MEMORY|OutOfMemory", Standing("out_of_memory", "OutOfMemory")),
        ("7|NODE_FAIL|None", Standing("node_failed", "node fail")),
        ("7|BOOT_FAIL|None", Standing("node_failed", "boot fail")),
        ("7|CANCELLED|None", Standing("cancelled")),
        ("7|PREEMPTED|None", Standing("ended", "preempted")),
        ("7|FAILED|NonZeroExitCode", Standing("ended", "NonZeroExitCode")),
        ("7|COMPLETED|None", Standing("ended")),
        ("7|A_STATE_TO_COME|None", Standing("ended", "a state to come")),
    ],
)
def test_what_squeue_says_is_understood(
    line: str, standing: Standing, tmp_path: Path, commands: Commands
) -> None:
    commands("squeue", f"{line}\n8_1|RUNNING|None\n")
    assert standings(tmp_path, "7") == {"7": standing}


def test_accounts_are_asked_for_what_squeue_has_forgotten(
    tmp_path: Path, commands: Commands
) -> None:
    commands("squeue", "7_0|RUNNING|None\n")
    commands(
        "sacct", "7_0|RUNNING|None\n7_[1,4-6]|CANCELLED by 1000|None\n7_2|OUT_OF_MEMORY|None\n"
    )
    assert standings(tmp_path, "7_0", "7_1", "7_2", "7_3", "7_5") == {
        "7_0": Standing("running"),
        "7_1": Standing("cancelled"),
        "7_5": Standing("cancelled"),
        "7_2": Standing("out_of_memory"),
    }


def test_ends_are_remembered_when_slurm_forgets_them(tmp_path: Path, commands: Commands) -> None:
    commands("squeue", "7_0|TIMEOUT|TimeLimit\n7_1|CANCELLED|None\n")
    first = standings(tmp_path, "7_0", "7_1")
    commands("squeue", "7_1|RUNNING|None\n")
    assert standings(tmp_path, "7_0", "7_1") == {**first, "7_1": Standing("running")}
    commands("squeue", "", code=1, errors="slurm_load_jobs error: Unable to contact\n")
    assert standings(tmp_path, "7_0", "7_1") == first
    assert first["7_0"] == Standing("timeout", "TimeLimit")
    assert calls(tmp_path, "sacct") == []


def test_a_supervisor_knows_better_why_a_job_ended_but_not_whether_it_runs(
    tmp_path: Path, commands: Commands
) -> None:
    files_of(tmp_path).mkdir()
    known = Standing("timeout", "its time was up")
    for handle in ("7_0", "7_1", "7_2", "7_3"):
        write_verdict(tmp_path, handle, known)
    forget_verdict(tmp_path, "7_3")
    commands("squeue", "7_0|FAILED|NonZeroExitCode\n7_1|RUNNING|None\n")
    commands("sacct", "", code=1, errors="Slurm accounting storage is disabled\n")
    found = standings(tmp_path, "7_0", "7_1", "7_2", "7_3")
    assert found == {"7_0": known, "7_1": Standing("running"), "7_2": known}
    assert standings(tmp_path, "7_0", "7_1", "7_2", "7_3") == found


def test_a_single_job_that_is_forgotten_is_no_error(tmp_path: Path, commands: Commands) -> None:
    commands("squeue", "", code=1, errors="slurm_load_jobs error: Invalid job id specified\n")
    commands("sacct", "", code=1, errors="Slurm accounting storage is disabled\n")
    assert standings(tmp_path, "7") == {}


def test_a_controller_that_is_away_is_one_line(tmp_path: Path, commands: Commands) -> None:
    away = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n"
    commands("squeue", "", code=1, errors=away)
    with pytest.raises(EvalrunError) as raised:
        standings(tmp_path, "7_0")
    assert str(raised.value) == "squeue: Unable to contact slurm controller (connect failure)"


def test_a_thousand_jobs_are_one_question_and_little_work(
    tmp_path: Path, commands: Commands
) -> None:
    handles = [f"7_{task}" for task in range(1000)]
    commands("squeue", "".join(f"{handle}|PENDING|Priority\n" for handle in handles))
    began = time.perf_counter()
    found = standings(tmp_path, *handles)
    took_s = time.perf_counter() - began
    assert len(found) == 1000
    assert len(calls(tmp_path, "squeue")) == 1
    assert "--jobs=7" in calls(tmp_path, "squeue")[0].split()
    assert took_s < 0.5


def test_a_machine_without_slurm_says_what_to_do(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (problem,) = SlurmLauncher(options()).problems()
    assert "sbatch is not on this machine" in str(problem)
    assert "launcher=local" in str(problem)


def test_a_partition_that_is_not_there_is_a_problem(commands: Commands) -> None:
    pytest.importorskip("submitit")
    for name in ("sbatch", "srun", "squeue"):
        commands(name, "")
    commands("sinfo", "gpu\nlong\n")
    assert SlurmLauncher(options(partition="gpu,long")).problems() == []
    (problem,) = SlurmLauncher(options(partition="gpu,lnog")).problems()
    assert str(problem) == (
        "launcher.partition=lnog: the cluster has no such; did you mean 'long'?"
    )


def test_a_thousand_jobs_are_submitted_within_seconds(tmp_path: Path, commands: Commands) -> None:
    pytest.importorskip("submitit")
    commands("srun", "")
    commands("sbatch", "Submitted batch job 7\n")
    commands("scontrol", "MaxArraySize = 600\n")
    commands("sinfo", "node1\n")
    jobs = jobs_of([recorded_config(tmp_path)] * 1000)
    sweep = new_sweep(tmp_path, jobs, launcher="slurm")
    began = time.perf_counter()
    taken = list(SlurmLauncher(options()).submit(sweep, jobs))
    assert time.perf_counter() - began < 15
    assert [len(handles) for handles in taken] == [600, 400]
    assert list(taken[1].items())[-1] == (999, "7_399")
    assert len(list(files_of(sweep.path).glob("7_*_submitted.pkl"))) == 600


def test_a_sweep_on_a_disk_of_one_node_is_refused_where_there_are_more(
    commands: Commands,
) -> None:
    commands("sinfo", "node1\nnode1\nnode2\n")
    with pytest.raises(ConfigError, match="every node has a /tmp of its own"):
        next(SlurmLauncher(options()).submit(SweepFolder(Path("/tmp/outputs/sweeps/x")), []))
