"""Commands in bubblewrap: namespaces of their own, and a read-only system."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Literal

import msgspec

from ...core.interfaces import Problem
from ...core.sandbox import Command, Limits, Setup
from ...core.schema import Options
from . import files
from .bubblewrap_arguments import (
    ETC_FILES,
    NOBODY,
    STAGE,
    SYSTEM_PATH,
    entering,
    inner_arguments,
    outer_arguments,
)
from .engine import PlaceError
from .process_tree import own_memory, tree_use
from .rlimits import prlimit
from .seccomp import filter_program
from .supervision import Breach, Fate, Launch, kill_group

# bubblewrap's first process can be read by whatever it contains: it is given no secret.
_OUTER_ENV = {"PATH": SYSTEM_PATH}
_TOOLS = ("nsenter", "prlimit", "choom")
# A tmpfs bounds bytes and not files, each of which costs the kernel about a kilobyte.
_MOST_FILES = 100_000
_START_S = 30.0
_INSTALL = "install bubblewrap 0.8 or newer (apt-get install bubblewrap, dnf install bubblewrap)"


class BubblewrapOptions(Options, frozen=True):
    """The section `sandbox` of `sandbox=bubblewrap`.

    `read_only` are further folders of this machine that commands see, at the same path: toolchains
    outside /usr.
    """

    name: Literal["bubblewrap"]
    read_only: tuple[str, ...] = ()


class Bubblewrap:
    """The engine `bubblewrap`; it needs no daemon and no rights."""

    Options = BubblewrapOptions
    label = "bubblewrap"

    def __init__(self, options: BubblewrapOptions) -> None:
        self._read_only = {path: Path(path) for path in options.read_only}

    def problems(self) -> list[Problem]:
        """Say which programs are missing."""
        if shutil.which("bwrap") is None:
            return [Problem("sandbox=bubblewrap: bwrap is not installed", _INSTALL)]
        missing = [name for name in _TOOLS if shutil.which(name, path=SYSTEM_PATH) is None]
        if missing:
            what = f"sandbox=bubblewrap: {', '.join(missing)} not found"
            return [Problem(what, "install util-linux")]
        absent = [path for path in self._read_only if not Path(path).exists()]
        if absent:
            return [Problem(f"sandbox.read_only: there is no {absent[0]}", "correct the path")]
        return []

    def remedy(self, error: str) -> str:
        """Return what to do about an `error` of bubblewrap's."""
        if "nknown option" in error:
            return _INSTALL
        return "allow unprivileged user namespaces, or choose another sandbox"

    @asynccontextmanager
    async def place(self, setup: Setup, limits: Limits) -> AsyncGenerator[BubblewrapPlace]:
        """Make a place in a tmpfs; the processes that hold it die with evalrun."""
        mounts = {**self._read_only, **setup.mounts}
        bwrap = shutil.which("bwrap")
        if bwrap is None:
            raise PlaceError("bwrap is not installed")
        _check_readable(mounts.values())
        with _status_pipe() as (status, written):
            size, new_user = limits.disk_bytes, _new_user()
            holder = await asyncio.create_subprocess_exec(
                *outer_arguments(bwrap, mounts.values(), size, written, new_user=new_user),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_OUTER_ENV,
                pass_fds=(written,),
                start_new_session=True,
            )
            try:
                await asyncio.wait_for(_ready(holder), _START_S)
                process = _news(status)["child-pid"]
                with _furnished(process, setup) as root:
                    yield BubblewrapPlace(root, process, tuple(mounts))
            finally:
                with suppress(ProcessLookupError):
                    holder.kill()
                await holder.communicate()


class BubblewrapPlace:
    """A tmpfs, and the process whose namespace it is in."""

    def __init__(self, root: int, process: int, mounts: Sequence[str]) -> None:
        self.root = root
        self.owner = None if _new_user() else NOBODY
        self._process = process
        self._mounts = mounts

    @asynccontextmanager
    async def launch(self, command: Command, limits: Limits) -> AsyncGenerator[Launch]:
        """Return how `command` is started in namespaces of its own."""
        with _status_pipe() as (status, written), _seccomp_file() as seccomp:
            inner = inner_arguments(command.cwd, command.env, self._mounts, written, seccomp)
            entry = entering(self._process, new_user=_new_user())
            yield Launch(
                argv=(*entry, "--", *inner, *prlimit(limits, processes=True), *command.argv),
                env=_OUTER_ENV,
                guard=_TreeGuard(status, limits, self.is_full),
                descriptors=(written, *((seccomp,) if seccomp is not None else ())),
            )

    def is_full(self) -> bool:
        """Whether the tmpfs has no room left, for bytes or for more files."""
        state = os.fstatvfs(self.root)
        return state.f_bavail == 0 or state.f_files - state.f_ffree > _MOST_FILES


