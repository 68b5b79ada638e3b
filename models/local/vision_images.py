"""Conversations with images in the form that processors of transformers take."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import PIL.Image

from ...core.content import AudioPart, ImagePart, Message, Part, TextPart, local_path, merged
from ...core.errors import SampleError
from ...core.media import NoImageError, decoded_image

Loaded = list[dict[str, Any]]
"""Messages whose content lists parts: {"type": "text", "text"}, {"type": "image", "image"}."""


def with_images(messages: Sequence[Message]) -> Loaded:
    """Return `messages` with their images decoded, as RGB.

    Raises SampleError naming what is no image, and for images on the web, which are not fetched.
    """
    return [{"role": message.role, "content": _parts(message)} for message in messages]


def _parts(message: Message) -> list[dict[str, Any]]:
    content = merged(message.content)
    parts = (TextPart(content),) if isinstance(content, str) else content
    return [_part(part) for part in parts]


def _part(part: Part) -> dict[str, Any]:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case ImagePart(url):
            return {"type": "image", "image": _image(url)}
        case AudioPart():
            raise SampleError(
                "engine=torch_vision reads texts and images, and the sample holds sounds",
                kind="bad_request",
            )


def _image(url: str) -> PIL.Image.Image:
    data, name = _bytes(url)
    try:
        with PIL.Image.open(io.BytesIO(data)) as image:
            return image.convert("RGB")
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
        # A file that ends too early is an OSError, one with a broken header a SyntaxError.
        raise SampleError(f"{name}: no readable image: {error}", kind="bad_request") from None


def _bytes(url: str) -> tuple[bytes, str]:
    """Return the bytes of an image, and how messages call it. Raises SampleError."""
    path = local_path(url)
    if path is not None:
        try:
            return path.read_bytes(), str(path)
        except OSError as error:
            reason = error.strerror or "cannot be read"
            raise SampleError(f"{path}: {reason}", kind="bad_request") from None
    if not url.startswith("data:"):
        raise SampleError(
            f"{url:.80}: engine=torch_vision fetches no images; save it locally", kind="bad_request"
        )
    try:
        return decoded_image(url), "an image of this sample"
    except NoImageError as error:
        raise SampleError(f"an image of this sample is {error}", kind="bad_request") from None
