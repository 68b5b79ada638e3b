"""The command lines of bubblewrap: bwrap(1), version 0.8 or newer.

Two are nested. The outer one makes a place: the read-only system, what is mounted, and a tmpfs of a
fixed size. The inner one, once for each command, joins it and leaves behind everything else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...core.sandbox import WORKSPACE

STAGE = "/stage"
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
# The user inside, who is nobody outside either.
NOBODY = 65534
STAGED_BWRAP = f"{STAGE}/bwrap"
_TMP, _SHM = "/tmp", "/dev/shm"  # noqa: S108 - those inside

# Of the root folder: where they are links into /usr they stay links.
_SYSTEM = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
# Of /etc: what programs need to find each other, and nothing that is secret or about this machine.
_ETC = (
    "alternatives",
    "crypto-policies",
    "java*",
    "jvm*",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "pki/java",
    "python3*",
    "ssl/certs",
    "ssl/openssl.cnf",
)
ETC_FILES = {
    "passwd": f"nobody:x:{NOBODY}:{NOBODY}:nobody:/tmp:/bin/sh\n",
    "group": f"nogroup:x:{NOBODY}:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
}


def outer_arguments(
    bwrap: str, mounts: Iterable[Path], size: int, status: int, *, new_user: bool
) -> tuple[str, ...]:
    """Return what makes a place, says `ready`, and keeps it until its stdin ends.

    `mounts` are staged, each under its number. `status` is an open descriptor for bubblewrap's
    status as JSON: `child-pid` is the process that keeps the place. `new_user` is for users who are
    not root, whom only a user namespace lets mount anything.
    """
    staged = (
        word
        for number, source in enumerate(mounts)
        for word in ("--ro-bind", str(source), staged_mount(number))
    )
    return (
        bwrap,
        *(("--unshare-user",) if new_user else ()),
        "--die-with-parent",
        "--json-status-fd",
        str(status),
        *_system(),
        *("--bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev", "--dir", _TMP),
        *("--perms", "0755", "--size", str(size), "--tmpfs", STAGE),
        *("--ro-bind", bwrap, STAGED_BWRAP, *_open_folders(staged_mount(0))),
        *staged,
        *("--", "sh", "-c", "echo ready; exec cat >/dev/null"),
    )


def entering(process: int, *, new_user: bool) -> tuple[str, ...]:
    """Return what goes before a program to run it at the place that `process` holds (nsenter(1)).

    Root becomes nobody there; others stay who they are. The program is the first to go when the
    machine runs out of memory.
    """
    user = (
        ("--user", "--preserve-credentials")
        if new_user
        else ("--setuid", str(NOBODY), "--setgid", str(NOBODY))
    )
    return ("choom", "-n", "1000", "--", "nsenter", "--target", str(process), "--mount", *user)


def inner_arguments(
    cwd: str, env: Mapping[str, str], mounts: Iterable[str], status: int, seccomp: int | None
) -> tuple[str, ...]:
    """Return what contains one command, whose words follow.

    `mounts` are the paths inside, in the order in which they were staged; `status` and `seccomp`
    are open descriptors: for bubblewrap's status as JSON, and with a filter program.
    """
    staged = (
        word
        for number, target in enumerate(mounts)
        for word in (*_open_folders(target), "--ro-bind", staged_mount(number), target)
    )
    return (
        STAGED_BWRAP,
        *("--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"),
        *("--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "sandbox"),
        *("--die-with-parent", "--new-session", "--json-status-fd", str(status)),
        *(("--seccomp", str(seccomp)) if seccomp is not None else ()),
        "--clearenv",
        *(word for name, value in _environment(env).items() for word in ("--setenv", name, value)),
        *_system(),
        *("--proc", "/proc", "--dev", "/dev"),
        *(w for name in ETC_FILES for w in ("--ro-bind", f"{STAGE}/etc/{name}", f"/etc/{name}")),
        *("--bind", f"{STAGE}/work", WORKSPACE, "--bind", f"{STAGE}/scratch", _TMP),
        *("--bind", f"{STAGE}/shm", _SHM),
        *staged,
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", os.path.normpath(f"{WORKSPACE}/{cwd}"), "--"),
    )


def staged_mount(number: int) -> str:
    """Return where the mount of this number is at a place."""
    return f"{STAGE}/mounts/{number}"


def _open_folders(path: str) -> list[str]:
    """Make the folders above `path` such that anybody may pass: bubblewrap's own are private."""
    above = reversed(Path(path).parents[:-1])
    return [word for folder in above for word in ("--perms", "0755", "--dir", str(folder))]


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    basic = {"PATH": SYSTEM_PATH, "HOME": _TMP, "TMPDIR": _TMP, "LANG": "C.UTF-8"}
    return {**basic, **env}


def _system() -> list[str]:
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            arguments += ["--ro-bind", str(path), str(path)]
    arguments += _open_folders("/etc/ssl/certs") + _open_folders("/etc/pki/java")
    for pattern in _ETC:
        for path in sorted(Path("/etc").glob(pattern)):
            arguments += ["--ro-bind", str(path), str(path)]
    return arguments
