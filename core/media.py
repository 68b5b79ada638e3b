"""Images by their bytes: what kind they are, and whether a data URL holds one."""

from __future__ import annotations

import base64

# Where the signature of each kind stands, and what it is.
_SIGNATURES: tuple[tuple[str, tuple[tuple[int, bytes], ...]], ...] = (
    ("image/png", ((0, b"\x89PNG"),)),
    ("image/jpeg", ((0, b"\xff\xd8\xff"),)),
    ("image/gif", ((0, b"GIF8"),)),
    ("image/webp", ((0, b"RIFF"), (8, b"WEBP"))),
)
# So many characters of base64 hold every signature.
_BEGINNING = 16

NO_IMAGE = "no PNG, JPEG, GIF or WebP image"
IMAGE_TYPES = tuple(media_type for media_type, _ in _SIGNATURES)


class NoImageError(ValueError):
    """What should be an image is none; the text says why."""


def image_type(data: bytes) -> str | None:
    """Return the media type of the image that begins with `data`: PNG, JPEG, GIF or WebP, or None.

    Only the signature is looked at.
    """
    for media_type, marks in _SIGNATURES:
        if all(data.startswith(mark, at) for at, mark in marks):
            return media_type
    return None


def image_url(encoded: str) -> str:
    """Return the data URL of an image in base64, its type told by its bytes.

    What is no image gets a type that says so, and is refused where it is to be sent.
    """
    try:
        beginning = base64.b64decode(encoded[:_BEGINNING], validate=True)
    except ValueError:
        beginning = b""
    media_type = image_type(beginning) or "application/octet-stream"
    return f"data:{media_type};base64,{encoded}"


def decoded_image(url: str) -> bytes:
    """Return the bytes of a base64 data URL that is called an image. Raises NoImageError."""
    header, _, encoded = url.partition(",")
    named, _, encoding = header.removeprefix("data:").partition(";")
    if not encoding.endswith("base64"):
        raise NoImageError("a data URL without base64")
    if not named.startswith("image/"):
        raise NoImageError(NO_IMAGE)
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise NoImageError(f"no base64: {error}") from None
