"""Local models that read images, against transformers' own generate."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.core.content import AudioPart, Content, ImagePart, Message, TextPart
from evalrun.core.errors import ConfigError, EndpointError, SampleError
from evalrun.core.exchange import Prompt, Reply, ReplyForm, Request, SampleKey, Sampling
from evalrun.core.options import to_options
from evalrun.models.kv.snapkv import SnapKV
from evalrun.models.local.vision_model import VisionModel

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

from pictures import KINDS, data_url, picture
from tiny_vision import IMAGE_TOKENS, POSITIONS, save_idefics3, save_vision

RED, BLUE = (ImagePart(data_url(picture(colour=colour))) for colour in ("red", "blue"))
SHORT = Sampling(max_tokens=6)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_vision(tmp_path_factory.mktemp("vision"))


def model(folder: Path, **section: Any) -> VisionModel:
    section = {"engine": "torch_vision", "name": str(folder), "device": "cpu", **section}
    return VisionModel(to_options(section, VisionModel.Options, "model"))


def asked(folder: Path, prompt: Prompt, *requests: Request, **section: Any) -> list[Reply]:
    """Return the replies to requests made one after another in one session."""
    endpoint = model(folder, **section).endpoint(None)

    async def ask() -> list[Reply]:
        async with endpoint.open(prompt, SampleKey("s")) as session:
            replies = [await session.generate(request) for request in requests]
        await endpoint.close()
        return replies

    return asyncio.run(ask())


def answered(folder: Path, content: Content, sampling: Sampling = SHORT, **section: Any) -> Reply:
    prompt = Prompt(messages=(Message("user", content),))
    (reply,) = asked(folder, prompt, Request(sampling=sampling), **section)
    return reply


def generated(folder: Path, conversation: list[dict[str, Any]], tokens: int) -> tuple[str, int]:
    """Return what transformers makes of a conversation, and the tokens of its prompt."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor = AutoProcessor.from_pretrained(folder)
    inputs = processor.apply_chat_template(
        conversation,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    output = AutoModelForImageTextToText.from_pretrained(folder).generate(
        **inputs, max_new_tokens=tokens, do_sample=False
    )
    prompt = inputs["input_ids"].shape[1]
    return processor.decode(output[0, prompt:], skip_special_tokens=True), prompt


def test_a_greedy_reply_is_that_of_transformers(weights: Path) -> None:
    from PIL import Image

    content = [
        {"type": "image", "image": Image.new("RGB", (8, 8), "red")},
        {"type": "text", "text": "What is it?"},
    ]
    text, prompt = generated(weights, [{"role": "user", "content": content}], 6)
    reply = answered(weights, (RED, TextPart("What "), TextPart("is it?")))
    assert (reply.text, reply.usage.input_tokens) == (text, prompt)
    assert (reply.usage.output_tokens, reply.stop_reason) == (6, "length")
    assert reply.timing.latency_s > 0


def test_the_image_is_seen(weights: Path) -> None:
    texts = {answered(weights, (image, TextPart("?"))).text for image in (RED, BLUE)}
    assert len(texts) == 2


def test_each_image_counts_as_its_tokens(weights: Path) -> None:
    none, one, two = (
        answered(weights, (*images, TextPart("?"))).usage.input_tokens
        for images in ((), (RED,), (RED, BLUE))
    )
    assert (one - none, two - one) == (IMAGE_TOKENS, IMAGE_TOKENS)


@pytest.mark.parametrize("media_type", KINDS)
def test_every_kind_of_image_is_read_from_a_file(
    weights: Path, tmp_path: Path, media_type: str
) -> None:
    path = tmp_path / "picture"
    path.write_bytes(picture(media_type))
    assert answered(weights, (ImagePart(str(path)), TextPart("?"))).usage.output_tokens == 6


def test_independent_requests_go_on_in_the_shared_message(weights: Path) -> None:
    prompt = Prompt(messages=(Message("user", (RED, TextPart("What "))),), open_ended=True)
    ask = [
        Request(sampling=SHORT, messages=(Message("user", text),)) for text in ("is it?", "not?")
    ]
    replies = asked(weights, prompt, *ask, ask[0])
    assert (
        replies[0].text == replies[2].text == answered(weights, (RED, TextPart("What is it?"))).text
    )
    assert replies[1].usage.input_tokens == replies[0].usage.input_tokens - 2


@pytest.mark.parametrize(
    ("save", "tower"), [(save_vision, "vision_tower"), (save_idefics3, "vision_model")]
)
def test_a_shared_image_is_encoded_once_and_replies_stay_the_same(
    tmp_path: Path, save: Callable[[Path], Path], tower: str
) -> None:
    import torch

    from evalrun.models.local.vision_endpoint import load

    lm = load(save(tmp_path), device="cpu", dtype="auto", max_length=None)
    encoded: list[torch.nn.Module] = []
    getattr(lm.model.model, tower).register_forward_hook(lambda one, *_: encoded.append(one))
    texts = ["What is it?", "What is not?", "What is it?", "Is it?"]
    contents = [(image, TextPart(text)) for image in (RED, BLUE) for text in texts]
    replies = [lm.reply((Message("user", content),), SHORT) for content in contents]
    assert len(encoded) == 2
    cached = [reply.usage.cached_tokens for reply in replies]
    assert cached[0] == cached[4] == 0
    assert all(known > IMAGE_TOKENS for known in (*cached[1:4], *cached[5:]))
    assert [reply.text for reply in replies] == [answered(tmp_path, c).text for c in contents]


def test_a_kind_that_cannot_be_continued_encodes_each_prompt(weights: Path) -> None:
    from evalrun.models.local.vision_endpoint import load
    from evalrun.models.local.vision_prefix import EncodedPrefix

    lm = load(weights, device="cpu", dtype="auto", max_length=None)
    lm.model.config.get_text_config(decoder=True).sliding_window = 8
    alone = EncodedPrefix(lm.model)
    ids = [1, 2, 3]
    assert alone.of(ids, ()) == (None, 0)
    alone.keep(ids, (), None)
    assert alone.of(ids, ()) == (None, 0)


def test_an_image_that_comes_later_is_encoded(weights: Path) -> None:
    from evalrun.models.local.vision_endpoint import load

    lm = load(weights, device="cpu", dtype="auto", max_length=None)
    first = (Message("user", (RED, TextPart("a"))),)
    both = (*first, Message("assistant", "b"), Message("user", (BLUE, TextPart("c"))))
    longer = (*first, Message("assistant", "b"), Message("user", "c"))
    assert [lm.reply(m, SHORT).usage.cached_tokens > 0 for m in (first, longer, both)] == [
        False,
        True,
        False,
    ]


def test_a_conversation_keeps_its_replies(weights: Path) -> None:
    prompt = Prompt(messages=(Message("user", (RED, TextPart("a"))),))
    first, second = asked(
        weights,
        prompt,
        Request(sampling=SHORT, keep="reply"),
        Request(sampling=SHORT, messages=(Message("user", "b"),)),
    )
    whole = (*prompt.messages, Message("assistant", first.text), Message("user", "b"))
    (again,) = asked(weights, Prompt(messages=whole), Request(sampling=SHORT))
    assert second.text == again.text


def test_a_seed_draws_the_same_and_leaves_torch_alone(weights: Path) -> None:
    import torch

    drawn = Sampling(max_tokens=12, temperature=1.0, top_k=50, top_p=0.9, seed=1)
    state = torch.random.get_rng_state()
    first = answered(weights, "x", drawn).text
    assert torch.equal(torch.random.get_rng_state(), state)
    assert answered(weights, "x", drawn).text == first
    others = {
        answered(weights, "x", Sampling(max_tokens=12, temperature=1.0, seed=s)).text
        for s in (2, 3)
    }
    assert others != {first}


def test_a_stop_string_ends_the_reply_and_is_no_part_of_it(weights: Path) -> None:
    whole = answered(weights, (RED, TextPart("?")), Sampling(max_tokens=12)).text
    stop = whole[3]
    reply = answered(weights, (RED, TextPart("?")), Sampling(max_tokens=12, stop=(stop,)))
    assert (reply.text, reply.stop_reason) == (whole[: whole.index(stop)], "stop")


def test_a_prompt_that_leaves_no_room_is_told(weights: Path) -> None:
    with pytest.raises(SampleError, match=f"the model has {POSITIONS}") as failure:
        answered(weights, "x" * POSITIONS)
    assert failure.value.kind == "context_length"
    with pytest.raises(SampleError, match="the model has 20"):
        answered(weights, "x", max_length=20)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (ImagePart("https://example.org/a.png"), "fetches no images; save it locally"),
        (ImagePart("/nowhere/a.png"), "/nowhere/a.png: No such file"),
        (ImagePart("data:image/png;base64,!!"), "an image of this sample is no base64"),
        (ImagePart("data:image/png;base64,AAAA"), "an image of this sample: no readable image"),
        (ImagePart("data:image/png,x"), "a data URL without base64"),
        (AudioPart("a.wav"), "holds sounds"),
    ],
)
def test_what_cannot_be_read_fails_this_sample_alone(weights: Path, part, message: str) -> None:
    with pytest.raises(SampleError, match=message) as failure:
        answered(weights, (part, TextPart("?")))
    assert (failure.value.kind, failure.value.passing) == ("bad_request", False)


