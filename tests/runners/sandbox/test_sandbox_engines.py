"""Engines other than bubblewrap: what they are told, by stand-ins that record it, and `none`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from evalrun.core.errors import ConfigError
from evalrun.core.sandbox import Command, Limits, Sandbox, Setup
from evalrun.runners.sandbox.containers import Box, run_arguments
from evalrun.runners.sandbox.host_folder import host_folder
from evalrun.runners.sandbox.registry import SANDBOXES, sandbox_of
from evalrun.runners.sandbox.seccomp import filter_program

ACCEPTED = "i_accept_that_model_written_code_runs_as_me"

# A stand-in for an engine's program: it writes down its words and what the folder given to it
# holds, and answers as the test says.
STAND_IN = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path({here!r})
words = sys.argv[1:]
answers = json.loads((here / "answers.json").read_text())
ends = (":/sandbox:rw", ":/sandbox")
held = [w.partition("=")[2].split(":")[0] for w in words if w.endswith(ends)]
call = {{
    "words": words,
    "env": dict(os.environ),
    "stdin": "" if words[0] == "rm" else sys.stdin.read(),
    "files": os.listdir(held[0]) if held else [],
}}
with open(here / "calls.jsonl", "a") as calls:
    calls.write(json.dumps(call) + "\\n")
answer = answers.get(words[0], {{}})
sys.stdout.write(answer.get("stdout", ""))
sys.stderr.write(answer.get("stderr", ""))
sys.stdout.flush()
if held and "made" in answer:
    (pathlib.Path(held[0]) / "made").write_text(answer["made"])
time.sleep(answer.get("sleep", 0))
sys.exit(answer.get("code", 0))
"""
STARTED = '{"OOMKilled": false, "StartedAt": "2026-01-02T03:04:05Z"}'
KILLED = '{"OOMKilled": true, "StartedAt": "2026-01-02T03:04:05Z"}'
NEVER = '{"OOMKilled": false, "StartedAt": "0001-01-01T00:00:00Z"}'


