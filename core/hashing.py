"""Stable hashes of data and files."""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

# Clocks of file systems tick this often, or oftener.
_SETTLED_S = 2.0
_canonical = msgspec.json.Encoder(order="sorted")


def sha256_of(data: Any) -> str:
    """Return the SHA-256 of `data` as canonical JSON (sorted keys), in hex."""
    return hashlib.sha256(_canonical.encode(data)).hexdigest()


def without_unset(settings: msgspec.Struct, *names: str) -> dict[str, Any]:
    """Return `settings` as plain data, but for those of the fields `names` that are None.

    For fields that were added when hashes of the others were in use: left unset, they change none.
    """
    data: dict[str, Any] = msgspec.to_builtins(settings)
    return {key: value for key, value in data.items() if key not in names or value is not None}


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex. Raises OSError."""
    return _digest_of_file(path, "sha256")


def md5_of_file(path: Path) -> str:
    """Return the MD5 of a file's bytes, in hex: it tells damage, not malice. Raises OSError."""
    return _digest_of_file(path, "md5")


def _digest_of_file(path: Path, algorithm: str) -> str:
    """Return the digest of a file, which is read once as long as it stays what it is.

    Runs of one sweep read the same data. A file that was written just now may change again without
    its time telling, so it is not relied on.
    """
    now = path.stat()
    if time.time() - now.st_mtime < _SETTLED_S:
        return _read_digest(path, algorithm)
    return _known_digest(path.absolute(), algorithm, (now.st_ino, now.st_size, now.st_mtime_ns))


@lru_cache(maxsize=4096)
def _known_digest(path: Path, algorithm: str, _version: tuple[int, ...]) -> str:
    return _read_digest(path, algorithm)


def _read_digest(path: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
