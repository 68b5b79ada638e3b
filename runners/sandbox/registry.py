"""The sandboxes by name, and the one that a configuration asks for."""

from __future__ import annotations

import os

from ...core.errors import ConfigError
from ...core.options import to_options
from ...core.registry import Registry
from ...core.sandbox import Sandbox
from ...core.schema import Section
from .engine import EngineSandbox

SANDBOXES = Registry(
    "sandboxes",
    {
        "apptainer": "evalrun.runners.sandbox.apptainer:Apptainer",
        "bubblewrap": "evalrun.runners.sandbox.bubblewrap:Bubblewrap",
        "docker": "evalrun.runners.sandbox.containers:Containers",
        "none": "evalrun.runners.sandbox.unsandboxed:Unsandboxed",
        "podman": "evalrun.runners.sandbox.containers:Containers",
    },
)


def sandbox_of(section: Section) -> Sandbox:
    """Return the sandbox that the section `sandbox` describes. Raises ConfigError."""
    if "name" not in section:
        raise ConfigError("sandbox is not chosen: say sandbox=NAME")
    engine = SANDBOXES.load(str(section["name"]))
    options = to_options(section, engine.Options, "sandbox")
    return EngineSandbox(engine(options), _processors())


def _processors() -> int:
    """Return how many this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