class StandIn:
    """An engine's program that is none."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        program = folder / name
        program.write_text(STAND_IN.format(python=sys.executable, here=str(folder)))
        program.chmod(0o755)

    def answers(self, **answers: Any) -> None:
        (self.folder / "answers.json").write_text(json.dumps(answers))

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "calls.jsonl").open()]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: Any) -> StandIn:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return StandIn(tmp_path, request.param)


@pytest.mark.parametrize("stand_in", ["docker", "podman"], indirect=True)
async def test_a_container_is_run_asked_about_and_removed(stand_in: StandIn) -> None:
    stand_in.answers(
        run={"stdout": "out", "stderr": "err", "code": 3, "made": "brought"},
        inspect={"stdout": STARTED},
    )
    engine = next(p.name for p in stand_in.folder.iterdir() if p.name in ("docker", "podman"))
    sandbox = sandbox_of({"name": engine, "image": "toolchains:1"})
    command = Command(argv=("java", "-version"), stdin="given", files={"a": "x"}, collect=("made",))
    outcome = await sandbox.run(command)
    assert (outcome.status, outcome.exit_code) == ("exit", 3)
    assert (outcome.stdout, outcome.stderr) == ("out", "err")
    assert outcome.files == {"made": b"brought"}
    assert sandbox.label == engine
    run, inspect, *_, remove = stand_in.calls()
    assert run["words"][0] == "run"
    assert run["words"][-3:] == ["toolchains:1", "java", "-version"]
    assert (run["stdin"], run["files"]) == ("given", ["a"])
    name = run["words"][1].removeprefix("--name=")
    assert inspect["words"][-1] == name
    assert remove["words"] == ["rm", "--force", name]


@pytest.mark.parametrize("stand_in", ["docker"], indirect=True)
@pytest.mark.parametrize(
    ("state", "code", "status"),
    [
        (STARTED, 0, "ok"),
        (STARTED, 125, "exit"),
        (STARTED, 139, "signal"),
        (KILLED, 137, "memory"),
        (NEVER, 125, "refused"),
        ("Error: no such object", 125, "refused"),
    ],
)
async def test_what_the_engine_says_of_a_container_tells_its_outcome(
    stand_in: StandIn, state: str, code: int, status: str
) -> None:
    stand_in.answers(
        run={"code": code, "stderr": "cannot connect to the daemon"}, inspect={"stdout": state}
    )
    outcome = await sandbox_of({"name": "docker", "image": "i"}).run(Command(argv=("x",)))
    assert outcome.status == status
    if status == "refused":
        assert outcome.detail == "cannot connect to the daemon"


@pytest.mark.parametrize("stand_in", ["docker"], indirect=True)
async def test_a_container_that_takes_too_long_is_killed_by_name(stand_in: StandIn) -> None:
    stand_in.answers(run={"sleep": 60}, inspect={"stdout": STARTED})
    outcome = await sandbox_of({"name": "docker", "image": "i"}).run(
        Command(argv=("x",)), limits=Limits(wall_s=1)
    )
    assert outcome.status == "timeout"
    words = [call["words"] for call in stand_in.calls()]
    name = words[0][1].removeprefix("--name=")
    assert ["kill", name] in words
    assert words[-1] == ["rm", "--force", name]


@pytest.mark.parametrize("stand_in", ["docker"], indirect=True)
async def test_an_engine_whose_daemon_is_not_there_is_a_problem(stand_in: StandIn) -> None:
    stand_in.answers(run={"code": 125, "stderr": "cannot connect"}, inspect={"code": 1})
    (problem,) = sandbox_of({"name": "docker", "image": "i"}).problems()
    assert "sandbox=docker does not work here: cannot connect" in problem.what
    assert "docker info" in problem.remedy


def test_a_container_has_no_network_no_rights_and_the_limits_of_its_command() -> None:
    box = Box(
        engine="podman",
        image="image",
        name="box",
        user=1000,
        work=Path("/host/work"),
        mounts={"/opt/lib": Path("/host/lib")},
    )
    limits = Limits(memory_bytes=1 << 30, processes=64, disk_bytes=1 << 20, cpu_s=9)
    command = Command(argv=("a", "b"), cwd="src", env={"K": "v w"})
    assert run_arguments(box, command, limits) == (
        "podman",
        "run",
        "--name=box",
        "--pull=never",
        "--interactive",
        "--init",
        "--network=none",
        "--hostname=sandbox",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--userns=keep-id",
        "--user=1000:1000",
        "--memory=1073741824",
        "--memory-swap=1073741824",
        "--pids-limit=64",
        "--ulimit=core=0",
        "--ulimit=fsize=1048576",
        "--ulimit=cpu=9",
        "--tmpfs=/tmp:rw,exec,nosuid,nodev,mode=1777,size=1048576",
        "--volume=/host/work:/sandbox:rw",
        "--volume=/host/lib:/opt/lib:ro",
        "--workdir=/sandbox/src",
        "--env=HOME=/tmp",
        "--env=TMPDIR=/tmp",
        "--env=LANG=C.UTF-8",
        "--env=K=v w",
        "--entrypoint=",
        "image",
        "a",
        "b",
    )


@pytest.mark.parametrize("stand_in", ["apptainer"], indirect=True)
async def test_apptainer_is_told_limits_binds_and_environment(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-mine")
    stand_in.answers(exec={"stdout": "out"})
    image = stand_in.folder / "image.sif"
    image.touch()
    sandbox = sandbox_of({"name": "apptainer", "image": str(image)})
    mounts = {"/opt/lib": stand_in.folder}
    outcome = await sandbox.run(
        Command(argv=("java",), env={"K": "a,b"}, files={"a": ""}), Setup(mounts=mounts)
    )
    assert (outcome.status, outcome.stdout) == ("ok", "out")
    (call,) = stand_in.calls()
    assert {"--containall", "--cleanenv", "--no-home", "--net", "--network=none"} <= set(
        call["words"]
    )
    assert f"--bind={stand_in.folder}:/opt/lib:ro" in call["words"]
    assert call["words"][-3:] == ["--pwd=/sandbox", str(image), "java"]
    assert call["files"] == ["a"]
    assert call["env"]["APPTAINERENV_K"] == "a,b"
    assert "OPENAI_API_KEY" not in call["env"]


@pytest.mark.parametrize("name", ["docker", "podman", "apptainer"])
def test_an_engine_that_is_not_installed_is_a_problem(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (problem,) = sandbox_of({"name": name, "image": "i"}).problems()
    assert f"{name} is not installed" in problem.what
    assert problem.here_only


@pytest.mark.parametrize("words", ["", "yes", "true"])
def test_there_is_no_running_without_a_sandbox_but_in_so_many_words(words: str) -> None:
    with pytest.raises(ConfigError, match=ACCEPTED):
        sandbox_of({"name": "none", "unsandboxed": words})


@pytest.fixture
def unsandboxed() -> Sandbox:
    sandbox = sandbox_of({"name": "none", "unsandboxed": ACCEPTED})
    assert not sandbox.problems()
    return sandbox


async def test_without_a_sandbox_commands_run_in_a_folder_and_see_no_secret(
    unsandboxed: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-mine")
    command = Command(argv=("sh", "-c", "env; pwd; cat a; exit 3"), files={"a": "x"})
    outcome = await unsandboxed.run(command)
    assert unsandboxed.label == "unsandboxed"
    assert (outcome.status, outcome.exit_code) == ("exit", 3)
    assert "sk-secret" not in outcome.stdout
    folder = next(line for line in outcome.stdout.splitlines() if line.endswith("/work"))
    assert not os.path.exists(folder)  # noqa: ASYNC240, PTH110 - no event waits for it


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("sleep 60", "timeout"),
        ("yes", "output"),
        ("truncate -s 1G f", "disk"),
        ("for n in 1 2 3 4 5 6 7 8; do head -c 4M /dev/zero > $n; done; sleep 60", "disk"),
        ("kill -9 $$", "signal"),
    ],
)
async def test_without_a_sandbox_some_limits_hold(
    unsandboxed: Sandbox, script: str, status: str
) -> None:
    limits = Limits(wall_s=2, disk_bytes=16 << 20, output_bytes=10_000)
    outcome = await unsandboxed.run(Command(argv=("sh", "-c", script)), limits=limits)
    assert outcome.status == status


async def test_without_a_sandbox_nothing_is_shown_elsewhere(
    unsandboxed: Sandbox, tmp_path: Path
) -> None:
    command = Command(argv=("true",))
    assert (await unsandboxed.run(command, Setup(mounts={"/opt/x": tmp_path}))).status == "refused"
    assert (await unsandboxed.run(command, Setup(mounts={str(tmp_path): tmp_path}))).status == "ok"


def test_folders_of_killed_runs_are_removed_and_others_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    stale = tmp_path / "evalrun-sandbox-4194305-x" / "work" / "locked"
    stale.mkdir(parents=True)
    stale.chmod(0)
    alive = tmp_path / f"evalrun-sandbox-{os.getpid()}-y"
    alive.mkdir()
    (tmp_path / "evalrun-sandbox-notes-z").mkdir()
    with host_folder(Setup(files={"f": "x"}), Limits(), None) as folder:
        assert (folder.work / "f").read_text() == "x"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"evalrun-sandbox-{os.getpid()}-y",
        "evalrun-sandbox-notes-z",
    ]


def test_every_sandbox_of_the_recipes_is_known() -> None:
    from evalrun.runners.compose import Composer

    assert Composer().options("sandbox") == SANDBOXES.names()


@pytest.mark.parametrize(("machine", "steps"), [("x86_64", 17), ("aarch64", 17)])
def test_a_filter_of_system_calls_is_whole(machine: str, steps: int) -> None:
    program = filter_program(machine)
    assert program is not None
    assert len(program) == steps * 8


def test_a_machine_without_a_table_of_calls_has_no_filter() -> None:
    assert filter_program("riscv64") is None
