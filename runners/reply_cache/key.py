"""The key of a call in the reply cache: a hash of all that determines the reply."""

from __future__ import annotations

import hashlib
import math
import mimetypes
from collections.abc import Iterator
from typing import Any

import msgspec

from ...core.content import AudioPart, Content, ImagePart, Part, TextPart, local_path
from ...core.exchange import Call
from ...core.hashing import sha256_of_file, without_unset

# Hashing so many characters takes about a millisecond.
LONG_CHARACTERS = 1_000_000

# What is hashed is a row of tagged pieces, each of which shows where it ends: a text at the byte
# that UTF-8 never holds, the rest as JSON or by its fixed length. So no two calls are the same row.
_MESSAGE, _TEXT, _END_OF_TEXT, _ADDRESS, _FILE = b"m", b"t", b"\xff", b"a", b"f"
_encode = msgspec.json.Encoder().encode


class ReplyKeys:
    """Makes the keys of the calls to one client, whose `identity` is part of each.

    Mappings enter in their own order: a model may write the fields of a schema as they come.
    """

    def __init__(self, identity: dict[str, Any]) -> None:
        self._identified = hashlib.sha256(_encode(identity))

    def key(self, call: Call) -> bytes | None:
        """Return the key of `call`: the same for the same request, however its texts are cut.

        Local files enter by what they hold. None if a file cannot be read or a value has no
        encoding: the client itself tells best what is wrong with such a call.
        """
        digest = self._identified.copy()
        try:
            for piece in _pieces(call):
                digest.update(piece)
        except (OSError, ValueError, TypeError):
            return None
        return digest.digest()


def takes_long(call: Call) -> bool:
    """Tell whether making the key of `call` would hold up an event loop: files, or much text."""
    return sum(_weight(message.content) for message in call.messages) > LONG_CHARACTERS


def _weight(content: Content) -> float:
    if isinstance(content, str):
        return len(content)
    return sum(_weight_of_part(part) for part in content)


def _weight_of_part(part: Part) -> float:
    if isinstance(part, TextPart):
        return len(part.text)
    return len(part.url) if local_path(part.url) is None else math.inf


def _pieces(call: Call) -> Iterator[bytes]:
    """Yield what is hashed of `call`: all but `shared`, with one text at a time encoded."""
    # Written so that a field that calls or messages have one day enters by itself.
    settings = msgspec.to_builtins(msgspec.structs.replace(call, messages=(), shared=()))
    yield _encode({**settings, "sampling": without_unset(call.sampling, "top_k")})
    for message in call.messages:
        yield _MESSAGE + _encode(msgspec.structs.replace(message, content=""))
        yield from _pieces_of_content(message.content)


def _pieces_of_content(content: Content) -> Iterator[bytes]:
    """Yield what is hashed of `content`: the same for contents that `merged` makes equal."""
    in_text = False
    for part in (TextPart(content),) if isinstance(content, str) else content:
        if isinstance(part, TextPart):
            if not in_text:
                yield _TEXT
            yield part.text.encode(errors="surrogatepass")
            in_text = True
        else:
            if in_text:
                yield _END_OF_TEXT
            yield _piece_of_file(part)
            in_text = False
    if in_text:
        yield _END_OF_TEXT


def _piece_of_file(part: ImagePart | AudioPart) -> bytes:
    path = local_path(part.url)
    if path is None:
        return _ADDRESS + _encode(part)
    # A file is sent with the media type that its name stands for.
    media_type = mimetypes.guess_type(path.name)[0] or ""
    content = bytes.fromhex(sha256_of_file(path))
    return _FILE + _encode(msgspec.structs.replace(part, url=media_type)) + content
