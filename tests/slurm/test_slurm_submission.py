"""What `launcher=slurm` hands to SLURM, what SLURM says of it, and what it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from rows import read_jsonl, recorded_world
from slurm.cluster import Cluster, until
from slurm.user import User

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(300)]

HELD = "launcher.additional_parameters.begin=now+1hour"


@pytest.fixture
def recorded(user: User) -> list[str]:
    """Write rows and replies, and return the overrides that run them."""
    return recorded_world(user.folder, 9, wrong=[2])


def script(folder: Path) -> str:
    """Return what sbatch was given for the only array of the only sweep."""
    (path,) = folder.glob("outputs/sweeps/*/slurm/*_submission.sh")
    return path.read_text()


def test_jobs_are_arrays_no_larger_than_the_cluster_takes(
    user: User, recorded: list[str], cluster: Cluster
) -> None:
    user.submit(*recorded, f"run.seed={','.join(map(str, range(12)))}")
    handles = [str(state.handle) for state in user.states().values()]
    arrays = [handle.partition("_")[0] for handle in handles]
    assert [arrays.count(array) for array in dict.fromkeys(arrays)] == [10, 2]
    user.wait_until_complete()
    # A job tells of its end a moment before SLURM knows.
    until(lambda: all(cluster.jobs()[handle] == "COMPLETED" for handle in handles), "all ended")


def test_a_run_in_shards_is_one_array_and_the_table_of_a_whole_run(
    user: User, recorded: list[str]
) -> None:
    user.submit(*recorded, "launcher.shards=3")
    assert len(user.states()) == 3
    assert "#SBATCH --array=0-2%3" in script(user.folder)
    user.wait_until_complete()
    whole = user.evalrun(*recorded, "outputs=here")
    assert whole.returncode == 0, whole.stderr
    tables = (
        user.sweep("table", "--format", "csv"),
        user.evalrun("table", "here", "--format", "csv"),
    )
    assert tables[0].stdout == tables[1].stdout != ""


def test_a_job_gets_what_its_model_needs_unless_the_launcher_says_otherwise(
    user: User, recorded: list[str], cluster: Cluster
) -> None:
    done = user.evalrun(*recorded, "launcher=slurm", "launcher.mem_gb=3", HELD)
    assert done.returncode == 0, done.stderr
    told = script(user.folder)
    for line in ("--mem=3GB", "--cpus-per-task=2", "--time=60", "--signal=USR2@120"):
        assert f"#SBATCH {line}" in told
    assert "gpu" not in told
    assert cluster.detail(str(user.states()[0].handle), "MinMemoryNode") == "3G"


def test_gpus_are_those_of_the_model(user: User, recorded: list[str], cluster: Cluster) -> None:
    user.submit(*recorded, "model.resources.gpus_per_node=3")
    handle = str(user.states()[0].handle)
    assert cluster.detail(handle, "TresPerNode") == "gres:gpu:3"
    user.wait_until_complete()


def test_a_step_has_all_processors_of_its_job(
    user: User, recorded: list[str], cluster: Cluster
) -> None:
    user.submit(*recorded, "launcher.cpus_per_task=3", "launcher.setup=['sleep 0']")
    user.wait_until_complete()
    assert "srun --unbuffered" in script(user.folder)
    assert "--cpus-per-task=3" in script(user.folder).partition("srun")[2]


def test_status_says_why_jobs_wait(user: User, recorded: list[str]) -> None:
    user.submit(*recorded, "run.seed=0,1,2", "launcher.array_parallelism=1", HELD)
    assert {state.state for state in user.states().values()} == {"waiting"}
    assert {state.reason for state in user.states().values()} <= {"BeginTime", "Dependency", None}
    until(lambda: user.states()[0].reason == "BeginTime", "the reason is known")


def test_waiting_jobs_that_are_cancelled_vanish_and_a_retry_submits_them(
    user: User, recorded: list[str], cluster: Cluster
) -> None:
    user.submit(*recorded, "run.seed=0,1,2", HELD)
    assert user.sweep("cancel", "--jobs", "0,2").returncode == 0
    states = [state.state for state in user.states().values()]
    assert states == ["cancelled", "waiting", "cancelled"]
    user.sweep("cancel")
    until(lambda: not cluster.run("squeue", "--noheader").strip(), "nothing is left")
    assert {state.state for state in user.states().values()} == {"cancelled"}
    retried = user.sweep("retry", "launcher.additional_parameters={}")
    assert retried.returncode == 0, retried.stderr
    user.wait_until_complete()


def test_what_sbatch_refuses_is_one_line_and_can_be_retried(
    user: User, recorded: list[str]
) -> None:
    asked = [*recorded, "launcher=slurm", "launcher.cpus_per_task=1", "launcher.mem_gb=500"]
    refused = user.evalrun(*asked)
    assert refused.returncode == 1
    lines = [line for line in refused.stderr.splitlines() if "SLURM refuses" in line]
    assert len(lines) == 1
    assert "Memory specification can not be satisfied" in lines[0]
    assert "sbatch:" not in refused.stderr
    assert user.states()[0].state == "not_submitted"
    assert user.sweep("retry", "launcher.mem_gb=1").returncode == 0
    user.wait_until_complete()


def test_an_unknown_partition_is_told_before_anything_is_written(
    user: User, recorded: list[str]
) -> None:
    done = user.evalrun(*recorded, "launcher=slurm", "launcher.partition=hihg")
    assert done.returncode == 2
    assert "launcher.partition=hihg" in done.stderr
    assert "did you mean 'high'?" in done.stderr
    assert not (user.folder / "outputs").exists()


def test_a_run_with_failed_samples_is_no_failed_job(
    user: User, recorded: list[str], cluster: Cluster
) -> None:
    replies = user.folder / "replies.jsonl"
    replies.write_text("".join(replies.read_text().splitlines(keepends=True)[:-1]))
    user.submit(*recorded)
    assert user.sweep("wait", "--poll", "0.2").returncode == 1
    state = user.states()[0]
    assert state.state == "failed_samples"
    assert cluster.jobs()[str(state.handle)] == "COMPLETED"


@pytest.mark.parametrize("library", ["rich", "submitit"])
def test_a_job_that_cannot_start_says_why(user: User, recorded: list[str], library: str) -> None:
    broken = user.folder / "broken" / library
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('no such library here')\n")
    user.submit(*recorded, f"launcher.setup=['export PYTHONPATH={broken.parent}']")
    assert user.sweep("wait", "--poll", "0.2").returncode == 1
    state = user.states()[0]
    assert state.state in {"lost", "failed"}
    assert "no such library here" in str(state.reason)


def test_the_command_that_starts_python_can_be_told(user: User, recorded: list[str]) -> None:
    user.submit(*recorded, f"launcher.python='env WHERE=container {sys.executable}'")
    user.wait_until_complete()
    assert "env WHERE=container" in script(user.folder)
    ((record),) = user.folder.glob("outputs/sweeps/*/jobs/0/record.jsonl")
    assert read_jsonl(record)[-1]["ending"] == "complete"


def test_ends_are_remembered_when_slurm_has_forgotten_them(
    user: User, recorded: list[str], cluster: Cluster
) -> None:
    user.submit(*recorded, HELD)
    cluster.run("scancel", str(user.states()[0].handle))
    assert user.states()[0].state == "cancelled"
    (memory,) = user.folder.glob("outputs/sweeps/*/slurm/standings.json")
    assert json.loads(memory.read_text()).popitem()[1]["state"] == "cancelled"
    cluster.stop_controller()
    try:
        assert user.states()[0].state == "cancelled"
    finally:
        cluster.start_controller()
