"""Names to implementations, imported only when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import msgspec

from .errors import ConfigError
from .suggest import did_you_mean


class Registry(msgspec.Struct, frozen=True):
    """The built-in parts of one kind (`name -> "module:attribute"`), and those of plugins.

    Plugins announce theirs as entry points in the group `evalrun.<kind>`.
    """

    kind: str
    builtin: Mapping[str, str]

    def names(self) -> list[str]:
        """Return every known name without importing any part."""
        return sorted({*self.builtin, *(point.name for point in self._plugins())})

    def load(self, name: str) -> Any:
        """Import and return the part called `name`. Raises ConfigError."""
        if name in self.builtin:
            module, _, attribute = self.builtin[name].partition(":")
            return getattr(import_module(module), attribute)
        for point in self._plugins():
            if point.name == name:
                return point.load()
        raise ConfigError(f"unknown {self.kind} {name!r}: {did_you_mean(name, self.names())}")

    def _plugins(self) -> list[Any]:
        return list(entry_points(group=f"evalrun.{self.kind}"))
