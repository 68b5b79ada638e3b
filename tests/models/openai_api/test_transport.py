"""Requests over HTTP, against real servers on localhost."""

from __future__ import annotations

import asyncio
import base64
import gzip
import socket
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from openai_asked import call_of, client_of, serving
from servers import answers
from servers.certificates import self_signed
from servers.chat_server import ChatServer

from evalrun.core.errors import EndpointError, SampleError
from evalrun.models.openai_api import transport
from evalrun.models.openai_api.address import address_of, proxy_of

KEY = "sk-test-0123456789abcdefghij"
GOOD = answers.completion("42").body


async def answer(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=GOOD, content_type="application/json")


async def failing(api_base: str, **options: object) -> SampleError | EndpointError:
    with pytest.raises((SampleError, EndpointError)) as caught:
        async with client_of(api_base, **options) as client:
            await client.call(call_of())
    return caught.value


# Connections


async def test_requests_in_flight_are_not_limited_and_connections_are_used_again() -> None:
    with ChatServer(delay_s=1.0) as server:
        async with client_of(server.api_base) as client:
            await asyncio.gather(*(client.call(call_of()) for _ in range(150)))
            assert server.most_running == 150
            server.delay_s = 0.0
            for _ in range(20):
                await client.call(call_of())
        assert server.connections == 150


async def test_a_cancelled_request_is_dropped_and_the_client_stays_usable(
    chat_server: ChatServer,
) -> None:
    chat_server.faults.append(answers.slow(30))
    async with client_of(chat_server.api_base) as client:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.call(call_of()), 0.3)
        assert (await client.call(call_of())).text == "42"


async def test_a_connection_that_was_dropped_while_idle_is_a_passing_failure() -> None:
    connections = 0

    async def one_answer_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(GOOD)}\r\n\r\n"
        writer.write(head.encode() + GOOD)
        await reader.readuntil(b"\r\n\r\n")  # the next request gets no answer
        writer.close()

    server = await asyncio.start_server(one_answer_each, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with client_of(f"http://127.0.0.1:{port}/v1") as client:
            await client.call(call_of())
            with pytest.raises(SampleError, match="the connection broke") as caught:
                await client.call(call_of())
            assert (caught.value.kind, caught.value.passing) == ("connection", True)
            assert connections == 1
            await client.call(call_of())
    assert connections == 2


async def test_a_dead_server_is_told_clearly() -> None:
    with ChatServer() as server:
        api_base = server.api_base
    error = await failing(api_base)
    assert isinstance(error, SampleError)
    assert (error.kind, error.passing) == ("connection", True)
    assert str(error) == f"served at {api_base}: connection refused; is the server running there?"


async def test_an_unknown_host_is_told_clearly() -> None:
    error = await failing("http://no-such-host.invalid/v1")
    assert "the host is not known; check model.api_base" in str(error)


@pytest.mark.parametrize("cut", ["before", "inside"])
async def test_a_reset_is_a_passing_failure(chat_server: ChatServer, cut: answers.Cut) -> None:
    chat_server.faults.append(answers.reset(cut))
    error = await failing(chat_server.api_base)
    assert isinstance(error, SampleError)
    assert (error.kind, error.passing) == ("connection", True)


async def test_what_is_not_http_is_told_clearly() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        error = await failing(f"http://127.0.0.1:{port}/v1")
    assert "does not speak HTTP" in str(error)


def test_clients_close_cleanly_in_one_event_loop_after_another(chat_server: ChatServer) -> None:
    code = """
        import asyncio
        from evalrun.core.content import Message
        from evalrun.core.exchange import Call, Sampling
        from evalrun.models.openai_model import OpenAIModel, OpenAIOptions

        model = OpenAIModel(OpenAIOptions(engine="openai", name="m", api_base="{base}"))

        async def main():
            endpoint = model.endpoint(None)
            call = Call(messages=(Message("user", "hi"),), sampling=Sampling())
            print((await endpoint.client.call(call)).text)
            await endpoint.close()
            await endpoint.close()

        for _ in range(3):
            asyncio.run(main())
        """
    code = textwrap.dedent(code).format(base=chat_server.api_base)
    command = [sys.executable, "-X", "dev", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "unclosed" in line.lower()]
    assert (done.stdout, complaints) == ("42\n42\n42\n", [])
    assert "Traceback" not in done.stderr


# Bodies


async def test_a_large_body_arrives_whole_without_a_warning() -> None:
    received: list[int] = []

    async def count(request: web.Request) -> web.Response:
        received.append(len((await request.json())["messages"][0]["content"]))
        return web.Response(body=GOOD)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        async with serving(count) as api_base, client_of(api_base) as client:
            await client.call(call_of("x" * (5 << 20)))
    assert received == [5 << 20]


async def test_a_compressed_reply_is_read() -> None:
    async def compressed(request: web.Request) -> web.Response:
        headers = {"Content-Encoding": "gzip"}
        return web.Response(body=gzip.compress(GOOD), headers=headers)

    async with serving(compressed) as api_base, client_of(api_base) as client:
        assert (await client.call(call_of())).text == "42"


async def test_a_reply_that_is_not_compressed_as_it_says_may_pass() -> None:
    async def lying(request: web.Request) -> web.Response:
        return web.Response(body=GOOD, headers={"Content-Encoding": "gzip"})

    async with serving(lying) as api_base:
        error = await failing(api_base)
    assert isinstance(error, SampleError)
    assert (error.kind, error.passing) == ("bad_reply", True)


async def test_a_reply_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 2 << 20)

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 65536)

    async with serving(endless) as api_base:
        error = await failing(api_base)
    assert isinstance(error, SampleError)
    assert (error.kind, error.passing) == ("bad_reply", False)
    assert "larger than 2 MiB" in str(error)


