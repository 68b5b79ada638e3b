"""Images: OpenAI's API for making them, and for changing images that are shown."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from aiohttp import FormData

from ...core.content import AudioPart, ImagePart, Message, text_of
from ...core.errors import SampleError
from ...core.exchange import Call, Reply, ReplyFile, ReplyTiming, Usage
from ...core.media import image_type
from ..attachments import to_openai
from ..forms import refuse_form
from .api import Answered, Body, Server
from .data_urls import file_in
from .json_text import json_body, to_json
from .settings import ApiSettings
from .usage import Count

GENERATIONS = "images/generations"
EDITS = "images/edits"
# These always answer with base64, and refuse to be told.
_ALWAYS_BASE64 = "gpt-image"
_UNKNOWN = "application/octet-stream"


class ImageItem(msgspec.Struct, frozen=True):
    """An image of an answer: inside it, or where it is on the web."""

    b64_json: str | None = None
    url: str | None = None
    revised_prompt: str | None = None


class ImageUsage(msgspec.Struct, frozen=True):
    """The `usage` of an answer; DALL-E models tell none."""

    input_tokens: Count = None
    output_tokens: Count = None

    def usage(self) -> Usage:
        """Return it in our terms."""
        return Usage(
            input_tokens=max(0, int(self.input_tokens or 0)),
            output_tokens=max(0, int(self.output_tokens or 0)),
        )


class ImagesAnswer(msgspec.Struct, frozen=True):
    """An answer of either path."""

    data: Annotated[tuple[ImageItem, ...], msgspec.Meta(min_length=1)]
    usage: ImageUsage | None = None


class ImagesApi:
    """`POST images/generations`, or `POST images/edits` where the user's message holds images.

    The prompt is the text of the last user message; nothing else of a conversation has a place in
    a request. Neither have sampling settings: what an image is to be (`size`, `quality`) stands in
    `model.extra`. The images come inside the answer: that is asked for by `response_format`, but of
    GPT Image models, which refuse it and do so anyway. The text of a reply is the prompt as the
    model revised it. An image that a server leaves on the web is never fetched: its address is text
    of the reply.

    Source: OpenAI's API reference, "Create image" and "Create image edit".
    """

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings

    async def several(
        self,
        call: Call,
        n: int,  # noqa: ARG002 - not every model makes several images at once
        server: Server,
    ) -> tuple[Reply, ...]:
        """Answer `call` with one reply, whatever `n`. Raises SampleError, EndpointError."""
        refuse_form(call.form, "model.api=images")
        message = _last_of_user(call.messages)
        fields = self._fields(text_of(message.content))
        shown = await _images(message)
        if shown:
            answered = await server.post(EDITS, await _form(fields, shown), ImagesAnswer)
        else:
            answered = await server.post(GENERATIONS, json_body(fields), ImagesAnswer)
        return (_reply(answered, server),)

    def identity(self) -> dict[str, Any]:
        """Return the model's settings."""
        return self._settings.identity()

    def _fields(self, prompt: str) -> dict[str, Any]:
        """Return the fields of a request; null in `extra` leaves one out."""
        model = self._settings.model
        base64_said = {} if _ALWAYS_BASE64 in model else {"response_format": "b64_json"}
        fields = {**base64_said, **self._settings.extra, "model": model, "prompt": prompt}
        return {name: value for name, value in fields.items() if value is not None}


async def _form(fields: dict[str, Any], images: Sequence[bytes]) -> Body:
    """Return `fields` and `images` as multipart/form-data (RFC 7578). Raises SampleError."""
    form = FormData()
    for name, value in fields.items():
        encoded = to_json(value)
        form.add_field(name, value if isinstance(value, str) else encoded.decode())
    for number, image in enumerate(images, start=1):
        kind = _media_type(image)
        ending = mimetypes.guess_extension(kind, strict=False)
        form.add_field("image[]", image, filename=f"image-{number}{ending}", content_type=kind)
    payload = form()
    return Body(await payload.as_bytes(), payload.content_type)


def _last_of_user(messages: Sequence[Message]) -> Message:
    for message in reversed(messages):
        if message.role == "user":
            return message
    raise SampleError("images are made of a user's message, and there is none", kind="bad_request")


async def _images(message: Message) -> list[bytes]:
    """Return the images of `message`, read. Raises SampleError for what cannot be sent."""
    if isinstance(message.content, str):
        return []
    if any(isinstance(part, AudioPart) for part in message.content):
        raise SampleError("model.api=images takes no sounds", kind="bad_request")
    shown = tuple(part for part in message.content if isinstance(part, ImagePart))
    (sent,) = await to_openai([Message("user", shown)])
    return [_bytes(part["image_url"]["url"]) for part in sent["content"]]


def _bytes(url: str) -> bytes:
    file = file_in(url)
    if file is None:
        raise SampleError(
            f"{url:.80}: images to change are sent as files, not as web addresses; save it locally",
            kind="bad_request",
        )
    return file.data


def _reply(answered: Answered[ImagesAnswer], server: Server) -> Reply:
    answer = answered.content
    files = [_made(item, server) for item in answer.data]
    left = [i.url for i, file in zip(answer.data, files, strict=True) if file is None and i.url]
    revised = [item.revised_prompt for item in answer.data if item.revised_prompt]
    return Reply(
        text="\n".join([*revised, *left]),
        stop_reason="stop",
        timing=ReplyTiming(latency_s=answered.latency_s),
        usage=(answer.usage or ImageUsage()).usage(),
        files=tuple(file for file in files if file is not None),
    )


def _made(item: ImageItem, server: Server) -> ReplyFile | None:
    """Return the image of `item`; None if it is on the web. Raises SampleError without any."""
    if item.b64_json:
        try:
            data = base64.b64decode(item.b64_json, validate=True)
        except ValueError as error:
            raise _unreadable(server, f"an image is no base64: {error}") from None
        return ReplyFile(_media_type(data), data)
    if not item.url:
        raise _unreadable(server, "an image is neither inside the answer nor on the web")
    file = file_in(item.url)
    if file is None and item.url.startswith("data:"):
        raise _unreadable(server, "an image is no base64")
    return file


def _media_type(data: bytes) -> str:
    """Return what kind of image begins with these bytes."""
    return image_type(data) or _UNKNOWN


def _unreadable(server: Server, what: str) -> SampleError:
    return SampleError(
        f"{server.place}: the reply cannot be read ({what})", kind="bad_reply", passing=True
    )
