"""Commands in Apptainer, which clusters have where they have no Docker (apptainer-exec(1))."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from ...core.interfaces import Problem
from ...core.sandbox import WORKSPACE, Command, Limits, Setup
from ...core.schema import Options
from .group_guard import GroupGuard
from .host_folder import HostFolder, host_folder
from .rlimits import prlimit
from .supervision import Launch


class ApptainerOptions(Options, frozen=True):
    """The section `sandbox` of `sandbox=apptainer`; `image` is a SIF file with the toolchains."""

    name: Literal["apptainer"]
    image: str


class Apptainer:
    """The engine `apptainer`, for users without rights."""

    Options = ApptainerOptions
    label = "apptainer"

    def __init__(self, options: ApptainerOptions) -> None:
        self._image = Path(options.image)

    def problems(self) -> list[Problem]:
        """Say if the program or the image is missing."""
        if shutil.which("apptainer") is None:
            what = "sandbox=apptainer: apptainer is not installed"
            return [Problem(what, "install it, or load its module")]
        if not self._image.exists():
            what = f"sandbox.image: there is no {self._image}"
            return [Problem(what, "build one: apptainer build IMAGE.sif docker://NAME")]
        return []

    def remedy(self, error: str) -> str:  # noqa: ARG002 - the interface's
        """Return what to do about an error of Apptainer's."""
        return "see that `apptainer exec` runs it, with cgroups v2 for its limits"

    @asynccontextmanager
    async def place(self, setup: Setup, limits: Limits) -> AsyncGenerator[ApptainerPlace]:
        """Make a folder that commands see one after another."""
        with host_folder(setup, limits, None) as folder:
            yield ApptainerPlace(self._image, folder, setup.mounts)


class ApptainerPlace:
    """A folder of this machine, and the image in which commands see it."""

    def __init__(self, image: Path, folder: HostFolder, mounts: Mapping[str, Path]) -> None:
        self.root = folder.root
        self.owner = folder.owner
        self.is_full = folder.is_full
        self._image = image
        self._folder = folder
        self._mounts = mounts

    @asynccontextmanager
    async def launch(self, command: Command, limits: Limits) -> AsyncGenerator[Launch]:
        """Return how `command` is started in the image."""
        binds = {
            WORKSPACE: f"{self._folder.work}:{WORKSPACE}",
            "/tmp": f"{self._folder.tmp}:/tmp",  # noqa: S108 - inside
            **{target: f"{source}:{target}:ro" for target, source in self._mounts.items()},
        }
        yield Launch(
            argv=exec_arguments(self._image, tuple(binds.values()), command, limits),
            env=exec_environment(command.env),
            guard=GroupGuard(self._folder.fullness()),
        )


def exec_arguments(
    image: Path, binds: tuple[str, ...], command: Command, limits: Limits
) -> tuple[str, ...]:
    """Return the command line that runs `command` in `image`."""
    return (
        *prlimit(limits, processes=False),
        *("apptainer", "exec", "--containall", "--cleanenv", "--no-home", "--no-privs"),
        *("--net", "--network=none", "--hostname=sandbox"),
        f"--memory={limits.memory_bytes}",
        f"--memory-swap={limits.memory_bytes}",
        f"--pids-limit={limits.processes}",
        *(f"--bind={bind}" for bind in binds),
        f"--pwd={os.path.normpath(f'{WORKSPACE}/{command.cwd}')}",
        str(image),
        *command.argv,
    )


def exec_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return what Apptainer is started with: what it needs, and `env` for the command.

    APPTAINERENV_NAME becomes NAME inside (Apptainer user guide, environment and metadata).
    """
    needed = {name: os.environ[name] for name in ("PATH", "HOME", "USER") if name in os.environ}
    inside = {"HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8", **env}  # noqa: S108
    return {**needed, **{f"APPTAINERENV_{name}": value for name, value in inside.items()}}