def test_a_damaged_file_is_named(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(picture(side=64)[:60])
    with pytest.raises(SampleError, match=r"cut\.png: no readable image"):
        answered(weights, (ImagePart(str(path)), TextPart("?")))


def test_what_the_template_refuses_fails_this_sample_alone(weights: Path) -> None:
    with pytest.raises(SampleError, match="processor refuses this conversation: no tools here"):
        asked(weights, Prompt(messages=(Message("tool", "x"),)), Request(sampling=SHORT))


def test_forms_of_replies_are_refused(weights: Path) -> None:
    request = Request(sampling=SHORT, form=ReplyForm(continuations=("A",)))
    with pytest.raises(EndpointError, match="torch_vision does not tell how likely"):
        asked(weights, Prompt(messages=(Message("user", "x"),)), request)


def test_problems_are_told_without_loading(weights: Path, tmp_path: Path) -> None:
    assert model(weights).problems(None) == ()
    (missing,) = model(tmp_path / "none", weights=str(tmp_path / "none")).problems(None)
    assert "no config.json" in str(missing)
    kv = SnapKV(to_options({"method": "snapkv", "budget": 64}, SnapKV.Options, "kv"))
    (refused,) = model(weights).problems(kv)
    assert "does not run on engine=torch_vision; say kv=full" in str(refused)
    (memory,) = model(weights, parameters=10**15).problems(None)
    assert "GiB of weights" in str(memory)


def test_weights_of_another_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(ConfigError, match="no model of texts and images"):
        model(tmp_path).endpoint(None)


def test_a_processor_without_chat_template_is_refused(weights: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(weights, tmp_path / "base")
    (copy / "chat_template.jinja").unlink()
    with pytest.raises(ConfigError, match="no chat template; take an instruct model"):
        model(copy).endpoint(None)


def test_weights_are_held_in_the_type_that_is_asked_for(weights: Path) -> None:
    half = model(weights, dtype="bfloat16")
    assert half.endpoint(None).environment()["dtype"] == "bfloat16"
    assert answered(weights, (RED, TextPart("?")), dtype="bfloat16").usage.output_tokens in range(
        1, 7
    )


def test_the_environment_names_device_and_versions(weights: Path) -> None:
    told = model(weights).endpoint(None).environment()
    assert (told["engine"], told["device"], told["dtype"]) == ("torch_vision", "cpu", "float32")
    assert {"torch", "transformers", "pillow"} <= told.keys()
