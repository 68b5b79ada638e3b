"""Runs the installed `evalrun` command, as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

COMMAND = Path(sys.executable).with_name("evalrun")


def evalrun(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Return how `evalrun ARGUMENTS` ended in folder `cwd`."""
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def start(arguments: Sequence[str], cwd: Path) -> subprocess.Popen[str]:
    """Start `evalrun ARGUMENTS` in folder `cwd`, and do not wait."""
    return subprocess.Popen(
        [COMMAND, *arguments],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
