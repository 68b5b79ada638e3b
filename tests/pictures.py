"""Small pictures in every kind that chat APIs take."""

from __future__ import annotations

import base64
import struct
import zlib

# Eight by eight pixels of one colour each.
_JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP////////////////////////////////////////////////////////"
    "//////////////////////////////wAALCAAIAAgBASIA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAA"
    "AAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)
_GIF = "R0lGODdhCAAIAIAAAAAAAAAAACwAAAAACAAIAAAIDwABCBxIsKDBgwgTKkwYEAA7"
_WEBP = "UklGRhwAAABXRUJQVlA4TA8AAAAvB8ABAAcQ/Y/+ByKi/wEA"
_OTHERS = {"image/jpeg": _JPEG, "image/gif": _GIF, "image/webp": _WEBP}
_COLOURS = {"red": b"\xff\0\0", "blue": b"\0\0\xff"}
KINDS = ("image/png", *_OTHERS)


def picture(media_type: str = "image/png", colour: str = "red", side: int = 8) -> bytes:
    """Return a square of one colour; only PNG has a choice of it, and of its size."""
    if media_type in _OTHERS:
        return base64.b64decode(_OTHERS[media_type])
    rows = (b"\0" + _COLOURS[colour] * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def data_url(content: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{encoded(content)}"


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
