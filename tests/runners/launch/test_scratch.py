"""Copies of weights and data on a disk of the node: whole, made once, and read by the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hub_cache import CONFIG, MODEL, WANTED, put_into_cache
from huggingface_hub import constants
from servers.hub_server import REPO, REVISION

from evalrun.core.config import Config
from evalrun.core.lease import Pace
from evalrun.core.scratch import VARIABLE
from evalrun.core.source import FileSource
from evalrun.models.local.weights import weights_folder, weights_revision
from evalrun.runners.build import build_benchmark, build_parts
from evalrun.runners.compose import Composer
from evalrun.runners.fetch import fetch
from evalrun.runners.launch.scratch import staged
from evalrun.runners.located import located

QUICK = Pace(beat_s=0.1, expiry_s=2.5, poll_s=0.02)
ROWS = b'{"context": "The code is 1.", "multi_turns": [{"input": "Code?", "answer": "1"}]}\n'


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder of weights, as far as it is looked at before it is loaded."""
    folder = tmp_path / "shared" / "tiny-llama"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "model.safetensors").write_bytes(b"weights" * 100)
    return folder


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A file of rows of the user's own."""
    path = tmp_path / "rows.jsonl"
    path.write_text('{"input": "Code?", "target": "1"}\n')
    return path


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


def config_of(rows: Path, weights: object) -> Config:
    overrides = ["recipe=file", f"benchmark.path={rows}", "model=llama3-8b", "model.device=cpu"]
    return Composer().compose([*overrides, f"model.weights={weights}"])


def copies(scratch: Path) -> list[str]:
    """The files in scratch, without the keys that they lie under."""
    own = scratch / f"evalrun-{os.getuid()}"
    files = (path.relative_to(own) for path in own.rglob("*") if path.is_file())
    return sorted(Path(*file.parts[1:]).as_posix() for file in files)


def quietly(config: Config, scratch: Path | str) -> dict[str, str]:
    told: list[str] = []
    environment = staged(config, str(scratch), tell=told.append, pace=QUICK, spare_bytes=0)
    assert told == []
    return environment


def folder_of(config: Config) -> Path:
    return located(config, build_parts(config)).folder.path


