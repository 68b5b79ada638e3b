"""A server in a process of its own, which ends with this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .log import EngineLog

_GUARD = Path(__file__).with_name("guard.py")
_GRACE_S = 30.0
# What the guard itself may take beyond that.
_MARGIN_S = 5.0


class ServerProcess:
    """A command that runs behind a guard (`guard.py`), its output in a file.

    It and its own children end with `stop`, when this object is collected, at exit, and when this
    process is killed.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `command`, with `environment` beside this process's own."""
        self._log = EngineLog()
        with self._log.path.open("ab") as output:
            self._guard = subprocess.Popen(  # noqa: S603 - a command of evalrun's own
                [sys.executable, "-I", str(_GUARD), str(_GRACE_S), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                # Ctrl-C in a terminal is for evalrun, which ends the server when it is done itself.
                start_new_session=True,
            )
        self._at_end = weakref.finalize(self, _end, self._guard, self._log)

    @property
    def is_dead(self) -> bool:
        """Whether the server has ended."""
        return self._guard.poll() is not None

    def wait(self, seconds: float) -> bool:
        """Return whether the server ends within `seconds`."""
        with suppress(subprocess.TimeoutExpired):
            self._guard.wait(seconds)
        return self.is_dead

    def last_words(self) -> str:
        """Return the last error in the log, or what stands last there, and where the log is."""
        said = self._log.last_error() or self._log.last_line() or "it said nothing"
        return f"{' '.join(said.split())}; its log: {self._log.path}"

    def stop(self, *, keep_log: bool = False) -> None:
        """End the server; the log of one that had ended by itself stays in any case."""
        if self._at_end.detach():
            _end(self._guard, self._log, keep_log=keep_log)


def _end(guard: subprocess.Popen[bytes], log: EngineLog, *, keep_log: bool = False) -> None:
    had_ended = guard.poll() is not None
    assert guard.stdin is not None  # noqa: S101 - it is a pipe
    guard.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        guard.wait(_GRACE_S + _MARGIN_S)
    # Nothing is left of the group, unless the guard was killed or hangs.
    with suppress(ProcessLookupError):
        os.killpg(guard.pid, signal.SIGKILL)
    guard.wait()
    if not had_ended and not keep_log:
        log.remove()
