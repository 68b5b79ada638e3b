"""Request bodies as JSON, in which a long text that many requests share is encoded once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import msgspec

from ...core.errors import SampleError
from .api import Body

LONG_TEXT = 8192
_ROOM = 64 << 20
_encoder = msgspec.json.Encoder()


def json_body(fields: dict[str, Any]) -> Body:
    """Return `fields` as the body of a request. Raises SampleError as `to_json` does."""
    return Body(to_json(fields))


def to_json(value: Any) -> bytes:
    """Return `value` as JSON. Raises SampleError for text that is no valid Unicode."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise SampleError(
            f"a text holds U+{ord(half):04X}, half of a surrogate pair, which cannot be sent; "
            "mend it in the data",
            kind="bad_request",
        ) from None


class EncodedTexts:
    """JSON strings of texts; long ones are kept, the latest used, up to 64 MiB of them."""

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def joined(self, texts: Iterable[str]) -> msgspec.Raw:
        """Return the JSON string of all `texts` in a row, for use inside another JSON value.

        Nothing is escaped across the seam of two texts, so their JSON strings without quotation
        marks can be put next to each other. Raises SampleError as `to_json` does.
        """
        return msgspec.Raw(b"".join((b'"', *map(self._unquoted, texts), b'"')))

    def _unquoted(self, text: str) -> bytes:
        if len(text) < LONG_TEXT:
            return to_json(text)[1:-1]
        encoded = self._kept.get(text)
        if encoded is None:
            encoded = to_json(text)[1:-1]
            self._keep(text, encoded)
        else:
            self._kept.move_to_end(text)
        return encoded

    def _keep(self, text: str, encoded: bytes) -> None:
        self._kept[text] = encoded
        self._bytes += len(encoded)
        while self._bytes > self._room:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)
