"""Images known by their bytes."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import KINDS, data_url, encoded, picture

from evalrun.core.media import NoImageError, decoded_image, image_type, image_url


@pytest.mark.parametrize("media_type", KINDS)
def test_the_type_of_an_image_is_told_by_its_bytes(media_type: str) -> None:
    content = picture(media_type)
    assert image_type(content) == media_type
    assert image_url(encoded(content)) == data_url(content, media_type)
    assert decoded_image(data_url(content, media_type)) == content


@pytest.mark.parametrize("content", [b"", b"RIFF\0\0\0\0WAVE", b"<svg/>", b"BM", b"\xff\xd8"])
def test_other_bytes_are_no_image_that_is_known(content: bytes) -> None:
    assert image_type(content) is None
    with pytest.raises(NoImageError, match="no PNG, JPEG, GIF or WebP image"):
        decoded_image(image_url(encoded(content)))


@pytest.mark.parametrize("text", ["", "no base64", "å", "AAA", "/9j/4AAQSkZJRg=="[:15] + "!"])
def test_a_text_that_is_no_image_is_refused_where_it_is_read(text: str) -> None:
    with pytest.raises(NoImageError):
        decoded_image(image_url(text))


def test_an_image_that_breaks_off_in_its_base64_is_refused() -> None:
    with pytest.raises(NoImageError, match="no base64"):
        decoded_image(image_url(encoded(picture())[:-3]))


def test_a_data_url_must_be_base64_of_an_image() -> None:
    with pytest.raises(NoImageError, match="without base64"):
        decoded_image("data:image/png,raw")
    with pytest.raises(NoImageError, match="no PNG"):
        decoded_image(f"data:text/plain;base64,{encoded(picture())}")


@given(st.binary(), st.text())
def test_no_bytes_and_no_text_break_the_reading(content: bytes, text: str) -> None:
    assert image_type(content) in {None, *KINDS}
    for url in (image_url(text), image_url(base64.b64encode(content).decode()), text):
        try:
            decoded_image(url)
        except NoImageError:
            continue
