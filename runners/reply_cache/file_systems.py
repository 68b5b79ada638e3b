"""What lies under a folder: a disk of this machine, or one that other machines reach too."""

from __future__ import annotations

import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
# What is not known to be local is taken to be networked: that is slower, but never wrong.
_LOCAL = frozenset(
    {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "ramfs", "tmpfs", "xfs", "zfs"}
)


def is_networked(path: Path, mounts: Path = _MOUNTS) -> bool:
    """Tell whether `path`, which need not exist, may lie on a network file system.

    `mounts` is in the form of /proc/PID/mountinfo (proc(5)). Systems without it, such as macOS,
    are taken to keep the folders of their users on a disk of their own.
    """
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return False
    whole = path.resolve()
    inmost, type_of_inmost = Path(), ""
    for line in lines:
        mount, _, source = line.partition(" - ")
        point = Path(_unescaped(mount.split()[4]))
        # A later mount hides an earlier one on the same folder.
        if whole.is_relative_to(point) and len(point.parts) >= len(inmost.parts):
            inmost, type_of_inmost = point, source.split()[0]
    return type_of_inmost not in _LOCAL


def _unescaped(text: str) -> str:
    """Return `text` with its octal escapes resolved, such as that of a space: 040 in base 8."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
