"""What other packages announce to evalrun, as entry points."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import msgspec

from .errors import ConfigError, EvalrunError

RECIPES = "recipes"

# The groups are `evalrun.<kind>`. All but recipes name classes.
KINDS = (
    "benchmarks",
    "models",
    "kv",
    "protocols",
    "scorers",
    "rankers",
    "sandboxes",
    "launchers",
    RECIPES,
)


class Plugin(msgspec.Struct, frozen=True):
    """One entry point of the group `evalrun.<kind>`, and the distribution that has it."""

    point: EntryPoint
    kind: str

    @property
    def name(self) -> str:
        """What configurations call the part; recipe trees are ordered by it."""
        return self.point.name

    @property
    def distribution(self) -> str:
        """The name and version of the distribution: `evalrun-vowels 1.0`."""
        dist = self.point.dist
        return f"{dist.name} {dist.version}" if dist else "an unnamed distribution"

    @property
    def entry(self) -> str:
        """The entry point as it is announced: `evalrun.scorers: count = evalrun_vowels:Count`."""
        return f"{self.point.group}: {self.point.name} = {self.point.value}"

    def load(self) -> Any:
        """Import and return what is announced.

        Raises ConfigError naming the distribution and the entry point, whatever goes wrong in it.
        """
        try:
            return self.point.load()
        except EvalrunError:
            raise
        except (Exception, SystemExit) as error:
            raise self.broken(f"{type(error).__name__}: {error}") from error

    def broken(self, reason: str) -> ConfigError:
        """Return the error that says in one line that this plugin does not work."""
        told = " ".join(reason.split())
        return ConfigError(
            f"plugin {self.distribution} does not work ({self.entry}): {told}; mend or uninstall it"
        )


def plugins(kind: str) -> tuple[Plugin, ...]:
    """Return the plugins of one kind, by name, without importing any."""
    found = (Plugin(point, kind) for point in entry_points(group=f"evalrun.{kind}"))
    return tuple(sorted(found, key=lambda plugin: (plugin.name, plugin.distribution)))


def all_plugins() -> Iterator[Plugin]:
    """Yield the plugins of every kind, without importing any."""
    for kind in KINDS:
        yield from plugins(kind)
