"""Texts that data sets keep as base64(zlib(pickle(text))), read without unpickling anything.

LiveCodeBench packs the tests of a problem so, and LiveBench took them over.
"""

from __future__ import annotations

import base64
import binascii
import pickletools
import zlib

# What a pickle of one text consists of, in every protocol: the text, and no call of anything.
_TEXT = frozenset({"UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"})
_AROUND = frozenset({"PROTO", "FRAME", "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "STOP"})
_MOST_BYTES = 1 << 30


def unpacked(packed: str, most_bytes: int = _MOST_BYTES) -> str:
    """Return the text in `packed`.

    Raises ValueError for what is not packed so, holds anything but one text, or is larger than
    `most_bytes`. No pickle is executed: its codes are listed, and any that could build something
    else than a text is refused.
    """
    try:
        compressed = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it is not base64") from None
    return _text_of_pickle(_decompressed(compressed, most_bytes))


def _decompressed(data: bytes, most_bytes: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data, most_bytes)
    except zlib.error as error:
        raise ValueError(f"it is not compressed by zlib: {error}") from None
    if not stream.eof:
        raise ValueError(f"it is cut short, or larger than {most_bytes} bytes")
    return content


def _text_of_pickle(pickled: bytes) -> str:
    texts: list[str] = []
    try:
        for code, argument, _ in pickletools.genops(pickled):
            if code.name in _TEXT:
                texts.append(str(argument))
            elif code.name not in _AROUND:
                raise ValueError(f"its pickle does more than hold a text: {code.name}")
    except (IndexError, OverflowError) as error:
        raise ValueError(f"it is not a pickle: {error}") from None
    if len(texts) != 1:
        raise ValueError(f"its pickle holds {len(texts)} texts, not one")
    return texts[0]