def test_a_folder_of_weights_is_copied_and_read_from_there(
    weights: Path, rows: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(rows, weights)
    before = folder_of(config)
    environment = quietly(config, scratch)
    own = scratch / f"evalrun-{os.getuid()}"
    assert environment == {VARIABLE: str(own)}
    assert copies(scratch) == [
        "shared/tiny-llama/config.json",
        "shared/tiny-llama/model.safetensors",
    ]
    assert weights_folder(str(weights)) == weights
    monkeypatch.setenv(VARIABLE, environment[VARIABLE])
    copy = weights_folder(str(weights))
    assert copy.is_relative_to(own)
    assert (copy / "model.safetensors").read_bytes() == b"weights" * 100
    assert folder_of(config) == before


def test_a_snapshot_of_the_hub_keeps_its_revision_and_the_runs_folder(
    rows: Path, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    snapshot = put_into_cache(tmp_path / "hub", {name: MODEL[name] for name in WANTED})
    config = config_of(rows, REPO)
    before = folder_of(config)
    monkeypatch.setenv(VARIABLE, quietly(config, scratch)[VARIABLE])
    assert copies(scratch) == sorted(f"snapshots/{REVISION}/{name}" for name in WANTED)
    copy = weights_folder(REPO)
    assert copy != snapshot
    assert not any(path.is_symlink() for path in copy.iterdir())
    assert (copy.name, weights_revision(REPO)) == (REVISION, REVISION)
    assert folder_of(config) == before


def fetched_data(tmp_path: Path) -> Config:
    """A run of official files that lie in a folder with a manifest."""
    official, data_dir = tmp_path / "official", tmp_path / "data"
    (official / "data").mkdir(parents=True)
    (official / "data" / "scbench_kv.jsonl").write_bytes(ROWS)
    revision = "a" * 40
    source = FileSource(hub=REPO, revision=revision, files=("data/*.jsonl",))
    fetch(source, data_dir, official)
    manifest = json.loads((data_dir / "manifest.json").read_text())
    (data_dir / "manifest.json").write_text(json.dumps({**manifest, "revision": revision}))
    overrides = ["recipe=scbench", "benchmark.task=scbench_kv", f"benchmark.data_dir={data_dir}"]
    config = Composer().compose([*overrides, "model=constant"])
    fields = {**config.benchmark, "fetch": msgspec.to_builtins(source)}
    return msgspec.structs.replace(config, benchmark=fields)


def test_official_files_are_copied_and_read_from_there(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = fetched_data(tmp_path)
    before, samples = folder_of(config), list(build_benchmark(config).samples())
    environment = quietly(config, scratch)
    folder = f"{tmp_path.name}/data"
    assert copies(scratch) == [f"{folder}/data/scbench_kv.jsonl", f"{folder}/manifest.json"]
    monkeypatch.setenv(VARIABLE, environment[VARIABLE])
    assert folder_of(config) == before
    assert list(build_benchmark(config).samples()) == samples
    # The copy is what is read: a change of it alone is seen.
    copy = next(scratch.rglob("scbench_kv.jsonl"))
    copy.write_bytes(ROWS.replace(b"code", b"word"))
    assert list(build_benchmark(config).samples()) != samples


def test_rows_of_the_users_own_are_read_where_they_lie(rows: Path, scratch: Path) -> None:
    config = Composer().compose(["recipe=file", f"benchmark.path={rows}", "model=constant"])
    quietly(config, scratch)
    assert copies(scratch) == []


def test_a_second_job_copies_nothing_and_changed_weights_are_copied_anew(
    weights: Path, rows: Path, scratch: Path
) -> None:
    config = config_of(rows, weights)
    quietly(config, scratch)
    first = {path: path.stat().st_ino for path in scratch.rglob("*") if path.is_file()}
    quietly(config, scratch)
    assert {path: path.stat().st_ino for path in scratch.rglob("*") if path.is_file()} == first
    (weights / "model.safetensors").write_bytes(b"trained further")
    quietly(config, scratch)
    assert len(copies(scratch)) == 4


def test_a_copy_of_other_weights_is_never_read(
    weights: Path, rows: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, quietly(config_of(rows, weights), scratch)[VARIABLE])
    (weights / "model.safetensors").write_bytes(b"trained further")
    assert weights_folder(str(weights)) == weights


JOB = """
import sys
from evalrun.core.lease import Pace
from evalrun.runners.compose import Composer
from evalrun.runners.launch.scratch import staged
config = Composer().compose(sys.argv[2:])
staged(config, sys.argv[1], tell=lambda line: None, pace=Pace(0.1, 5.0, 0.02), spare_bytes=0)
"""


def test_jobs_that_start_together_copy_once(weights: Path, rows: Path, scratch: Path) -> None:
    (weights / "model.safetensors").write_bytes(os.urandom(8 << 20))
    overrides = ["recipe=file", f"benchmark.path={rows}", "model=llama3-8b"]
    command = [sys.executable, "-c", JOB, str(scratch), *overrides, f"model.weights={weights}"]
    jobs = [subprocess.Popen(command) for _ in range(4)]
    assert [job.wait(timeout=120) for job in jobs] == [0] * 4
    assert copies(scratch) == [
        "shared/tiny-llama/config.json",
        "shared/tiny-llama/model.safetensors",
    ]
    own = next(scratch.iterdir())
    assert not [path for path in own.rglob(".*") if path.name.startswith(".")]


# What is no failure


def told_of(config: Config, scratch: str, *, spare_bytes: int = 0) -> tuple[dict[str, str], str]:
    told: list[str] = []
    environment = staged(config, scratch, tell=told.append, pace=QUICK, spare_bytes=spare_bytes)
    (line,) = told
    return environment, line


def test_what_does_not_fit_is_read_where_it_lies(
    weights: Path, rows: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, line = told_of(config_of(rows, weights), str(scratch), spare_bytes=1 << 60)
    assert line.startswith(f"{weights} is read where it lies: no copy of it in {scratch}")
    assert line.endswith("too little room")
    assert copies(scratch) == []
    monkeypatch.setenv(VARIABLE, environment[VARIABLE])
    assert weights_folder(str(weights)) == weights


def test_variables_are_those_of_the_node(
    weights: Path, rows: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_DISK", str(scratch))
    quietly(config_of(rows, weights), "$NODE_DISK/mine")
    assert len(copies(scratch / "mine")) == 2
    monkeypatch.delenv("NODE_DISK")
    environment, line = told_of(config_of(rows, weights), "$NODE_DISK/mine")
    assert environment == {}
    assert line == (
        "no copies on this node: scratch=$NODE_DISK/mine: a variable in it is not set here"
    )


def test_a_scratch_that_cannot_be_made_is_told(weights: Path, rows: Path) -> None:
    environment, line = told_of(config_of(rows, weights), str(rows))
    assert environment == {}
    assert line == f"no copies on this node: scratch={rows}: Not a directory"


def test_a_scratch_of_another_user_is_not_used(weights: Path, rows: Path, scratch: Path) -> None:
    """What another user may write there would be read as weights."""
    own = scratch / f"evalrun-{os.getuid()}"
    own.mkdir(parents=True)
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(own, 12345, -1)
    environment, line = told_of(config_of(rows, weights), str(scratch))
    assert environment == {}
    assert line.endswith("is another user's")
