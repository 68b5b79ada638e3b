"""`model.api=images`: what is sent to the images API, and what its answers become."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.content import AudioPart, ImagePart, Message, TextPart
from evalrun.core.errors import EndpointError, SampleError
from evalrun.core.exchange import FREE_TEXT, Call, Reply, ReplyFile, ReplyForm, Sampling, Usage
from evalrun.models.api_errors import Caller
from evalrun.models.openai_api.address import address_of
from evalrun.models.openai_api.client import OpenAIClient, Target
from evalrun.models.openai_api.data_urls import file_in
from evalrun.models.openai_api.images import ImagesApi
from evalrun.models.openai_api.settings import ApiSettings

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
JPEG = b"\xff\xd8\xff\xe0" + b"photograph"
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 "
WEB = "https://images.example/1.png"


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def data_url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64_of(data)}"


class ImagesServer:
    """Answers both paths with `answer`; remembers what came: JSON, or the parts of a form."""

    def __init__(self) -> None:
        self.answer: Any = {"data": [{"b64_json": base64_of(PNG)}]}
        self.status = 200
        self.bodies: list[tuple[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.api_base = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        body = (
            await self._parts(request) if "form" in request.content_type else await request.json()
        )
        self.bodies.append((request.path, body))
        return web.json_response(self.answer, status=self.status)

    async def _parts(self, request: web.Request) -> list[tuple[Any, ...]]:
        parts: list[tuple[Any, ...]] = []
        async for part in await request.multipart():
            content = await part.read()
            if part.filename is None:
                parts.append((part.name, content.decode()))
            else:
                kind = part.headers["Content-Type"]
                parts.append((part.name, part.filename, kind, bytes(content)))
        return parts


Ask = Callable[..., Any]


@pytest.fixture
async def server() -> AsyncIterator[ImagesServer]:
    images = ImagesServer()
    app = web.Application()
    for path in ("generations", "edits"):
        app.router.add_post(f"/v1/images/{path}", images.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    images.api_base = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield images
    await runner.cleanup()


@pytest.fixture
def ask(server: ImagesServer) -> Ask:
    async def asked(
        content: Any, *, model: str = "gpt-image-1", extra: Any = None, form: Any = FREE_TEXT
    ) -> Reply:
        messages = content if isinstance(content, list) else [Message("user", content)]
        sampling = Sampling(seed=3, max_tokens=9)
        client = client_of(server, ApiSettings(model=model, extra=extra or {}))
        try:
            return await client.call(Call(messages=tuple(messages), sampling=sampling, form=form))
        finally:
            await client.close()

    return asked


def client_of(server: ImagesServer, settings: ApiSettings) -> OpenAIClient:
    base, model = server.api_base, settings.model
    target = Target(
        name="images",
        address=address_of(base),
        caller=Caller(model=model, api_base=base, key_env=None, secrets=()),
        headers={"Authorization": "Bearer key"},
    )
    return OpenAIClient(ImagesApi(settings), target)


async def test_a_text_becomes_an_image(server, ask) -> None:
    reply = await ask("a red square")
    assert server.bodies == [
        ("/v1/images/generations", {"model": "gpt-image-1", "prompt": "a red square"})
    ]
    assert server.headers[0]["Authorization"] == "Bearer key"
    assert reply.files == (ReplyFile("image/png", PNG),)
    assert (reply.text, reply.stop_reason) == ("", "stop")
    assert reply.timing.latency_s > 0


async def test_other_models_are_told_to_answer_with_the_image_itself(server, ask) -> None:
    await ask("a red square", model="dall-e-3", extra={"size": "1024x1024", "quality": "hd"})
    assert server.bodies[0][1] == {
        "model": "dall-e-3",
        "prompt": "a red square",
        "response_format": "b64_json",
        "size": "1024x1024",
        "quality": "hd",
    }


async def test_extra_decides_on_the_format_of_answers(server, ask) -> None:
    await ask("x", model="sdxl", extra={"response_format": "url"})
    await ask("x", model="sdxl", extra={"response_format": None})
    assert server.bodies[0][1]["response_format"] == "url"
    assert "response_format" not in server.bodies[1][1]


async def test_shown_images_are_sent_as_files_of_a_form(server, ask, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    shown = (
        ImagePart(str(tmp_path / "a.png")),
        # What the data are decides, not what their URL says.
        ImagePart(data_url(JPEG, "image/png")),
        TextPart("make it "),
        TextPart("“blue”"),
    )
    await ask(shown, extra={"output_compression": 50, "hd": False, "size": "auto"})
    ((path, parts),) = server.bodies
    assert path == "/v1/images/edits"
    assert parts == [
        ("output_compression", "50"),
        ("hd", "false"),
        ("size", "auto"),
        ("model", "gpt-image-1"),
        ("prompt", "make it “blue”"),
        ("image[]", "image-1.png", "image/png", PNG),
        ("image[]", "image-2.jpg", "image/jpeg", JPEG),
    ]
    assert server.headers[0]["Content-Type"].startswith("multipart/form-data; boundary=")
    assert server.headers[0]["Authorization"] == "Bearer key"


async def test_image_bytes_that_look_like_a_form_arrive_whole(server, ask) -> None:
    odd = b"\r\n--boundary--\r\n" + bytes(range(256)) * 40
    await ask((ImagePart(data_url(odd)), TextPart("x")))
    assert server.bodies[0][1][-1] == ("image[]", "image-1.bin", "application/octet-stream", odd)


async def test_only_the_last_user_message_is_the_prompt(server, ask) -> None:
    await ask(
        [
            Message("system", "Draw well."),
            Message("user", (ImagePart(data_url(PNG)), TextPart("first"))),
            Message("assistant", "done"),
            Message("user", "second"),
        ]
    )
    assert server.bodies[0] == (
        "/v1/images/generations",
        {"model": "gpt-image-1", "prompt": "second"},
    )


async def test_all_images_of_an_answer_are_kept_with_revised_prompts_as_text(server, ask) -> None:
    server.answer = {
        "created": 1,
        "data": [
            {"b64_json": base64_of(JPEG), "revised_prompt": "A red square."},
            {"url": data_url(WEBP, "image/webp")},
            {"b64_json": base64_of(b"GIF89a")},
            {"b64_json": base64_of(b"unheard of")},
        ],
        "usage": {
            "input_tokens": 50,
            "output_tokens": 1056,
            "total_tokens": 1106,
            "input_tokens_details": {"text_tokens": 10, "image_tokens": 40},
        },
    }
    reply = await ask("x")
    assert reply.text == "A red square."
    assert reply.usage == Usage(input_tokens=50, output_tokens=1056)
    assert reply.files == (
        ReplyFile("image/jpeg", JPEG),
        ReplyFile("image/webp", WEBP),
        ReplyFile("image/gif", b"GIF89a"),
        ReplyFile("application/octet-stream", b"unheard of"),
    )


async def test_an_image_on_the_web_is_not_fetched_and_its_address_is_text(server, ask) -> None:
    server.answer = {"data": [{"url": WEB, "revised_prompt": "A red square."}]}
    reply = await ask("x", model="dall-e-3")
    assert (reply.text, reply.files, reply.usage) == (f"A red square.\n{WEB}", (), Usage())


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"b64_json": "no base64!"}, "an image is no base64"),
        ({"b64_json": "åå"}, "an image is no base64"),
        ({"url": "data:image/png;base64,no base64!"}, "an image is no base64"),
        ({"revised_prompt": "x"}, "neither inside the answer nor on the web"),
    ],
)
async def test_an_unreadable_image_may_be_asked_for_again(server, ask, item, reason) -> None:
    server.answer = {"data": [item]}
    with pytest.raises(SampleError, match=f"the reply cannot be read .*{reason}") as error:
        await ask("x")
    assert (error.value.kind, error.value.passing) == ("bad_reply", True)


async def test_an_answer_without_images_may_be_asked_for_again(server, ask) -> None:
    server.answer = {"data": []}
    with pytest.raises(SampleError) as error:
        await ask("x")
    assert (error.value.kind, error.value.passing) == ("bad_reply", True)


async def test_a_blocked_prompt_is_a_failure_of_this_sample(server, ask) -> None:
    server.status = 400
    server.answer = {
        "error": {
            "message": "Your request was rejected by the safety system.",
            "type": "image_generation_user_error",
            "code": "moderation_blocked",
        }
    }
    with pytest.raises(SampleError, match="safety system") as error:
        await ask("x")
    assert (error.value.kind, error.value.passing) == ("content_filter", False)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ((ImagePart(WEB), TextPart("x")), "not as web addresses"),
        ((ImagePart("data:image/png,raw"), TextPart("x")), "not as web addresses"),
        ((ImagePart("/nowhere/a.png"), TextPart("x")), "/nowhere/a.png: No such file"),
        ((ImagePart(data_url(PNG)), TextPart("half \ud83d")), "half of a surrogate pair"),
        ("half \ud83d", "half of a surrogate pair"),
        ((AudioPart("a.wav"), TextPart("x")), "takes no sounds"),
        ([Message("system", "x")], "there is none"),
    ],
)
async def test_what_cannot_be_sent_fails_unasked(server, ask, content, reason) -> None:
    with pytest.raises(SampleError, match=reason) as error:
        await ask(content)
    assert (error.value.kind, error.value.passing) == ("bad_request", False)
    assert server.bodies == []


async def test_forms_of_text_are_refused(server, ask) -> None:
    with pytest.raises(EndpointError, match=r"model\.api=images cannot hold replies to a JSON"):
        await ask("x", form=ReplyForm(reply_schema={"type": "object"}))
    assert server.bodies == []


async def test_one_request_brings_one_reply(server) -> None:
    client = client_of(server, ApiSettings(model="gpt-image-1"))
    replies = await client.several(Call(messages=(Message("user", "x"),), sampling=Sampling()), 4)
    await client.close()
    assert [reply.files for reply in replies] == [(ReplyFile("image/png", PNG),)]
    assert len(server.bodies) == 1


def test_identity_tells_the_settings_and_no_secret() -> None:
    api = ImagesApi(ApiSettings(model="m", extra={"size": "auto", "api_key": "sk-abcdefgh12345"}))
    assert api.identity()["name"] == "m"
    assert api.identity()["extra"]["size"] == "auto"
    assert "sk-abcdefgh12345" not in str(api.identity())


@given(st.binary(), st.sampled_from(["image/png", "audio/wav", "text/plain"]))
def test_every_file_comes_out_of_its_data_url(data: bytes, kind: str) -> None:
    assert file_in(data_url(data, kind)) == ReplyFile(kind, data)


@given(st.text())
def test_no_text_breaks_the_reading_of_data_urls(text: str) -> None:
    for url in (text, f"data:{text}", f"data:image/png;base64,{text}"):
        file_in(url)
