"""Versions of what a run depends on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = ("evalrun", "torch", "transformers", "kvpress", "vllm", "litellm", "hydra-core")


def software() -> dict[str, Any]:
    """Return the versions of Python and of the packages that shape results, without importing."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return {"python": platform.python_version(), "platform": platform.platform(), **found}