class _TreeGuard:
    """Watches the processes below bubblewrap's first one, which is process 1 inside."""

    def __init__(self, status: int, limits: Limits, is_full: Callable[[], bool]) -> None:
        self._status = status
        self._limits = limits
        self._is_full = is_full
        self.cpu_s = 0.0
        self._told: dict[str, int] = {}

    def breach(self) -> Breach | None:
        limits = self._limits
        if self._is_full():
            return Breach("disk", f"filled the {limits.disk_bytes} bytes that it may")
        proc = self._proc()
        if proc is None:
            return None
        use = tree_use(proc)
        self.cpu_s = max(self.cpu_s, use.cpu_s)
        if use.tasks >= limits.processes:
            return Breach("processes", f"started {limits.processes} processes or threads")
        if limits.cpu_s is not None and use.cpu_s > limits.cpu_s:
            return Breach("timeout", f"took more than {limits.cpu_s:g} s of processor time")
        if use.memory_bytes > limits.memory_bytes and own_memory(proc) > limits.memory_bytes:
            return Breach("memory", f"held more than {limits.memory_bytes} bytes")
        return None

    async def fate(self) -> Fate:
        return Fate("exit-code" in self._news())

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill process 1 inside, with which the kernel ends all others there."""
        first = self._news().get("child-pid")
        if first is None:
            kill_group(process)
        else:
            with suppress(ProcessLookupError):
                os.kill(first, signal.SIGKILL)

    def _proc(self) -> Path | None:
        """Return the /proc of the namespace, once process 1 has it in place of this machine's."""
        first = self._news().get("child-pid")
        proc = Path(f"/proc/{first}/root/proc")
        try:
            is_own = first is not None and proc.stat().st_dev != Path("/proc").stat().st_dev
        except OSError:
            return None
        return proc if is_own else None

    def _news(self) -> dict[str, int]:
        self._told.update(_news(self._status))
        return self._told


def _check_readable(mounts: Iterable[Path]) -> None:
    """Refuse what root mounts and nobody, as whom root's commands run, could not read."""
    for path in () if _new_user() else mounts:
        if not path.stat().st_mode & stat.S_IROTH:
            raise PlaceError(f"others than root cannot read {path}: chmod -R o+rX {path}")


def _new_user() -> bool:
    return os.geteuid() != 0


async def _ready(holder: asyncio.subprocess.Process) -> None:
    """Return when the place that `holder` holds is there. Raises PlaceError."""
    assert holder.stdout is not None  # noqa: S101 - it was started with pipes
    if await holder.stdout.readline():
        return
    _, said = await holder.communicate()
    raise PlaceError(said.decode(errors="replace").strip() or "bwrap ended at once")


def _news(status: int) -> dict[str, int]:
    """Return what bubblewrap has told at `status` since the last time: a JSON object a line."""
    told: dict[str, int] = {}
    with suppress(BlockingIOError):
        for line in os.read(status, 1 << 16).splitlines():
            told.update(msgspec.json.decode(line))
    return told


@contextmanager
def _furnished(process: int, setup: Setup) -> Generator[int]:
    """Put what `setup` names at the place that `process` holds; yield its workspace's folder."""
    stage = Path(f"/proc/{process}/root{STAGE}")
    owner = None if _new_user() else NOBODY
    (stage / "etc").mkdir()
    for name, content in ETC_FILES.items():
        (stage / "etc" / name).write_text(content)
    for name in ("work", "scratch", "shm"):
        (stage / name).mkdir()
        if owner is not None:
            os.chown(stage / name, owner, owner)
    files.copy_folders(stage / "work", setup.folders, owner)
    root = os.open(stage / "work", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        files.write_files(root, setup.files, owner)
        yield root
    finally:
        os.close(root)


@contextmanager
def _status_pipe() -> Generator[tuple[int, int]]:
    """Yield both ends of a pipe; reading does not wait."""
    read, written = os.pipe()
    os.set_blocking(read, False)
    try:
        yield read, written
    finally:
        os.close(read)
        os.close(written)


@contextmanager
def _seccomp_file() -> Generator[int | None]:
    """Yield a descriptor from which bubblewrap reads the filter; None where there is none."""
    program = filter_program()
    if program is None:
        yield None
        return
    with tempfile.TemporaryFile() as file:
        file.write(program)
        file.seek(0)
        yield file.fileno()
