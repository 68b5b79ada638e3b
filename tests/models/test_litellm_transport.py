"""Requests of LiteLLM on the network: each goes out once, and only where it is meant to go."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from servers import answers
from servers.answers import Answer
from servers.certificates import Certificate, self_signed
from servers.chat_server import ChatServer
from servers.recorder import Recorder

from evalrun.core.content import Message, TextPart
from evalrun.core.errors import EndpointError, FailureKind, SampleError
from evalrun.core.exchange import Call, Reply, Sampling, SharedPrefix
from evalrun.models.litellm_model import LiteLLMModel, LiteLLMOptions

# Found, not imported: an import before ours would go out for a price list.
pytestmark = pytest.mark.skipif(find_spec("litellm") is None, reason="needs the api extra")

KEY = "a-key-that-nobody-else-must-see"
CALL = Call(messages=(Message("user", "What is 6 x 7?"),), sampling=Sampling())
# The provider, a model of it, what stands behind the host, and what LiteLLM puts behind that.
PROVIDERS = [
    ("openai-compatible", "served", "/v1", "/chat/completions"),
    ("openai", "gpt-4o-mini", "/v1", "/chat/completions"),
    ("anthropic", "claude-sonnet-4-5", "", "/v1/messages"),
    ("gemini", "gemini-2.5-flash", "", "/models/gemini-2.5-flash:generateContent"),
]
each_provider = pytest.mark.parametrize(
    ("provider", "name", "base", "path"), PROVIDERS, ids=[row[0] for row in PROVIDERS]
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder(answers.completion("42")) as found:
        yield found


async def asked(provider: str, name: str, api_base: str, call: Call = CALL) -> Reply:
    options = LiteLLMOptions(engine="litellm", provider=provider, name=name, api_base=api_base)
    client = LiteLLMModel(options).endpoint(None).client
    try:
        return await client.call(call)
    finally:
        await client.close()


# Once


@each_provider
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (408, "timeout"),
        (429, "rate_limit"),
        (500, "server"),
        (503, "overloaded"),
        (529, "overloaded"),
    ],
)
async def test_a_failure_is_asked_only_once(
    recorder: Recorder,
    provider: str,
    name: str,
    base: str,
    path: str,
    status: int,
    kind: FailureKind,
) -> None:
    recorder.answer = answers.failure(status, "not now")
    with pytest.raises(SampleError) as caught:
        await asked(provider, name, recorder.url + base)
    assert (caught.value.kind, caught.value.passing) == (kind, True)
    assert [request.path for request in recorder.asked] == [base + path]


@pytest.mark.parametrize(
    "answer",
    [
        answers.cut_before(),
        answers.cut_inside(),
        answers.reset("before"),
        answers.reset("headers"),
        answers.reset("inside"),
    ],
    ids=["cut before", "cut inside", "reset before", "reset in headers", "reset inside"],
)
@pytest.mark.parametrize(
    ("provider", "name"), [("openai", "gpt-4o-mini"), ("anthropic", "claude-sonnet-4-5")]
)
async def test_a_broken_connection_is_not_mended_by_asking_again(
    chat_server: ChatServer, answer: Answer, provider: str, name: str
) -> None:
    chat_server.faults.extend([answer] * 3)
    base = chat_server.api_base if provider == "openai" else chat_server.url
    with pytest.raises(SampleError, match="connection broke") as caught:
        await asked(provider, name, base)
    assert (caught.value.kind, caught.value.passing) == ("connection", True)
    assert chat_server.requests == 1


# Only where it is meant to go


@each_provider
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_takes_neither_key_nor_prompt_elsewhere(
    recorder: Recorder, provider: str, name: str, base: str, path: str, status: int
) -> None:
    target = recorder.url + base + path
    with Recorder(answers.redirect(target, status)) as server:
        remedy = f"redirects to {target}; say model.api_base={recorder.url}{base} if you trust it"
        with pytest.raises(EndpointError, match=remedy):
            await asked(provider, name, server.url + base)
        assert len(server.asked) == 1
    assert recorder.asked == []


@each_provider
async def test_a_redirect_shows_no_key(
    recorder: Recorder, provider: str, name: str, base: str, path: str
) -> None:
    recorder.answer = answers.redirect(f"http://elsewhere.invalid/login?key={KEY}&next=/")
    with pytest.raises(EndpointError, match=r"elsewhere\.invalid/.*; check model") as caught:
        await asked(provider, name, recorder.url + base)
    assert KEY not in str(caught.value)


async def test_a_redirect_to_nowhere_is_told(recorder: Recorder) -> None:
    recorder.answer = Answer(status=302)
    with pytest.raises(EndpointError, match=r"redirects nowhere; check model\.api_base"):
        await asked("anthropic", "claude-sonnet-4-5", recorder.url)


@each_provider
async def test_the_key_is_sent_to_the_provider_itself(
    recorder: Recorder, provider: str, name: str, base: str, path: str
) -> None:
    recorder.answer = answers.failure(500, "not now")
    with pytest.raises(SampleError):
        await asked(provider, name, recorder.url + base)
    assert any(KEY in value for value in recorder.asked[0].headers.values())


# What providers are told to store

LONG = "All men are mortal. " * 200
SHARED = Call(
    messages=(Message("user", (TextPart(LONG), TextPart("Who is?"))),),
    sampling=Sampling(max_tokens=5),
    shared=(SharedPrefix(0),),
)


@pytest.mark.parametrize(
    ("provider", "name", "mark"),
    [
        ("anthropic", "claude-sonnet-4-5", {"cache_control": {"type": "ephemeral"}}),
        ("azure_ai", "claude-sonnet-4-5", {"cache_control": {"type": "ephemeral"}}),
        ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", {}),
        ("databricks", "databricks-claude-sonnet-4", {"cache_control": {"type": "ephemeral"}}),
        ("openrouter", "anthropic/claude-sonnet-4.5", {"cache_control": {"type": "ephemeral"}}),
    ],
)
async def test_marks_reach_the_providers_that_want_them(
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    name: str,
    mark: dict[str, Any],
) -> None:
    if provider == "bedrock":
        pytest.importorskip("botocore")
    for variable in ("AZURE_AI_API_KEY", "DATABRICKS_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.setenv(variable, KEY)
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "AKIA" + KEY)
    monkeypatch.setenv("AWS_REGION_NAME", "us-east-1")
    recorder.answer = answers.failure(500, "not now")
    with pytest.raises(SampleError, match="not now"):
        await asked(provider, name, recorder.url, SHARED)
    first, *rest = recorder.asked[0].body["messages"][0]["content"]
    assert first == {**({} if provider == "bedrock" else {"type": "text"}), "text": LONG, **mark}
    # Bedrock has marks that stand between the blocks.
    assert rest[:-1] == ([{"cachePoint": {"type": "default"}}] if provider == "bedrock" else [])
    assert rest[-1]["text"] == "Who is?"


# Proxies


@each_provider
async def test_requests_pass_the_proxy_of_the_environment(
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    name: str,
    base: str,
    path: str,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", recorder.url)
    recorder.answer = answers.failure(500, "not now")
    with pytest.raises(SampleError, match="not now"):
        await asked(provider, name, "http://model.invalid" + base)
    assert [request.path for request in recorder.asked] == [f"http://model.invalid{base}{path}"]


async def test_no_proxy_is_used_where_none_is_wanted(
    recorder: Recorder, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", recorder.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert (await asked("openai", "gpt-4o-mini", chat_server.api_base)).text == "42"
    assert recorder.asked == []


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_a_dead_proxy_is_named(monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    with Recorder(Answer()) as gone:
        monkeypatch.setenv("HTTP_PROXY", gone.url)
    with pytest.raises(SampleError, match="the proxy cannot be reached; check HTTPS_PROXY") as e:
        await asked(provider, "claude-sonnet-4-5", "http://model.invalid")
    assert (e.value.kind, e.value.passing) == ("connection", True)


# Servers that cannot be reached, or not trusted


@each_provider
async def test_a_dead_server_is_told(provider: str, name: str, base: str, path: str) -> None:
    with Recorder(Answer()) as gone:
        url = gone.url
    with pytest.raises(SampleError, match="connection refused; is the server running there"):
        await asked(provider, name, url + base)


@each_provider
async def test_an_untrusted_certificate_ends_the_run(
    certificate: Certificate, provider: str, name: str, base: str, path: str
) -> None:
    with ChatServer(tls=certificate.server_context()) as server:
        with pytest.raises(
            EndpointError, match=r"certificate of 127\.0.*export SSL_CERT_FILE=FILE"
        ):
            await asked(provider, name, server.url + base)
        assert server.requests == 0


async def test_a_certificate_can_be_trusted(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    with ChatServer(tls=certificate.server_context()) as server:
        assert (await asked("openai", "gpt-4o-mini", server.api_base)).text == "42"


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_a_server_without_tls_is_told(chat_server: ChatServer, provider: str) -> None:
    base = chat_server.api_base.replace("http:", "https:")
    with pytest.raises(EndpointError, match=r"does not speak TLS; check model\.api_base"):
        await asked(provider, "claude-sonnet-4-5", base)


# Nothing by itself


def test_nothing_goes_out_and_no_thread_starts_before_the_first_call(tmp_path: Path) -> None:
    code = """
        import sys, threading

        def refuse(event, arguments):
            # urllib3 binds to ::1 to see whether there is IPv6.
            if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
                raise AssertionError(f"{event} {arguments}")

        sys.addaudithook(refuse)
        from evalrun.models.litellm_model import LiteLLMModel, LiteLLMOptions

        for provider, name in (("anthropic", "claude-sonnet-4-5"), ("gemini", "gemini-2.5-pro")):
            options = LiteLLMOptions(engine="litellm", provider=provider, name=name)
            LiteLLMModel(options).endpoint(None)
        print("litellm" in sys.modules, threading.active_count())
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("True 1\n", "")


def test_a_switch_of_litellm_does_not_bring_redirects_back(
    recorder: Recorder, tmp_path: Path
) -> None:
    code = """
        import asyncio, os
        os.environ["DISABLE_AIOHTTP_TRANSPORT"] = "True"
        os.environ["ANTHROPIC_API_KEY"] = "none-of-your-business"
        from evalrun.core.content import Message, TextPart
        from evalrun.core.errors import EndpointError
        from evalrun.core.exchange import Call, Sampling
        from evalrun.models.litellm_model import LiteLLMModel, LiteLLMOptions

        options = LiteLLMOptions(
            engine="litellm", provider="anthropic", name="claude-sonnet-4-5", api_base="{base}"
        )

        async def main():
            client = LiteLLMModel(options).endpoint(None).client
            try:
                await client.call(Call(messages=(Message("user", "hi"),), sampling=Sampling()))
            except EndpointError as error:
                print(error)
            await client.close()

        asyncio.run(main())
        """
    with Recorder(answers.redirect(recorder.url)) as server:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code).format(base=server.url)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert "redirects to" in done.stdout
    assert recorder.asked == []
