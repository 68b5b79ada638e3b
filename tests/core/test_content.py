"""Messages and their parts."""

from __future__ import annotations

from evalrun.core.content import ImagePart, TextPart, joined, text_of


def test_texts_are_joined_with_nothing_between() -> None:
    assert joined("context", "query") == "context" + "query"


def test_an_image_stays_where_it_stood() -> None:
    image = ImagePart("data:image/png;base64,AA==")
    assert joined((image,), "what is it?") == (image, TextPart("what is it?"))
    assert joined("", (image,)) == (image,)


def test_text_leaves_images_out() -> None:
    assert text_of((TextPart("a"), ImagePart("x.png"), TextPart("b"))) == "ab"
    assert text_of("plain") == "plain"
