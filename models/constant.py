"""A model that says the same to everything."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from ..core.config import Options
from ..core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey
from ..core.interfaces import KVMethod, Problem, Session
from .forms import refuse_form

_NO_TIME = ReplyTiming(latency_s=0.0)


class ConstantOptions(Options, frozen=True):
    """The section `model` of `model=constant`.

    `text` is its reply. `name` is the label in tables.
    """

    engine: str
    text: str
    name: str = "constant"


class ConstantModel:
    """Says `text`, whatever it is asked: what it scores, a benchmark gives for nothing."""

    Options = ConstantOptions

    def __init__(self, options: ConstantOptions) -> None:
        self._text = options.text

    def problems(self, kv: KVMethod | None) -> list[Problem]:
        """Say that a KV method has no cache to work on."""
        if kv is None or kv.label == "full":
            return []
        return [Problem(f"a constant reply has no KV cache for kv={kv.label}", "say kv=full")]

    def provenance(self) -> dict[str, Any]:
        """Return nothing: the text is in the configuration."""
        return {}

    def endpoint(self, kv: KVMethod | None) -> ConstantEndpoint:  # noqa: ARG002 - see problems()
        """Return the endpoint; nothing is loaded."""
        return ConstantEndpoint(self._text)

    def release(self) -> None:
        """Hold nothing between endpoints."""


class ConstantEndpoint:
    """Every session of it gives the same reply."""

    max_concurrency = None

    def __init__(self, text: str) -> None:
        self._text = text

    def open(
        self,
        prompt: Prompt,  # noqa: ARG002 - it is not read
        key: SampleKey,  # noqa: ARG002 - nor is this
    ) -> AbstractAsyncContextManager[Session]:
        """Hold nothing."""
        return nullcontext(_ConstantSession(self._text))

    def environment(self) -> dict[str, Any]:
        """Return nothing: no machine had a part in it."""
        return {}

    async def close(self) -> None:
        """Hold nothing."""


class _ConstantSession:
    def __init__(self, text: str) -> None:
        self._text = text

    async def generate(self, request: Request) -> Reply:
        refuse_form(request.form, "model=constant", schemas=True, tools=True)
        return Reply(text=self._text, stop_reason="stop", timing=_NO_TIME)