# Credentials


async def test_a_password_in_the_address_is_sent_but_never_shown(chat_server: ChatServer) -> None:
    host = chat_server.api_base.removeprefix("http://")
    api_base = f"http://me:hunter%402@{host}"
    async with client_of(api_base) as client:
        await client.call(call_of())
        shown = f"{client.identity()} {client.environment()}"
    sent = base64.b64encode(b"me:hunter@2").decode()
    assert chat_server.headers[0]["authorization"] == f"Basic {sent}"
    chat_server.faults.append(answers.failure(400, "no: hunter@2, hunter%402"))
    shown += str(await failing(api_base))
    assert "hunter" not in shown


async def test_a_key_in_the_address_goes_with_every_request_but_is_never_shown() -> None:
    queries: list[str] = []

    async def noted(request: web.Request) -> web.Response:
        queries.append(f"{request.path}?{request.query_string}")
        return web.Response(status=400, text="no: s3cr3t-value")

    async with serving(noted) as api_base:
        error = await failing(f"{api_base}/?key=s3cr3t-value&version=2")
    assert queries == ["/v1/chat/completions?key=s3cr3t-value&version=2"]
    assert "s3cr3t" not in str(error)
    assert f"served at {api_base}?key=***&version=2: no: ***" == str(error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_never_followed(
    chat_server: ChatServer, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    async def elsewhere(request: web.Request) -> web.Response:
        location = f"{chat_server.api_base}/chat/completions"
        return web.Response(status=status, headers={"Location": location})

    async with serving(elsewhere) as api_base:
        error = await failing(api_base, api_key_env="OPENAI_API_KEY")
    assert isinstance(error, EndpointError)
    assert f"say model.api_base={chat_server.api_base}" in str(error)
    assert chat_server.requests == 0


async def test_cookies_are_not_kept() -> None:
    cookies: list[str | None] = []

    async def baking(request: web.Request) -> web.Response:
        cookies.append(request.headers.get("Cookie"))
        return web.Response(body=GOOD, headers={"Set-Cookie": "a=b"})

    async with serving(baking) as api_base, client_of(api_base) as client:
        await client.call(call_of())
        await client.call(call_of())
    assert cookies == [None, None]


# TLS


async def test_a_certificate_that_is_not_trusted_ends_the_run(tmp_path: Path) -> None:
    context = self_signed(tmp_path).server_context()
    async with serving(answer, tls=context) as api_base:
        error = await failing(api_base)
    assert isinstance(error, EndpointError)
    host = api_base.removeprefix("https://").removesuffix("/v1")
    assert f"the certificate of {host} cannot be verified" in str(error)
    assert "export SSL_CERT_FILE=FILE" in str(error)


async def test_ssl_cert_file_says_whom_to_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    context = certificate.server_context()
    async with serving(answer, tls=context) as api_base, client_of(api_base) as client:
        assert (await client.call(call_of())).text == "42"


async def test_https_to_a_server_without_tls_ends_the_run() -> None:
    async with serving(answer) as api_base:
        error = await failing(api_base.replace("http:", "https:"))
    assert isinstance(error, EndpointError)
    assert "does not speak TLS; check model.api_base: http:// or https://?" in str(error)


async def test_http_to_a_server_with_tls_says_so(tmp_path: Path) -> None:
    context = self_signed(tmp_path).server_context()
    with ChatServer(tls=context) as server:
        error = await failing(server.api_base.replace("https:", "http:"))
    assert isinstance(error, SampleError)
    assert error.passing


# Proxies


@contextmanager
def proxy_env(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[None]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield


async def test_a_proxy_is_used_with_its_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        headers = {line.partition(":")[0].lower(): line.partition(": ")[2] for line in lines}
        asked.append((first, headers.get("proxy-authorization")))
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(GOOD)}\r\n\r\n".encode() + GOOD)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with proxy_env(monkeypatch, http_proxy=f"http://me:pw@127.0.0.1:{port}"):
            async with client_of("http://models.invalid/v1") as client:
                assert (await client.call(call_of())).text == "42"
    credentials = base64.b64encode(b"me:pw").decode()
    first = "POST http://models.invalid/v1/chat/completions HTTP/1.1"
    assert asked == [(first, f"Basic {credentials}")]


async def test_a_proxy_that_is_down_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        proxy = f"http://me:hunter2@127.0.0.1:{closed.getsockname()[1]}"
        with proxy_env(monkeypatch, http_proxy=proxy):
            error = await failing("http://models.invalid/v1")
    assert "the proxy cannot be reached; check HTTPS_PROXY" in str(error)
    assert "hunter2" not in str(error)


def test_no_proxy_is_used_where_the_environment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy_env(monkeypatch, https_proxy="http://p:1", no_proxy="inside.example,127.0.0.1"):
        assert proxy_of(address_of("https://h/v1")) == "http://p:1"
        assert proxy_of(address_of("http://h/v1")) is None
        assert proxy_of(address_of("https://a.inside.example:8000/v1")) is None
        assert proxy_of(address_of("https://127.0.0.1:8000/v1")) is None


def test_a_direct_address_passes_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    address = address_of("http://127.0.0.1:8000/v1")
    with proxy_env(monkeypatch, http_proxy="http://p:1"):
        assert proxy_of(address) == "http://p:1"
        assert proxy_of(msgspec.structs.replace(address, direct=True)) is None


# Addresses


@pytest.mark.parametrize(
    ("api_base", "url", "shown"),
    [
        ("http://h/v1", "http://h/v1/chat", "http://h/v1"),
        ("http://h/v1/", "http://h/v1/chat", "http://h/v1"),
        (" http://H:1 ", "http://h:1/chat", "http://h:1"),
        ("http://u:p@h/v1#x", "http://h/v1/chat", "http://h/v1"),
        ("http://h/v?key=k&n=1", "http://h/v/chat?key=k&n=1", "http://h/v?key=***&n=1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1/chat", "http://[::1]:8000/v1"),
    ],
)
def test_a_path_is_put_behind_that_of_the_address(api_base: str, url: str, shown: str) -> None:
    address = address_of(api_base)
    assert (address.url("chat"), address.shown) == (url, shown)
