"""Names to implementations."""

from __future__ import annotations

import pytest

from evalrun.core.errors import ConfigError
from evalrun.core.registry import Registry

REGISTRY = Registry("things", {"path": "pathlib:Path", "absent": "no.such.module:Thing"})


def test_names_are_listed_without_importing_anything() -> None:
    assert REGISTRY.names() == ["absent", "path"]


def test_a_name_is_imported_when_asked_for() -> None:
    from pathlib import Path

    assert REGISTRY.load("path") is Path


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown things 'pth': did you mean 'path'"):
        REGISTRY.load("pth")
