"""Files inside data URLs (RFC 2397)."""

from __future__ import annotations

import base64

from ...core.exchange import ReplyFile


def file_in(url: str) -> ReplyFile | None:
    """Return the file that a base64 data URL holds; None for any other text."""
    header, comma, data = url.partition(",")
    media_type, _, encoding = header.removeprefix("data:").partition(";")
    if not (url.startswith("data:") and comma and encoding.endswith("base64")):
        return None
    try:
        return ReplyFile(media_type, base64.b64decode(data, validate=True))
    except ValueError:
        return None
