"""The guard of programs that are this machine's processes, in a process group of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from .supervision import Breach, Fate, kill_group


class GroupGuard:
    """Measures a folder, and kills a process group."""

    cpu_s = 0.0

    def __init__(self, fullness: Callable[[], Breach | None]) -> None:
        self.breach = fullness

    async def fate(self) -> Fate:
        """Say that it ran: what failed to start cannot be told from a program that failed."""
        return Fate(was_started=True)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the group."""
        kill_group(process)
