"""YAML as data: nothing that it names is called."""

from __future__ import annotations

from typing import Any

import yaml

# libyaml is ten times as fast, and not everywhere.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(text: str) -> Any:
    """Return what a document holds. Raises yaml.YAMLError."""
    return yaml.load(text, LOADER)  # noqa: S506 - a safe loader
