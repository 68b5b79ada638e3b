"""Commands without a sandbox, for who says so in full: they can do what evalrun's user can."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal

from ...core.errors import ConfigError
from ...core.interfaces import Problem
from ...core.sandbox import Command, Limits, Setup
from ...core.schema import Options
from .engine import PlaceError
from .group_guard import GroupGuard
from .host_folder import HostFolder, host_folder
from .rlimits import prlimit
from .supervision import Launch

ACCEPTANCE = "i_accept_that_model_written_code_runs_as_me"


class UnsandboxedOptions(Options, frozen=True):
    """The section `sandbox` of `sandbox=none`, with the words that it takes."""

    name: Literal["none"]
    unsandboxed: str = ""


class Unsandboxed:
    """The engine `none`: a temporary folder, an environment without secrets, and some limits."""

    Options = UnsandboxedOptions
    label = "unsandboxed"

    def __init__(self, options: UnsandboxedOptions) -> None:
        if options.unsandboxed != ACCEPTANCE:
            raise ConfigError(
                "sandbox=none runs what a model wrote with all your rights: "
                f"sandbox.unsandboxed={ACCEPTANCE} if you want that, or sandbox=bubblewrap"
            )

    def problems(self) -> list[Problem]:
        """Say if the program that sets limits is missing."""
        if shutil.which("prlimit") is None:
            return [Problem("sandbox=none: prlimit not found", "install util-linux")]
        return []

    def remedy(self, error: str) -> str:  # noqa: ARG002 - the interface's
        """Return what to do about an error."""
        return "choose another sandbox"

    @asynccontextmanager
    async def place(self, setup: Setup, limits: Limits) -> AsyncGenerator[OpenPlace]:
        """Make a folder. Raises PlaceError for a mount at another path than its own."""
        moved = [path for path, source in setup.mounts.items() if path != str(source)]
        if moved:
            raise PlaceError(f"sandbox=none cannot show anything at {moved[0]}")
        with host_folder(setup, limits, None) as folder:
            yield OpenPlace(folder)


class OpenPlace:
    """A folder of this machine, in which commands run as they are."""

    def __init__(self, folder: HostFolder) -> None:
        self.root = folder.root
        self.owner = folder.owner
        self.is_full = folder.is_full
        self._folder = folder

    @asynccontextmanager
    async def launch(self, command: Command, limits: Limits) -> AsyncGenerator[Launch]:
        """Return how `command` is started."""
        tmp = str(self._folder.tmp)
        path = os.environ.get("PATH", os.defpath)
        yield Launch(
            argv=(*prlimit(limits, processes=False), *command.argv),
            env={"PATH": path, "HOME": tmp, "TMPDIR": tmp, "LANG": "C.UTF-8", **command.env},
            guard=GroupGuard(self._folder.fullness()),
            cwd=self._folder.work / command.cwd,
        )
