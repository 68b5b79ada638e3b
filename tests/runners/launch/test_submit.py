"""What is written of a sweep, and what is refused before anything is."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from sweep_world import recorded_config

from evalrun.core.config import Config
from evalrun.core.errors import ConfigError, StoreError
from evalrun.runners.launch.local.launcher import LocalLauncher, LocalOptions
from evalrun.runners.launch.registry import launcher_of, launches_jobs
from evalrun.runners.launch.submit import Asked, submit_sweep
from evalrun.runners.launch.sweep import SweepFolder, find_sweep, list_sweeps

LOCAL = {"name": "local", "parallel": 1, "shards": 1}


class Untaken(LocalLauncher):
    """Queues jobs for a background process that is never started."""

    def submit(self, sweep, jobs):
        from evalrun.runners.launch.local.queue import Queue

        yield Queue(sweep).add(jobs)


@pytest.fixture(autouse=True)
def queued_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    def launcher(section: dict[str, object]) -> Untaken:
        return Untaken(msgspec.convert(section, LocalOptions))

    monkeypatch.setattr("evalrun.runners.launch.submit.launcher_of", launcher)


def with_launcher(config: Config, **options: object) -> Config:
    return msgspec.structs.replace(config, launcher={**LOCAL, **options})


def submitted(*configs: Config) -> SweepFolder:
    return submit_sweep([with_launcher(one) for one in configs], Asked(("recipe=file",))).sweep


def test_every_configuration_becomes_a_job_that_can_be_read_again(tmp_path: Path) -> None:
    configs = [recorded_config(tmp_path, f"run.seed={seed}") for seed in (1, 2)]
    sweep = submitted(*configs)
    jobs = list(sweep.read_whole_jobs([0, 1]))
    assert [job.read_config() for job in jobs] == [with_launcher(one) for one in configs]
    assert [job.name for job in jobs] == [
        "file recorded run.seed=1",
        "file recorded run.seed=2",
    ]
    assert [job.planned for job in jobs] == [2, 2]
    assert {one.handle for one in sweep.read_submissions().values()} == {"local-0", "local-1"}
    head = sweep.read_head()
    assert (head.cwd, head.command, head.launcher) == (str(tmp_path), ("recipe=file",), LOCAL)


def test_shards_are_jobs_of_one_run(tmp_path: Path) -> None:
    config = with_launcher(recorded_config(tmp_path), shards=3)
    sweep = submit_sweep([config], Asked(())).sweep
    jobs = list(sweep.read_whole_jobs(range(3)))
    assert [job.shard for job in jobs] == ["1/3", "2/3", "3/3"]
    assert [job.read_config().run.shard for job in jobs] == ["1/3", "2/3", "3/3"]
    assert len({job.folder for job in jobs}) == 1


def test_shards_that_a_user_names_are_jobs_side_by_side(tmp_path: Path) -> None:
    configs = [recorded_config(tmp_path, f"run.shard={shard}") for shard in ("1/2", "2/2")]
    assert [job.shard for job in submitted(*configs).read_jobs()] == ["1/2", "2/2"]


def test_a_shard_of_shards_is_refused(tmp_path: Path) -> None:
    config = with_launcher(recorded_config(tmp_path, "run.shard=1/2"), shards=3)
    with pytest.raises(ConfigError, match=r"leave out run\.shard"):
        submit_sweep([config], Asked(()))


def test_sweeps_of_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    config = recorded_config(tmp_path)
    made = [submitted(config) for _ in range(3)]
    assert len({sweep.path for sweep in made}) == 3
    assert {sweep.path for sweep in list_sweeps(Path("outputs").absolute())} == {
        sweep.path for sweep in made
    }
    assert find_sweep(None, Path("outputs")).path in {sweep.path for sweep in made}


def test_the_same_run_twice_is_one_job(tmp_path: Path) -> None:
    config = recorded_config(tmp_path)
    assert len(submitted(config, config).read_jobs()) == 1


def test_runs_that_would_work_on_one_folder_side_by_side_are_refused(tmp_path: Path) -> None:
    one, other = recorded_config(tmp_path), recorded_config(tmp_path, "scorer=f1")
    with pytest.raises(ConfigError, match=r"two jobs would work on .*evalrun rescore"):
        submitted(one, other)
    assert not Path("outputs").exists()


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"api_key": "very-secret"}, "model.api_key"),
        ({"extra": {"headers": {"X-Lab": "very-secret"}}}, "model.extra.headers.X-Lab"),
        ({"api_base": "https://me:very-secret@host/v1"}, "model.api_base"),
    ],
)
def test_a_secret_is_named_and_never_written(
    tmp_path: Path, section: dict[str, object], key: str
) -> None:
    config = recorded_config(tmp_path)
    secret = msgspec.structs.replace(config, model={**config.model, **section})
    with pytest.raises(ConfigError) as caught:
        submitted(secret)
    assert str(caught.value).startswith(f"{key} holds a secret")
    assert "model.api_key_env=NAME" in str(caught.value)
    assert "very-secret" not in str(caught.value)
    assert not Path("outputs").exists()


def test_jobs_without_network_are_refused_what_asks_a_server(tmp_path: Path) -> None:
    config = recorded_config(tmp_path)
    section = {"engine": "openai", "name": "m", "api_base": "https://api.example.org/v1"}
    asking = msgspec.structs.replace(config, model=section)
    with pytest.raises(ConfigError, match=r"offline=true: 1 of 2 runs ask api\.example\.org"):
        submit_sweep([with_launcher(one, offline=True) for one in (config, asking)], Asked(()))
    assert not Path("outputs").exists()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "outputs").write_text("a file", encoding="utf-8")
    with pytest.raises(StoreError, match=r"cannot create .*; choose another place: outputs=DIR"):
        submitted(recorded_config(tmp_path))


def test_a_sweep_without_its_head_is_not_one(tmp_path: Path) -> None:
    sweep = submitted(recorded_config(tmp_path))
    sweep.head.unlink()
    assert list_sweeps(Path("outputs").absolute()) == []
    with pytest.raises(ConfigError, match=r"no sweep below outputs/sweeps"):
        find_sweep(None, Path("outputs"))


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"name": "slum"}, "unknown launcher 'slum': did you mean 'slurm'?"),
        ({"name": "local", "paralel": 2}, "did you mean 'parallel'?"),
        ({"name": "local", "parallel": 0}, "launcher.parallel: expected int >= 1"),
        ({"name": "basic", "parallel": 2}, "jobs need launcher=NAME"),
    ],
)
def test_a_faulty_launcher_is_one_line_with_the_nearest_valid_name(
    tmp_path: Path, section: dict[str, object], message: str
) -> None:
    config = msgspec.structs.replace(recorded_config(tmp_path), launcher=section)
    with pytest.raises(ConfigError) as caught:
        launches_jobs([config])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_runs_of_one_command_are_launched_alike(tmp_path: Path) -> None:
    config = recorded_config(tmp_path)
    assert launches_jobs([config]) is False
    assert launches_jobs([with_launcher(config)] * 2) is True
    with pytest.raises(ConfigError, match=r"launched alike.*model\.resources"):
        launches_jobs([config, with_launcher(config)])


def test_a_launcher_knows_its_options() -> None:
    assert launcher_of(LOCAL).options == LocalOptions(name="local")


def test_configurations_are_whole_in_their_file(tmp_path: Path) -> None:
    sweep = submitted(recorded_config(tmp_path))
    (line,) = sweep.jobs.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["config"]["recipe"]["name"] == "file"
