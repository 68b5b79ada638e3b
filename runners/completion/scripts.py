"""The scripts that teach shells to ask evalrun for candidates."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import ConfigError
from ...core.suggest import did_you_mean

SHELLS = ("bash", "zsh", "fish")


def script(shell: str) -> str:
    """Return the script for one of SHELLS. Raises ConfigError for another one."""
    if shell not in SHELLS:
        raise ConfigError(f"unknown shell {shell!r}: {did_you_mean(shell, SHELLS)}")
    path = Path(__file__).with_name("shells") / f"evalrun.{shell}"
    return path.read_text(encoding="utf-8")
