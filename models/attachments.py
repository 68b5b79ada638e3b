"""Messages in the shape of OpenAI's chat API: images, sounds and tool calls included."""

from __future__ import annotations

import asyncio
import base64
import mimetypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..core.content import (
    AudioPart,
    Content,
    ImagePart,
    Message,
    Part,
    TextPart,
    ToolCall,
    local_path,
    merged,
)
from ..core.errors import SampleError
from ..core.media import IMAGE_TYPES, NO_IMAGE, NoImageError, decoded_image, image_type

_REMOTE = ("http://", "https://")


async def to_openai(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Return `messages` as request JSON; local files are read and sent as base64.

    Raises SampleError naming a file that cannot be read, and for what should be an image and is
    none.
    """
    return [await _message(message) for message in messages]


async def _message(message: Message) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "content": await _content(message.content)}
    if message.tool_calls:
        body["tool_calls"] = [_tool_call(call) for call in message.tool_calls]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def _tool_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


async def _content(content: Content) -> str | list[dict[str, Any]]:
    whole = merged(content)
    return whole if isinstance(whole, str) else [await _part(part) for part in whole]


async def _part(part: Part) -> dict[str, Any]:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case ImagePart(url):
            return {"type": "image_url", "image_url": {"url": await _image(url)}}
        case AudioPart(url):
            return {"type": "input_audio", "input_audio": await _audio(url)}


async def _image(url: str) -> str:
    """Return a local image as a data URL, and any other address as it is, once it was looked at.

    A file is of the kind that its bytes say; its name says it where the bytes tell none.
    """
    path = local_path(url)
    if path is not None:
        content = await _content_of(path)
        named = _type_by_name(path)
        other = named if named.startswith("image/") and named not in IMAGE_TYPES else None
        media_type = image_type(content) or other
        if media_type is None:
            raise SampleError(f"{path}: {NO_IMAGE}", kind="bad_request")
        return _data_url(media_type, content)
    if ";base64," in url:
        try:
            decoded_image(url)
        except NoImageError as error:
            raise SampleError(f"an image of this sample is {error}", kind="bad_request") from None
    return url


async def _audio(url: str) -> dict[str, str]:
    if url.startswith(_REMOTE):
        raise SampleError(
            f"{url}: chat APIs take sounds as files, not as web addresses; save it locally",
            kind="bad_request",
        )
    header, _, data = (await _data(url)).partition(",")
    form = header.removeprefix("data:audio/").partition(";")[0]
    return {"data": data, "format": {"mpeg": "mp3", "x-wav": "wav"}.get(form, form)}


async def _data(url: str) -> str:
    """Return `url` as a data URL, or a web address as it is."""
    path = local_path(url)
    return url if path is None else _data_url(_type_by_name(path), await _content_of(path))


async def _content_of(path: Path) -> bytes:
    try:
        return await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise SampleError(f"{path}: {reason}", kind="bad_request") from None


def _type_by_name(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _data_url(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
