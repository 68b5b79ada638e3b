"""Stable hashes of data and files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

_canonical = msgspec.json.Encoder(order="sorted")


def sha256_of(data: Any) -> str:
    """Return the SHA-256 of `data` as canonical JSON (sorted keys), in hex."""
    return hashlib.sha256(_canonical.encode(data)).hexdigest()


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
