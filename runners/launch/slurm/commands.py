"""SLURM's commands, and what they refuse in one line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

from ....core.errors import EvalrunError

# A controller that is away is given up by SLURM itself after its own MessageTimeout, or a few.
_PATIENCE_S = 120
# The tasks of an array in full, however many: sacct(1).
_WHOLE_NAMES = {"SLURM_BITSTR_LEN": "0"}


class SlurmRefusalError(EvalrunError):
    """A command of SLURM did not do what it was asked."""


def slurm(*command: str) -> str:
    """Return what a command of SLURM prints.

    Raises SlurmRefusalError with the reason that it gives.
    """
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, and arguments that are no shell's
            command,
            env={**os.environ, **_WHOLE_NAMES},
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
        )
    except FileNotFoundError:
        raise SlurmRefusalError(f"{command[0]} is not installed on this machine") from None
    except subprocess.TimeoutExpired:
        raise SlurmRefusalError(f"{command[0]} gave no answer in {_PATIENCE_S} s") from None
    if done.returncode:
        raise SlurmRefusalError(f"{command[0]}: {reason_in(done.stderr)}")
    return done.stdout


def reason_in(stderr: str) -> str:
    """Return why a command failed, on one line: its errors without their prefixes."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    told = list(dict.fromkeys(_without_prefix(line) for line in lines))
    return "; ".join(told) or "no reason given"


def setting(name: str) -> str | None:
    """Return a setting of the cluster, None where it has no such. Raises SlurmRefusalError."""
    return dict(_settings()).get(name)


def _settings() -> Iterator[tuple[str, str]]:
    for line in slurm("scontrol", "show", "config").splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name.strip(), value.strip()


def _without_prefix(line: str) -> str:
    """Cut "sbatch: error: " and "slurm_load_jobs error: "."""
    return line.rpartition("error: ")[2]
