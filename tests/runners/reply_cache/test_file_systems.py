"""Which folders lie on a disk of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalrun.runners.reply_cache.file_systems import is_networked

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /home rw,relatime - nfs4 server:/home rw,vers=4.2
24 23 0:22 / /home/local rw master:3 propagate_from:2 - xfs /dev/vdb rw
25 22 0:23 / /mnt/with\\040space rw - lustre fs@tcp:/x rw
26 22 0:24 / /scratch rw - ext4 /dev/vdc rw
27 22 0:25 / /scratch rw - fuse.sshfs host: rw
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/cache", False),
        ("/home/me/.cache/evalrun", True),
        ("/homes/me", False),
        ("/home/local/me", False),
        ("/mnt/with space/cache", True),
        ("/scratch/me", True),
    ],
)
def test_the_inmost_and_latest_mount_decides(path: str, expected: bool, tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert is_networked(Path(path), mounts) is expected


def test_a_type_that_is_not_known_is_taken_to_be_networked(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("22 1 254:0 / / rw - newfs /dev/vda rw\n")
    assert is_networked(Path("/var"), mounts)


def test_a_system_that_tells_no_mounts_has_local_disks(tmp_path: Path) -> None:
    assert not is_networked(Path("/Users/me"), tmp_path / "none")


def test_the_mounts_of_this_machine_can_be_read(tmp_path: Path) -> None:
    assert is_networked(tmp_path) in (True, False)
