"""A server of evalrun's own, with a small real model: it answers as the engine does."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from evalrun.core.content import Message
from evalrun.core.errors import EndpointError, SampleError
from evalrun.core.exchange import Prompt, Reply, ReplyForm, Request, SampleKey, Sampling
from evalrun.models.chat import ChatEndpoint
from evalrun.models.on_vllm.model import VLLMModel
from evalrun.models.on_vllm.options import VLLMOptions
from evalrun.models.on_vllm.served import Served
from evalrun.models.on_vllm.server import VLLMServer

# The first test waits for the server.
pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]

KEY = SampleKey("a")
FACTS = "".join(f"The access code for lake {number} is {7919 * number}.\n" for number in range(9))
GREEDY = Sampling(max_tokens=24)


def user(text: str) -> Message:
    return Message("user", text)


async def answers(
    model: VLLMModel, prompt: Prompt, requests: Sequence[Request] = (Request(sampling=GREEDY),)
) -> list[Reply]:
    """Return the replies to `requests`, one after another in one session."""
    endpoint = model.endpoint(None)
    try:
        async with endpoint.open(prompt, KEY) as session:
            return [await session.generate(request) for request in requests]
    finally:
        await endpoint.close()


def server_of(model: VLLMModel) -> VLLMServer:
    assert isinstance(model._running, Served)
    return model._running.server


CONVERSATIONS = {
    "question": (user("What is the capital of France?"),),
    "system": (Message("system", "Answer in one word."), user("Which river flows through Paris?")),
    "story": (user("Tell me a story about the sea."),),
    "facts": (user(f"{FACTS}What is the access code for lake 3?"),),
    "history": (user("What is 2+2?"), Message("assistant", "4"), user("And 3+3?")),
}


@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
async def test_replies_are_those_of_the_engine(
    conversation: tuple[Message, ...], model: VLLMModel, served_model: VLLMModel
) -> None:
    prompt = Prompt(messages=conversation)

    (here,) = await answers(model, prompt)
    (there,) = await answers(served_model, prompt)

    assert (there.text, there.stop_reason) == (here.text, here.stop_reason)
    assert there.usage.input_tokens == here.usage.input_tokens
    assert there.usage.output_tokens == here.usage.output_tokens


async def test_questions_about_one_context_are_answered_as_by_the_engine(
    model: VLLMModel, served_model: VLLMModel
) -> None:
    prompt = Prompt(messages=(user(FACTS),), open_ended=True, context=FACTS, requests=3)
    requests = [
        Request(messages=(user(f"What is the access code for lake {n}?"),), sampling=GREEDY)
        for n in (3, 5, 7)
    ]

    here = await answers(model, prompt, requests)
    there = await answers(served_model, prompt, requests)

    assert [reply.text for reply in there] == [reply.text for reply in here]


async def test_own_replies_stand_in_the_history_as_on_the_engine(
    model: VLLMModel, served_model: VLLMModel
) -> None:
    prompt = Prompt(messages=(user("What is the capital of Italy?"),))
    requests = [
        Request(sampling=GREEDY, keep="reply"),
        Request(messages=(user("Say it again."),), sampling=GREEDY, keep="reply"),
    ]

    here = await answers(model, prompt, requests)
    there = await answers(served_model, prompt, requests)

    assert [reply.text for reply in there] == [reply.text for reply in here]


async def test_without_a_limit_the_defaults_of_the_models_authors_do_not_hold(
    model: VLLMModel, served_model: VLLMModel
) -> None:
    prompt = Prompt(messages=(user("What is the capital of France?"),))
    no_limit = [Request(sampling=Sampling(stop=("Paris",)))]

    (here,) = await answers(model, prompt, no_limit)
    (there,) = await answers(served_model, prompt, no_limit)

    assert there.text == here.text
    assert there.usage.output_tokens > 4


async def test_a_reply_fits_its_schema(served_model: VLLMModel) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    request = Request(sampling=Sampling(max_tokens=64), form=ReplyForm(reply_schema=schema))

    (reply,) = await answers(served_model, Prompt(messages=(user("Name a number."),)), [request])

    assert isinstance(json.loads(reply.text)["n"], int)


async def test_the_likelihood_of_a_letter_is_that_on_the_engine(
    model: VLLMModel, served_model: VLLMModel
) -> None:
    question = "Which is a fruit? A. apple B. brick\nAnswer with A or B."
    prompt = Prompt(messages=(user(question),))
    request = Request(sampling=Sampling(), form=ReplyForm(continuations=("A", "B")))

    (here,) = await answers(model, prompt, [request])
    (there,) = await answers(served_model, prompt, [request])

    for one, other in zip(here.likelihoods, there.likelihoods, strict=True):
        assert (one.tokens, other.tokens) == (1, 1)
        assert other.logprob is None or other.logprob == pytest.approx(one.logprob, abs=0.05)
    assert there.likelihoods[0].logprob is not None


async def test_a_prompt_that_does_not_fit_is_told_as_such(served_model: VLLMModel) -> None:
    length = served_model.options.max_length or 0

    with pytest.raises(SampleError) as caught:
        await answers(served_model, Prompt(messages=(user("word " * length),)))

    assert (caught.value.kind, caught.value.passing) == ("context_length", False)


def status_of(url: str, body: dict[str, Any] | None = None, key: str | None = None) -> int:
    headers = {"Content-Type": "application/json"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    content = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, content, headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/invocations"])
def test_nobody_without_the_key_is_answered(path: str, served_model: VLLMModel) -> None:
    server = server_of(served_model)
    url = server.base_url.removesuffix("/v1") + path
    body = {"model": "smollm2", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}

    assert status_of(url, body) == 401
    assert status_of(url, body, "another-key") == 401
    assert status_of(url, body, server.key) == 200


def test_an_endpoint_tells_what_made_the_replies_without_address_and_key(
    served_model: VLLMModel,
) -> None:
    endpoint = served_model.endpoint(None)
    assert isinstance(endpoint, ChatEndpoint)
    server = server_of(served_model)

    told = json.dumps([endpoint.client.identity(), endpoint.environment()])

    assert endpoint.environment()["served"] is True
    assert endpoint.environment()["max_length"] == 1024
    assert server.key not in told
    assert str(server._port) not in told


def test_what_determines_replies_changes_with_the_weights_and_not_with_the_port(
    served_model: VLLMModel,
) -> None:
    assert isinstance(served_model._running, Served)
    running = served_model._running
    other_port = msgspec.structs.replace(
        running, options=msgspec.structs.replace(running.options, port=1234)
    )

    before = running.endpoint().client.identity()
    assert other_port.endpoint().client.identity() == before
    os.utime(running.folder / "model.safetensors", (0, 0))
    assert running.endpoint().client.identity() != before


async def test_all_endpoints_of_a_model_ask_one_server(served_model: VLLMModel) -> None:
    before = server_of(served_model)

    await answers(served_model, Prompt(messages=(user("Hello"),)))

    assert server_of(served_model) is before


@pytest.mark.slow
@pytest.mark.usefixtures("_logs_in_test_folder")
def test_weights_that_cannot_be_loaded_are_told_in_one_line(smollm2: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    broken = tmp_path / "broken"
    shutil.copytree(smollm2, broken, ignore=shutil.ignore_patterns("*.safetensors"))
    save_file({"unexpected_name": torch.zeros(1)}, broken / "model.safetensors")
    options = VLLMOptions(name="broken", weights=str(broken), max_length=256, serve=True)

    with pytest.raises(EndpointError, match=r"did not start: .*unexpected_name") as caught:
        VLLMModel(options).endpoint(None)

    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.usefixtures("_logs_in_test_folder")
def test_a_port_that_is_taken_is_told_as_such(smollm2: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        options = VLLMOptions(name="m", weights=str(smollm2), serve=True, port=port)

        with pytest.raises(EndpointError, match=r"did not start: .*Address already in use"):
            VLLMModel(options).endpoint(None)


@pytest.mark.slow
@pytest.mark.usefixtures("_logs_in_test_folder")
def test_an_argument_that_vllm_refuses_is_told_in_its_words(smollm2: Path) -> None:
    options = VLLMOptions(
        name="m", weights=str(smollm2), serve=True, engine_args={"max_num_seqs": "many"}
    )

    with pytest.raises(EndpointError, match=r"did not start: argument --max-num-seqs: .*many"):
        VLLMModel(options).endpoint(None)


def test_the_name_of_an_argument_that_does_not_exist_is_answered_with_the_nearest(
    smollm2: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = {"max_num_seq": 8, "tool_call_parser": "hermes", "block_size": 64}
    here = VLLMOptions(name="m", weights=str(smollm2), engine_args=arguments)
    there = msgspec.structs.replace(here, serve=True)

    assert [str(problem) for problem in VLLMModel(here).problems(None)] == [
        "model.engine_args.max_num_seq is no argument of this vLLM; did you mean 'max_num_seqs'?",
        "model.engine_args.tool_call_parser is an argument of vLLM's server; say model.serve=true",
    ]
    assert [str(problem) for problem in VLLMModel(there).problems(None)] == [
        "model.engine_args.max_num_seq is no argument of this vLLM; did you mean 'max_num_seqs'?",
    ]
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.slow
@pytest.mark.usefixtures("_logs_in_test_folder")
async def test_a_server_that_is_killed_is_told_with_its_log_and_replaced(smollm2: Path) -> None:
    import psutil

    options = VLLMOptions(
        name="m", weights=str(smollm2), max_length=512, enforce_eager=True, serve=True
    )
    model = VLLMModel(options)
    prompt = Prompt(messages=(user("Tell me a story about the sea."),))
    long = [Request(sampling=Sampling(max_tokens=400))]
    model.endpoint(None)
    (process,) = psutil.Process(server_of(model)._process._guard.pid).children()
    descendants = process.children(recursive=True)
    tasks = [asyncio.create_task(answers(model, prompt, long)) for _ in range(4)]
    await asyncio.sleep(1.0)

    process.send_signal(signal.SIGKILL)
    errors = await asyncio.gather(*tasks, return_exceptions=True)

    assert {type(error) for error in errors} == {EndpointError}
    assert "has ended: the server was ended by SIGKILL; its log: " in str(errors[0])
    _, alive = psutil.wait_procs(descendants, timeout=20)
    assert [p for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []
    (reply,) = await answers(model, prompt)
    model.release()
    assert reply.text
