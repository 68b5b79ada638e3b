"""Commands in containers of Docker or Podman, one each (docker-run(1), podman-run(1))."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import msgspec

from ...core.interfaces import Problem
from ...core.sandbox import WORKSPACE, Command, Limits, Setup
from ...core.schema import Options
from .host_folder import HostFolder, host_folder
from .supervision import Breach, Fate, Launch, kill_group

_NOBODY = 65534
_CLI_S = 30.0
# When a container was started that was not: the year 1.
_NEVER = "0001-"


class ContainerOptions(Options, frozen=True):
    """The section `sandbox` of `sandbox=docker` and `sandbox=podman`.

    `image` has the toolchains, and is there already: nothing is pulled.
    """

    name: Literal["docker", "podman"]
    image: str


class Containers:
    """The engines `docker` and `podman`, which take the same commands."""

    Options = ContainerOptions

    def __init__(self, options: ContainerOptions) -> None:
        self._options = options
        self.label = options.name

    def problems(self) -> list[Problem]:
        """Say if the program is missing."""
        name = self._options.name
        if shutil.which(name) is None:
            return [Problem(f"sandbox={name}: {name} is not installed", "install it")]
        return []

    def remedy(self, error: str) -> str:  # noqa: ARG002 - the interface's
        """Return what to do about an error of the engine's."""
        name = self._options.name
        return f"see that `{name} info` works and that `{name} image ls` has sandbox.image"

    @asynccontextmanager
    async def place(self, setup: Setup, limits: Limits) -> AsyncGenerator[ContainerPlace]:
        """Make a folder that containers see one after another."""
        owner = _NOBODY if os.geteuid() == 0 else None
        with host_folder(setup, limits, owner) as folder:
            yield ContainerPlace(self._options, folder, setup.mounts)


class ContainerPlace:
    """A folder of this machine, and the containers that see it."""

    def __init__(
        self, options: ContainerOptions, folder: HostFolder, mounts: Mapping[str, Path]
    ) -> None:
        self.root = folder.root
        self.owner = folder.owner
        self.is_full = folder.is_full
        self._options = options
        self._folder = folder
        self._mounts = mounts

    @asynccontextmanager
    async def launch(self, command: Command, limits: Limits) -> AsyncGenerator[Launch]:
        """Return how `command` is started in a container, which is removed at the end."""
        box = Box(
            engine=self._options.name,
            image=self._options.image,
            name=f"evalrun-{uuid.uuid4().hex}",
            user=os.geteuid() if self.owner is None else self.owner,
            work=self._folder.work,
            mounts=self._mounts,
        )
        guard = _ContainerGuard(box, limits, self._folder.fullness())
        try:
            yield Launch(argv=run_arguments(box, command, limits), env=os.environ, guard=guard)
        finally:
            await asyncio.to_thread(_cli, box, "rm", "--force", box.name)


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A container to be; `user` is a number, and `work` becomes the workspace."""

    engine: Literal["docker", "podman"]
    image: str
    name: str
    user: int
    work: Path
    mounts: Mapping[str, Path]


def run_arguments(box: Box, command: Command, limits: Limits) -> tuple[str, ...]:
    """Return the command line that runs `command` in the container `box`."""
    rootless = box.engine == "podman" and box.user != _NOBODY
    tmp = f"/tmp:rw,exec,nosuid,nodev,mode=1777,size={limits.disk_bytes}"  # noqa: S108 - inside
    cpu = () if limits.cpu_s is None else (f"--ulimit=cpu={max(1, round(limits.cpu_s))}",)
    return (
        box.engine,
        "run",
        f"--name={box.name}",
        *("--pull=never", "--interactive", "--init", "--network=none", "--hostname=sandbox"),
        *("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"),
        *(("--userns=keep-id",) if rootless else ()),
        f"--user={box.user}:{box.user}",
        f"--memory={limits.memory_bytes}",
        f"--memory-swap={limits.memory_bytes}",
        f"--pids-limit={limits.processes}",
        *("--ulimit=core=0", f"--ulimit=fsize={limits.disk_bytes}", *cpu),
        f"--tmpfs={tmp}",
        f"--volume={box.work}:{WORKSPACE}:rw",
        *(f"--volume={source}:{target}:ro" for target, source in box.mounts.items()),
        f"--workdir={os.path.normpath(f'{WORKSPACE}/{command.cwd}')}",
        *("--env=HOME=/tmp", "--env=TMPDIR=/tmp", "--env=LANG=C.UTF-8"),
        *(f"--env={name}={value}" for name, value in command.env.items()),
        "--entrypoint=",
        box.image,
        *command.argv,
    )


class _ContainerGuard:
    """Asks the engine about a container, and measures its folder."""

    cpu_s = 0.0

    def __init__(self, box: Box, limits: Limits, fullness: Callable[[], Breach | None]) -> None:
        self._box = box
        self._limits = limits
        self.breach = fullness

    async def fate(self) -> Fate:
        state = await asyncio.to_thread(_state, self._box)
        if not state.was_out_of_memory:
            return Fate(state.was_started)
        return Fate(
            state.was_started, Breach("memory", f"held more than {self._limits.memory_bytes} bytes")
        )

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the container, which would outlive the program that asked for it."""
        _cli(self._box, "kill", self._box.name)
        kill_group(process)


class _State(msgspec.Struct, frozen=True):
    """`State` of a container, as far as it is used; as it stands for one that was never made."""

    was_out_of_memory: bool = msgspec.field(default=False, name="OOMKilled")
    started_at: str = msgspec.field(default=_NEVER, name="StartedAt")

    @property
    def was_started(self) -> bool:
        return not self.started_at.startswith(_NEVER)


def _state(box: Box) -> _State:
    said = _cli(box, "inspect", "--format={{json .State}}", box.name)
    try:
        return msgspec.json.decode(said, type=_State)
    except msgspec.DecodeError:
        return _State()


def _cli(box: Box, *arguments: str) -> bytes:
    """Return what the engine's program writes; nothing if it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 - built here, and run without a shell
            [box.engine, *arguments], capture_output=True, check=False, timeout=_CLI_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout
