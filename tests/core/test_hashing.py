"""Digests of files, remembered only while the files stay what they are."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

from evalrun.core.hashing import md5_of_file, sha256_of_file


def settled(path: Path, content: bytes, age_s: float = 3600.0) -> Path:
    """Write a file as of some time ago."""
    path.write_bytes(content)
    at = time.time() - age_s
    os.utime(path, (at, at))
    return path


def test_digests_are_those_of_the_bytes(tmp_path: Path) -> None:
    path = settled(tmp_path / "file", b"words")
    for _ in range(2):
        assert sha256_of_file(path) == hashlib.sha256(b"words").hexdigest()
        assert md5_of_file(path) == hashlib.md5(b"words").hexdigest()


def test_a_settled_file_is_read_once(tmp_path: Path) -> None:
    path = settled(tmp_path / "file", b"words")
    before = path.stat()
    first = sha256_of_file(path)
    with path.open("r+b") as file:  # behind the back of the file system
        file.write(b"WORDS")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert sha256_of_file(path) == first


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = settled(tmp_path / "file", b"words")
    first = sha256_of_file(path)
    settled(path, b"WORDS", age_s=1800.0)
    assert sha256_of_file(path) == hashlib.sha256(b"WORDS").hexdigest() != first


def test_what_was_written_just_now_is_never_remembered(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"words", b"WORDS", b"wordS"):
        path.write_bytes(content)
        assert sha256_of_file(path) == hashlib.sha256(content).hexdigest()
