"""What tables show as JSON, for programs."""

from __future__ import annotations

from typing import Any

import msgspec


def json_text(content: Any) -> str:
    """Return `content`, of structs and plain data, as indented JSON with numbers as they are."""
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"
