"""Files of settings in YAML or JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from ...core.errors import ConfigError


def read_settings(path: Path) -> Any:
    """Return what a YAML file, or a JSON file by its ending, holds. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
        # JSON may be indented by tabs, which YAML does not read.
        return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None
