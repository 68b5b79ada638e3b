"""What a person should know while a run goes on, each thing told once."""

from __future__ import annotations

from collections.abc import Callable

from ..core.redact import redact_message


class Notices:
    """Hands lines to `tell`, without secrets; `told` keeps them for `run.json`."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._keys: set[str] = set()
        self.told: list[str] = []

    def say(self, text: str) -> None:
        """Tell `text`, each time anew: something has changed."""
        line = redact_message(text)
        self.told.append(line)
        self._tell(line)

    def once(self, key: str, text: str) -> None:
        """Tell `text` unless something was told under `key` before."""
        if key not in self._keys:
            self._keys.add(key)
            self.say(text)
