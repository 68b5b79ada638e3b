"""A model that a `vllm serve` of evalrun's own answers for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from ...core.hashing import sha256_of
from ..api_errors import Caller
from ..chat import ChatEndpoint
from ..local.weights import revision_of
from ..openai_api.address import address_of
from ..openai_api.api import Api
from ..openai_api.chat import ChatApi
from ..openai_api.client import OpenAIClient, Target
from ..openai_api.completions import CompletionsApi
from ..openai_api.settings import ApiSettings
from .arguments import as_flags, server_arguments
from .client import ServedClient
from .options import VLLMOptions
from .requirements import vllm_version
from .server import Launch, VLLMServer

# What of the options does not determine a reply.
_NOT_DETERMINING = frozenset({"gated", "parameters", "port", "start_timeout_s"})


class Served(msgspec.Struct, frozen=True):
    """A running server, and what answers there."""

    options: VLLMOptions
    folder: Path
    server: VLLMServer

    @property
    def is_dead(self) -> bool:
        """Whether the server has ended."""
        return self.server.is_dead

    def endpoint(self) -> ChatEndpoint:
        """Return an endpoint on the server, with connections of its own."""
        client = ServedClient(
            OpenAIClient(_api(self.options), _target(self.options, self.server)),
            self.server,
            identity=_identity(self.options, self.folder),
            environment=_environment(self.options, self.folder, self.server),
        )
        return ChatEndpoint(client)

    def stop(self) -> None:
        """End the server."""
        self.server.stop()


def served(options: VLLMOptions, folder: Path) -> Served:
    """Start a server for the weights in `folder` and wait until it is ready.

    Raises EndpointError.
    """
    launch = Launch(
        command=_command(options, folder), port=options.port, timeout_s=options.start_timeout_s
    )
    return Served(options, folder, VLLMServer(launch))


def _command(options: VLLMOptions, folder: Path) -> Callable[[int, str], Sequence[str]]:
    def command(port: int, mark: str) -> list[str]:
        # `vllm serve` is the same server, but its command line fails in vLLM's build for CPUs.
        server = [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
        return [*server, *as_flags(server_arguments(options, folder, port, mark))]

    return command


def _api(options: VLLMOptions) -> Api:
    """Return the API by which conversations are asked about: as text, if without a template."""
    settings = ApiSettings(model=options.name)
    return ChatApi(settings) if options.chat_template else CompletionsApi(settings)


def _target(options: VLLMOptions, server: VLLMServer) -> Target:
    return Target(
        name="chat" if options.chat_template else "completions",
        address=msgspec.structs.replace(address_of(server.base_url), direct=True),
        caller=Caller(options.name, server.base_url, key_env=None, secrets=(server.key,)),
        headers={"Authorization": f"Bearer {server.key}"},
    )


def _identity(options: VLLMOptions, folder: Path) -> dict[str, Any]:
    """Return what determines the replies: weights, settings and vLLM's version."""
    settings: dict[str, Any] = msgspec.to_builtins(options)
    return {
        **{name: value for name, value in settings.items() if name not in _NOT_DETERMINING},
        "weights": str(folder),
        "files": _fingerprint(folder),
        "vllm": vllm_version(),
    }


def _fingerprint(folder: Path) -> str:
    """Return what changes with the files in `folder`, which may be trained further in place."""
    stats = ((path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file())
    return sha256_of([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats])


def _environment(options: VLLMOptions, folder: Path, server: VLLMServer) -> dict[str, Any]:
    return {
        "engine": "vllm",
        "served": True,
        "dtype": options.dtype,
        "max_length": server.max_length,
        "vllm": vllm_version(),
        **{name: version(name) for name in ("aiohttp", "torch", "transformers")},
        "revision": revision_of(folder),
    }
