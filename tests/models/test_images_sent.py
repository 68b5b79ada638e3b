"""Images on their way to a real server on localhost, by both ways of calling one."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pictures import KINDS, data_url, picture
from servers.chat_server import ChatServer

from evalrun.core.content import Content, ImagePart, Message, TextPart
from evalrun.core.errors import SampleError
from evalrun.core.exchange import Prompt, Request, SampleKey, Sampling
from evalrun.core.interfaces import Model
from evalrun.models.litellm_model import LiteLLMModel, LiteLLMOptions
from evalrun.models.openai_model import OpenAIModel, OpenAIOptions

MakeModel = Callable[[str], Model]
needs_litellm = pytest.mark.skipif(find_spec("litellm") is None, reason="needs the api extra")


def by_openai(api_base: str) -> Model:
    return OpenAIModel(OpenAIOptions(engine="openai", name="m", api_base=api_base))


def by_litellm(api_base: str) -> Model:
    return LiteLLMModel(
        LiteLLMOptions(engine="litellm", provider="openai-compatible", name="m", api_base=api_base)
    )


WAYS = [by_openai, pytest.param(by_litellm, marks=needs_litellm)]
pytestmark = pytest.mark.parametrize("make", WAYS)


async def sent(make: MakeModel, server: ChatServer, *contents: Content) -> list[Any]:
    """Return what arrives of user messages, each asked for by a session of its own."""
    endpoint = make(server.api_base).endpoint(None)
    try:
        for content in contents:
            prompt = Prompt(messages=(Message("user", content),))
            async with endpoint.open(prompt, SampleKey("s")) as session:
                await session.generate(Request(sampling=Sampling()))
    finally:
        await endpoint.close()
    return [body["messages"][0]["content"] for body in server.bodies]


def arrived(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


@pytest.mark.parametrize("media_type", KINDS)
async def test_files_and_data_urls_of_every_kind_arrive_alike(
    make: MakeModel, chat_server: ChatServer, tmp_path: Path, media_type: str
) -> None:
    content = picture(media_type)
    path = tmp_path / "picture"
    path.write_bytes(content)
    url = data_url(content, media_type)
    both = await sent(
        make,
        chat_server,
        (ImagePart(url), TextPart("What is it?")),
        (ImagePart(str(path)), TextPart("What is it?")),
    )
    assert both == [[arrived(url), {"type": "text", "text": "What is it?"}]] * 2


async def test_several_images_keep_their_place_among_texts(
    make: MakeModel, chat_server: ChatServer
) -> None:
    red, blue = data_url(picture(colour="red")), data_url(picture(colour="blue"))
    (content,) = await sent(
        make,
        chat_server,
        (TextPart("First: "), ImagePart(red), TextPart("second: "), ImagePart(blue), TextPart("?")),
    )
    assert content == [
        {"type": "text", "text": "First: "},
        arrived(red),
        {"type": "text", "text": "second: "},
        arrived(blue),
        {"type": "text", "text": "?"},
    ]


async def test_large_images_arrive_whole(make: MakeModel, chat_server: ChatServer) -> None:
    url = data_url(picture() + bytes(6_000_000))
    (content,) = await sent(make, chat_server, (ImagePart(url), TextPart("?")))
    assert content[0] == arrived(url)


async def test_web_addresses_are_the_servers_to_fetch(
    make: MakeModel, chat_server: ChatServer
) -> None:
    url = "https://example.org/a.png"
    (content,) = await sent(make, chat_server, (ImagePart(url), TextPart("?")))
    assert content[0] == arrived(url)


async def test_requests_on_an_image_all_send_it_before_their_text(
    make: MakeModel, chat_server: ChatServer
) -> None:
    url = data_url(picture())
    shared = Prompt(
        messages=(Message("user", (ImagePart(url), TextPart("Q\n"))),), open_ended=True, requests=2
    )
    endpoint = make(chat_server.api_base).endpoint(None)
    async with endpoint.open(shared, SampleKey("s")) as session:
        for options in ("A. x", "A. y"):
            message = Message("user", options)
            await session.generate(Request(sampling=Sampling(), messages=(message,)))
    await endpoint.close()
    assert [body["messages"][0]["content"] for body in chat_server.bodies] == [
        [arrived(url), {"type": "text", "text": f"Q\n{options}"}] for options in ("A. x", "A. y")
    ]


async def test_a_file_that_is_no_image_is_named_and_nothing_is_sent(
    make: MakeModel, chat_server: ChatServer, tmp_path: Path
) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"no image")
    with pytest.raises(SampleError, match=r"broken\.png: no PNG") as failure:
        await sent(make, chat_server, (ImagePart(str(path)), TextPart("?")))
    assert (failure.value.kind, failure.value.passing) == ("bad_request", False)
    assert chat_server.bodies == []
