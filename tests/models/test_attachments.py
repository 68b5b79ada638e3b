"""Messages as request JSON."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from pictures import KINDS, data_url, picture

from evalrun.core.content import AudioPart, ImagePart, Message, Part, TextPart, ToolCall
from evalrun.core.errors import SampleError
from evalrun.models.attachments import to_openai


async def converted(part: Part) -> dict[str, Any]:
    (message,) = await to_openai([Message("user", (part,))])
    (content,) = message["content"]
    return content


async def test_texts_next_to_each_other_are_one_text() -> None:
    messages = [Message("system", "s"), Message("user", (TextPart("a"), TextPart("b")))]
    assert await to_openai(messages) == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "ab"},
    ]


async def test_tool_calls_and_their_answers_carry_their_id() -> None:
    messages = [
        Message("assistant", "", (ToolCall("c1", "add", '{"a": 1}'),)),
        Message("tool", "3", tool_call_id="c1"),
    ]
    assert await to_openai(messages) == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "add", "arguments": '{"a": 1}'},
                }
            ],
        },
        {"role": "tool", "content": "3", "tool_call_id": "c1"},
    ]


@pytest.mark.parametrize("url", ["https://example.org/a.png", "data:image/png;base64,AAAA"])
async def test_web_addresses_and_data_urls_of_images_pass_through(url: str) -> None:
    assert await converted(ImagePart(url)) == {"type": "image_url", "image_url": {"url": url}}


async def test_a_local_image_is_sent_as_a_data_url(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG")
    url = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
    expected = {"type": "image_url", "image_url": {"url": url}}
    assert await converted(ImagePart(str(path))) == expected
    assert await converted(ImagePart(f"file://{path}")) == expected


@pytest.mark.parametrize("media_type", KINDS)
async def test_a_file_is_of_the_kind_that_its_bytes_say(tmp_path: Path, media_type: str) -> None:
    content = picture(media_type)
    for name in ("a.png", "a.jpg", "picture"):
        (tmp_path / name).write_bytes(content)
        sent = await converted(ImagePart(str(tmp_path / name)))
        assert sent["image_url"] == {"url": data_url(content, media_type)}


async def test_a_kind_that_is_not_known_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.bmp").write_bytes(b"BM")
    sent = await converted(ImagePart(str(tmp_path / "a.bmp")))
    assert sent["image_url"]["url"] in (
        data_url(b"BM", "image/bmp"),
        data_url(b"BM", "image/x-ms-bmp"),
    )


@pytest.mark.parametrize("name", ["a.png", "a.txt", "picture"])
async def test_a_file_that_is_no_image_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no image")
    with pytest.raises(SampleError, match=f"{name}: no PNG, JPEG, GIF or WebP image") as caught:
        await converted(ImagePart(str(tmp_path / name)))
    assert (caught.value.kind, caught.value.passing) == ("bad_request", False)


@pytest.mark.parametrize("url", ["data:image/png;base64,!!", "data:text/plain;base64,AAAA"])
async def test_a_data_url_that_is_no_image_is_not_sent(url: str) -> None:
    with pytest.raises(SampleError, match="an image of this sample is no"):
        await converted(ImagePart(url))


@pytest.mark.parametrize(("name", "form"), [("a.wav", "wav"), ("a.mp3", "mp3")])
async def test_a_local_sound_is_sent_as_base64_with_its_format(
    tmp_path: Path, name: str, form: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"RIFF")
    data = base64.b64encode(b"RIFF").decode()
    assert await converted(AudioPart(str(path))) == {
        "type": "input_audio",
        "input_audio": {"data": data, "format": form},
    }


async def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.png"
    with pytest.raises(SampleError, match=r"none\.png: No such file") as caught:
        await converted(ImagePart(str(path)))
    assert (caught.value.kind, caught.value.passing) == ("bad_request", False)


async def test_a_sound_on_the_web_is_refused_with_the_way_out() -> None:
    with pytest.raises(SampleError, match="save it locally"):
        await converted(AudioPart("https://example.org/a.wav"))
