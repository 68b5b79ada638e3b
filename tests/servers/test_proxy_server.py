"""The proxy forwards, and refuses those who do not say the password."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from servers.certificates import self_signed
from servers.chat_server import ChatServer
from servers.proxy_server import ProxyServer

BODY = json.dumps({"messages": []}).encode()


def asked_through(proxy: str, server: ChatServer, context: ssl.SSLContext | None = None) -> str:
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.ProxyHandler({"http": proxy, "https": proxy})
    ]
    if context is not None:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    url = f"{server.api_base}/chat/completions"
    with urllib.request.build_opener(*handlers).open(url, BODY, timeout=10) as response:
        return json.load(response)["choices"][0]["message"]["content"]


def test_requests_are_forwarded_without_the_proxys_password() -> None:
    with ProxyServer("user:pass%2Bword") as proxy, ChatServer() as server:
        assert asked_through(proxy.url, server) == "42"
        assert proxy.targets == [f"POST {server.api_base}/chat/completions"]
        assert not [name for name in server.headers[0] if name.startswith("proxy")]


def test_who_says_another_password_is_refused() -> None:
    with ProxyServer("user:right") as proxy, ChatServer() as server:
        with pytest.raises(urllib.error.HTTPError) as caught:
            asked_through(proxy.url.replace("right", "wrong"), server)
        assert (caught.value.code, proxy.refused, server.connections) == (407, 1, 0)


def test_tls_goes_through_a_tunnel(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    context = ssl.create_default_context(cafile=str(certificate.path))
    with ProxyServer() as proxy, ChatServer(tls=certificate.server_context()) as server:
        assert asked_through(proxy.url, server, context) == "42"
        assert proxy.targets == [f"CONNECT {server.url.removeprefix('https://')}"]
