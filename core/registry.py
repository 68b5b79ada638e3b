"""Names to implementations, imported only when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import msgspec

from .errors import ConfigError
from .plugins import plugins
from .suggest import did_you_mean


class Registry(msgspec.Struct, frozen=True):
    """The built-in parts of one kind (`name -> "module:attribute"`), and those of plugins.

    Plugins announce theirs as entry points in the group `evalrun.<kind>`. None takes the place of
    a built-in part.
    """

    kind: str
    builtin: Mapping[str, str]

    def names(self) -> list[str]:
        """Return every known name without importing any part."""
        return sorted({*self.builtin, *(plugin.name for plugin in plugins(self.kind))})

    def load(self, name: str) -> Any:
        """Import and return the part called `name`. Raises ConfigError."""
        if name in self.builtin:
            module, _, attribute = self.builtin[name].partition(":")
            return getattr(import_module(module), attribute)
        found = [plugin for plugin in plugins(self.kind) if plugin.name == name]
        if not found:
            raise ConfigError(f"unknown {self.kind} {name!r}: {did_you_mean(name, self.names())}")
        if len(found) > 1:
            told = " and ".join(plugin.distribution for plugin in found)
            raise ConfigError(f"{self.kind} {name!r} is announced by {told}: uninstall one of them")
        return found[0].load()
