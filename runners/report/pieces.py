"""Rows of a report as files of their own, which a page loads when it needs them.

A piece is a script that hands JSON to the page by a call, because a page opened from a disk
(file://) may load scripts that lie beside it but not fetch anything. The JSON is a string inside
the script: the browser parses it faster than an object literal, and a key such as `__proto__`
means nothing in it.
"""

from __future__ import annotations

import msgspec

from ...core.unicode import well_formed

_ESCAPES = {
    ord("<"): r"\u003c",
    ord(">"): r"\u003e",
    ord("&"): r"\u0026",
    ord("'"): r"\u0027",
    0x2028: r"\u2028",
    0x2029: r"\u2029",
}


def script(name: str, content: msgspec.Struct) -> bytes:
    """Return the text of the file `pieces/<name>.js`, which gives the page `content`."""
    literal = inert_json(content).replace("\\", "\\\\")
    return f"evalrun.provide('{name}', '{literal}');\n".encode()


def inert_json(content: msgspec.Struct) -> str:
    """Return `content` as JSON in which nothing ends an HTML element or a quoted string.

    Lone surrogates become U+FFFD.
    """
    try:
        encoded = msgspec.json.encode(content)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(well_formed(msgspec.to_builtins(content)))
    return encoded.decode().translate(_ESCAPES)
