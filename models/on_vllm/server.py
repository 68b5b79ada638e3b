"""A `vllm serve` of evalrun's own: started, waited for, and told apart from other servers."""

from __future__ import annotations

import http.client
import re
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from types import FrameType

import msgspec

from ...core.errors import EndpointError
from .key import KEY_ENV
from .process import ServerProcess

_HOST = "127.0.0.1"
_POLL_S = 0.2
_SILENT_S = 10.0
_ANSWER_S = 5.0
# A port that was free may be taken until vLLM binds it, some ten seconds later.
_PORTS_TRIED = 3
# Modules in the folder where evalrun was started are none of vLLM's.
_ENVIRONMENT = {"PYTHONSAFEPATH": "1", "VLLM_NO_USAGE_STATS": "1"}
_PORT_TAKEN = re.compile(r"address already in use", re.IGNORECASE)


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """How a server is started.

    `command` gives the command for a port and a name by which the server shall list its model
    beside its own. `port` None is a free one.
    """

    command: Callable[[int, str], Sequence[str]]
    port: int | None = None
    timeout_s: float = 900.0


class ModelCard(msgspec.Struct, frozen=True):
    """What vLLM says of the model that it serves."""

    id: str
    max_model_len: int


class _Models(msgspec.Struct, frozen=True):
    data: tuple[ModelCard, ...]


class VLLMServer:
    """A server that answers at `base_url` to who has its `key`."""

    def __init__(self, launch: Launch) -> None:
        """Start the server and wait until it is ready. Raises EndpointError."""
        # Not on the command line, where others on this machine would see it.
        self.key = secrets.token_urlsafe(32)
        self._mark = f"evalrun-{secrets.token_hex(8)}"
        for tried in range(1, _PORTS_TRIED + 1):
            self._port = launch.port or _free_port()
            command = launch.command(self._port, self._mark)
            self._process = ServerProcess(command, {**_ENVIRONMENT, KEY_ENV: self.key})
            card = self._card_when_ready(launch.timeout_s)
            if card is not None:
                self.max_length = card.max_model_len
                return
            words = self._process.last_words()
            self._process.stop()
            taken = launch.port is None and _PORT_TAKEN.search(words)
            if not taken or tried == _PORTS_TRIED:
                raise EndpointError(f"the vLLM server did not start: {words}")

    @property
    def base_url(self) -> str:
        """The address of its OpenAI-compatible API."""
        return f"http://{_HOST}:{self._port}/v1"

    @property
    def is_dead(self) -> bool:
        """Whether the server has ended."""
        return self._process.is_dead

    def obituary(self) -> str:
        """Return what is known of the end of a dead server."""
        return f"the vLLM server has ended: {self._process.last_words()}"

    def stop(self) -> None:
        """End the server."""
        self._process.stop()

    def _card_when_ready(self, timeout_s: float) -> ModelCard | None:
        """Return what the server says when it is ready, None when it ended before.

        Raises EndpointError when it is not ready in time.
        """
        try:
            with _interruptible():
                return self._waited(timeout_s)
        except BaseException as error:
            self._process.stop(keep_log=isinstance(error, EndpointError))
            raise

    def _waited(self, timeout_s: float) -> ModelCard | None:
        begun = time.monotonic()
        silent = True
        while not self._process.wait(_POLL_S):
            card = self._card()
            if card is not None:
                return card
            waited = time.monotonic() - begun
            if waited > timeout_s:
                raise EndpointError(
                    f"the vLLM server was not ready within {timeout_s:g} s "
                    f"(model.start_timeout_s): {self._process.last_words()}"
                )
            if silent and waited > _SILENT_S:
                sys.stderr.write("evalrun: waiting for the vLLM server to load the model ...\n")
                silent = False
        return None

    def _card(self) -> ModelCard | None:
        """Return what a server on the port says of the model, if it is this one and ready.

        Its health comes first: the list of models is no proof of an engine that works.
        """
        bearer = {"Authorization": f"Bearer {self.key}"}
        connection = http.client.HTTPConnection(_HOST, self._port, timeout=_ANSWER_S)
        body = b""
        try:
            for path in ("/health", "/v1/models"):
                connection.request("GET", path, headers=bearer)
                response = connection.getresponse()
                body = response.read()
                if response.status != http.HTTPStatus.OK:
                    return None
            cards = msgspec.json.decode(body, type=_Models).data
        except (OSError, http.client.HTTPException, msgspec.DecodeError):
            return None
        finally:
            connection.close()
        return next((card for card in cards if card.id == self._mark), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return probe.getsockname()[1]


@contextmanager
def _interruptible() -> Generator[None]:
    """Let SIGINT and SIGTERM end what happens inside.

    The event loop of a run only notes them, for when it is its turn again: minutes later.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, _interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - of the interface
    raise KeyboardInterrupt
