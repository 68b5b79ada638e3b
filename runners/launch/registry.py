"""Launchers by name."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.config import Config
from ...core.errors import ConfigError
from ...core.options import to_options
from ...core.registry import Registry
from ...core.schema import Section
from ...core.suggest import did_you_mean
from .launcher import Launcher

# Runs in this process are no jobs.
BASIC = "basic"
LAUNCHERS = Registry(
    "launchers",
    {
        "local": "evalrun.runners.launch.local.launcher:LocalLauncher",
        "slurm": "evalrun.runners.launch.slurm.launcher:SlurmLauncher",
    },
)


def launcher_of(section: Section) -> Launcher:
    """Return the launcher that a section of a configuration describes. Raises ConfigError."""
    name = str(section.get("name"))
    known = LAUNCHERS.names()
    if name not in known:
        raise ConfigError(f"unknown launcher {name!r}: {did_you_mean(name, [BASIC, *known])}")
    part = LAUNCHERS.load(name)
    return part(to_options(section, part.Options, "launcher"))


def launches_jobs(configs: Sequence[Config]) -> bool:
    """Whether runs become jobs.

    Raises ConfigError for a faulty section, and where runs are not all launched alike.
    """
    sections = [config.launcher for config in configs]
    if any(section != sections[0] for section in sections):
        raise ConfigError(
            "launcher: the jobs of a sweep are all launched alike; "
            "what one model needs of a node stands in model.resources"
        )
    name, *others = sorted(sections[0], key=lambda key: key != "name")
    if sections[0][name] != BASIC:
        launcher_of(sections[0])
        return True
    if others:
        raise ConfigError(
            f"launcher.{others[0]}: runs take place in this process; "
            f"jobs need launcher=NAME, which may be {' or '.join(LAUNCHERS.names())}"
        )
    return False
