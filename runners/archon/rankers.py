"""Rankers that are no chat models, such as PairRM: plug-ins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ...core.errors import ConfigError
from ...core.registry import Registry

# Entry points of the group `evalrun.rankers`, called as architectures call the model.
RANKERS = Registry("rankers", {})

PAIR_RM = "llm-blender/PairRM"


class PluginRanker(Protocol):
    """What an entry point names: a class that is built without arguments.

    It is called in threads of its own, for several samples at the same time.
    """

    def order(self, query: str, candidates: Sequence[str]) -> Sequence[int]:
        """Return the 0-based places of all `candidates`, the best first."""
        ...


def plugin_rankers(models: Sequence[str]) -> dict[str, PluginRanker]:
    """Return the plug-ins among `models` of rankers.

    Raises ConfigError for PairRM without its plug-in: it cannot be asked as a chat model is.
    """
    found = {name: RANKERS.load(name)() for name in models if name in RANKERS.names()}
    if PAIR_RM in models and PAIR_RM not in found:
        raise ConfigError(
            f"the model {PAIR_RM} ranks answers and takes no chat: install a package that "
            f"announces it as the entry point {PAIR_RM!r} of the group evalrun.rankers, or let a "
            f"chat model rank instead: 'protocol.models={{{PAIR_RM}: model}}'"
        )
    return found
